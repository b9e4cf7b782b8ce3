"""Debian's procps, util-linux, psmisc, lsof, kmod and sysfsutils read our /proc and /sys.

They run unmodified, linked dynamically, in one machine for each architecture; what they print is
compared with what is true there.
"""

import re

import pytest

from tests.support.running import emu
from tests.support.userland import PROCPS, PROCPS_ARCHITECTURES, Unavailable, root

COMMANDS = [
    "ps aux", "ps -ef", "ps -eLf", "ps -o pid,ppid,stat,ni,wchan:20,comm -p $P", "top -b -n1",
    "free", "vmstat", "pgrep -l sleep", "pmap -x $P", "uptime", "w", "slabtop -o",
    "sysctl kernel.hostname", "sysctl -w kernel.pid_max=40000", "sysctl -a", "lscpu", "mount",
    "findmnt /proc", "dmesg", "lsmod", "lsns -o TYPE,NPROCS", "lslocks -n", "pstree -p 2",
    "fuser /usr/bin/sleep", "lsof -p $P", "systool -c mem", "systool -b cpu",
    "renice -n 5 -p $P", "ps -o ni= -p $P", "kill -STOP $P", "ps -o stat= -p $P", "kill -CONT $P",
    "killall sleep", "pkill -f no-such-program",
]  # fmt: skip
SCRIPT = "PATH=/usr/sbin:$PATH; sleep 1000 & P=$!; sleep 0.01\n" + "\n".join(
    f"echo '=== {command}'; {command}; echo \"--- $?\"" for command in COMMANDS
)
SCRIPT += "\nkill $P 2>/dev/null; true"
FAIL = {"pkill -f no-such-program"}
"""Those that find nothing and say so by their status."""
# fuser writes names there, and would like to know of sockets; a shell tells of a child's end.
BESIDES = re.compile(r"(/usr/bin/sleep: +e|Cannot open .*|Terminated)?\n")
MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "mips64el": "mips64"}


class Session:
    """What each command printed, and how it ended."""

    def __init__(self, architecture, output):
        self.architecture = architecture
        self.texts, self.ends = {}, {}
        for part in output.split("=== ")[1:]:
            command, _, rest = part.partition("\n")
            text, _, status = rest.rpartition("--- ")
            self.texts[command], self.ends[command] = text, int(status)

    def __getitem__(self, command):
        return self.texts[command]

    def rows(self, command):
        return [line.split() for line in self.texts[command].splitlines()]


@pytest.fixture(scope="module", params=PROCPS_ARCHITECTURES)
def session(request):
    try:
        folder = root(request.param, PROCPS)
    except Unavailable as why:
        pytest.skip(f"no {request.param} root: {why}")
    end = emu("/bin/sh", options=("-L", str(folder)), stdin=SCRIPT.encode())
    assert not BESIDES.sub("", end.errors)
    return Session(request.param, end.output.decode())


def test_every_command_ends_as_it_should(session):
    assert list(session.ends) == COMMANDS
    ended_badly = {command for command, status in session.ends.items() if status}
    assert ended_badly == FAIL


def test_ps_shows_the_processes(session):
    aux = session.rows("ps aux")
    assert " ".join(aux[0]) == "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND"
    processes = {int(row[1]): (row[0], row[7], row[10:]) for row in aux[1:]}
    assert processes[3] == ("root", "S", ["sleep", "1000"])
    assert processes[2][2] == ["/bin/sh"]
    assert ["ps", "aux"] in [command for _, _, command in processes.values()]
    sleep = next(row for row in session.rows("ps -ef") if row[-2:] == ["sleep", "1000"])
    assert sleep[:3] == ["root", "3", "2"]
    threads = next(row for row in session.rows("ps -eLf") if row[-2:] == ["sleep", "1000"])
    assert threads[:6] == ["root", "3", "2", "3", threads[4], "1"]


def test_ps_tells_where_a_process_sleeps_and_how_it_is_served(session):
    row = session.rows("ps -o pid,ppid,stat,ni,wchan:20,comm -p $P")[1]
    assert row[:4] == ["3", "2", "S", "0"]
    assert re.fullmatch(r"[a-z_]+", row[4])
    assert row[5] == "sleep"
    assert session["ps -o ni= -p $P"].strip() == "5"
    assert session["ps -o stat= -p $P"].strip() == "TN"


def test_top_agrees_with_ps(session):
    text = session["top -b -n1"]
    assert re.search(r"Tasks: +3 total, +1 running, +2 sleeping, +0 stopped, +0 zombie", text)
    assert re.search(r"load average: \d\.\d\d, \d\.\d\d, \d\.\d\d\n", text)
    assert re.search(r"^ +3 root +20 +0 .* S .* sleep$", text, re.MULTILINE)


def test_free_and_vmstat_add_up(session):
    memory = [int(number) for number in session.rows("free")[1][1:]]
    total, used, free, shared, cache, available = memory
    assert total == (4 << 20) - (1 << 10)
    assert abs(used + free + cache - total) <= cache
    assert shared <= cache
    assert free <= available <= total
    assert session.rows("free")[2] == ["Swap:", "0", "0", "0"]
    names, values = session.rows("vmstat")[1:3]
    now = dict(zip(names, map(int, values), strict=True))
    assert now["free"] <= free
    assert now["us"] + now["id"] >= 99


def test_processes_are_found_by_name(session):
    assert session["pgrep -l sleep"] == "3 sleep\n"
    assert session["fuser /usr/bin/sleep"].split()[0] == "3"
    assert re.match(r"sh\(2\)-\+-pstree\(\d+\)\n +`-sleep\(3\)\n", session["pstree -p 2"])


def test_pmap_and_lsof_show_the_programs_files(session):
    rows = session.rows("pmap -x $P")
    names = [row[5] for row in rows if len(row) == 6]
    assert "sleep" in names
    assert any(name.startswith("ld") for name in names)
    stack = next(row for row in rows if "stack" in row)
    assert stack[4] in ("rw---", "rwx--")  # Debian's mips programs ask for code on it
    assert int(rows[-1][2]) == sum(int(row[1]) for row in rows[2:-2])
    files = {row[3]: row for row in session.rows("lsof -p $P")}
    assert files["txt"][-1] == "/usr/bin/sleep"
    assert files["cwd"][-1] == "/"
    assert files["0r"][-1] == "/dev/null"


def test_sysctl_reads_and_sets(session):
    assert session["sysctl kernel.hostname"] == "kernel.hostname = emu\n"
    assert session["sysctl -w kernel.pid_max=40000"] == "kernel.pid_max = 40000\n"
    everything = session["sysctl -a"]
    assert "\nkernel.pid_max = 40000\n" in f"\n{everything}"
    assert "\nkernel.osrelease = 6.12.0\n" in everything


def test_lscpu_knows_the_architecture(session):
    values = dict(line.split(":", 1) for line in session["lscpu"].splitlines() if ":" in line)
    values = {key.strip(): value.strip() for key, value in values.items()}
    assert values["Architecture"] == MACHINES[session.architecture]
    assert values["Byte Order"] == "Little Endian"
    assert (values["CPU(s)"], values["On-line CPU(s) list"]) == ("1", "0")


def test_mounts_modules_namespaces_and_the_log_are_shown(session):
    assert "proc on /proc type proc (rw,relatime)\n" in session["mount"]
    assert session.rows("findmnt /proc")[1] == ["/proc", "proc", "proc", "rw,relatime"]
    assert session.rows("lsmod")[0] == ["Module", "Size", "Used", "by"]
    kinds = {row[0]: int(row[1]) for row in session.rows("lsns -o TYPE,NPROCS")[1:]}
    assert kinds == dict.fromkeys(["time", "cgroup", "pid", "user", "uts", "ipc", "net", "mnt"], 3)
    assert "Linux version 6.12.0" in session["dmesg"]


def test_systool_walks_the_tree(session):
    assert re.findall(r'Class Device = "(\w+)"', session["systool -c mem"])
    assert '"null"' in session["systool -c mem"]
    assert re.findall(r'Device = "(\w+)"', session["systool -b cpu"]) == ["cpu0"]
