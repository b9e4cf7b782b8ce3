"""The texts of /proc have the shape of the host kernel's own, and seek and read as they do.

Values differ, so texts are compared with their numbers masked. This kernel may lack lines that a
newer or otherwise configured one has, but has none of its own, and keeps the order.
"""

import errno
import os
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="the host has no Linux /proc"
)


WIDTH = len("AnonHugePages:         0 kB")
"""Of a line of sizes, unless the host's memory is too large for its column."""


def host(name):
    return Path("/proc", name).read_bytes().decode()


def guests(guest, name):
    return guest.cat(f"/proc/{name}").decode()


def masked(line):
    """A line with numbers and the blanks that pad them as one sign each."""
    return re.sub(r" *\b[0-9a-f]*[0-9][0-9a-f]*\b", "#", line)


def keyed(text):
    """Lines by the word before their colon."""
    return {
        line.partition(":")[0]: line for line in text.splitlines() if " kB" in line or "\t" in line
    }


@pytest.mark.parametrize("name", ["self/status", "meminfo", "self/smaps_rollup"])
def test_named_lines_are_the_hosts_in_its_order(guest, name):
    ours, theirs = keyed(guests(guest, name)), keyed(host(name))
    assert [key for key in theirs if key in ours] == list(ours)


@pytest.mark.parametrize("name", ["meminfo", "self/smaps_rollup"])
def test_sizes_stand_in_the_hosts_columns(guest, name):
    ours, theirs = keyed(guests(guest, name)), keyed(host(name))
    short = {key: line for key, line in ours.items() if len(theirs[key]) == WIDTH}
    assert len(short) > 10
    for key, line in short.items():
        assert re.fullmatch(r"\S+: +\d+ kB", line)
        assert len(line) == len(theirs[key]), key


def test_status_lines_have_the_hosts_form(guest):
    ours, theirs = keyed(guests(guest, "self/status")), keyed(host("self/status"))
    for key in ("Umask", "State", "Pid", "Uid", "FDSize", "Threads", "SigQ", "SigBlk", "CapEff"):
        assert masked(ours[key]) == masked(theirs[key]), key
    assert re.fullmatch(r"Groups:\t[0-9 ]* ", ours["Groups"])
    assert re.fullmatch(r"Groups:\t[0-9 ]* ", theirs["Groups"])
    for line in (ours["VmSize"], theirs["VmSize"]):
        assert re.fullmatch(r"VmSize:\t[ 0-9]{8,} kB", line)


def test_an_area_of_smaps_has_the_hosts_lines(guest):
    def area(text):
        lines = text.splitlines()
        ends = [n for n, line in enumerate(lines) if line.startswith("VmFlags")]
        return lines[: ends[0] + 1]

    ours, theirs = area(guests(guest, "self/smaps")), area(host("self/smaps"))
    names = [line.partition(":")[0] for line in theirs[1:]]
    assert [n for n in names if n != "ProtectionKey"] == [
        line.partition(":")[0] for line in ours[1:]
    ]
    assert re.fullmatch(r"VmFlags:( [a-z]{2})+ ", ours[-1])
    assert re.fullmatch(r"VmFlags:( [a-z]{2})+ ", theirs[-1])


def test_names_of_areas_stand_in_the_hosts_column(guest):
    guest.make("/lib.so", b"x" * 5000)
    guest.mm.mmap(0, 8192, 5, 2, guest.task.files[guest.open("/lib.so")], 0)
    ours = next(line for line in guests(guest, "self/maps").splitlines() if "/lib.so" in line)
    theirs = next(line for line in host("self/maps").splitlines() if "/" in line)
    assert ours.index("/") == theirs.index("/")
    assert len(ours.split()) == len(theirs.split())


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("uptime", r"\d+\.\d\d \d+\.\d\d\n"),
        ("loadavg", r"(\d+\.\d\d ){3}\d+/\d+ \d+\n"),
        ("self/statm", r"(\d+ ){6}\d+\n"),
        ("self/personality", r"[0-9a-f]{8}\n"),
        ("self/oom_score", r"\d+\n"),
        ("self/uid_map", r"( *\d+ {1,10}){2}\d+\n"),
        ("self/setgroups", r"(allow|deny)\n"),
        ("self/timerslack_ns", r"\d+\n"),
        ("self/wchan", r"0"),
        ("sys/kernel/random/uuid", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n"),
        ("sys/fs/file-nr", r"\d+\t0\t\d+\n"),
        ("filesystems", r"((nodev)?\t\w+\n)+"),
        ("devices", r"Character devices:\n( *\d+ \S+\n)+\nBlock devices:\n( *\d+ \S+\n)*"),
        ("swaps", r"Filename\t{4}Type\t\tSize\t\tUsed\t\tPriority\n.*"),
        ("cgroups", r"#subsys_name\thierarchy\tnum_cgroups\tenabled\n(.*\n)*"),
        ("tty/drivers", r"(\S+ +(/\S+|unknown) +\d+ +\S+ .*\n)+"),
        ("softirqs", r" {20}CPU0 .*\n( *\w+:( +\d+)+\n){10}"),
        ("buddyinfo", r"(Node 0, zone +\w+ ( *\d+ ){11}\n)+"),
        ("self/sched", r"(?s).*\n-+\nse\..*\nnr_switches +: +\d+\n.*\npolicy +: +\d+\n.*"),
    ],
)
def test_both_have_the_form(guest, name, form):
    assert re.fullmatch(form, host(name)), host(name)
    assert re.fullmatch(form, guests(guest, name)), guests(guest, name)


def test_the_table_of_limits_is_the_hosts(guest):
    def rows(text):
        return [(line[:26], line[68:]) for line in text.splitlines()]

    assert rows(guests(guest, "self/limits")) == rows(host("self/limits"))


def test_stat_has_as_many_fields(guest):
    assert len(guests(guest, "self/stat").split()) == len(host("self/stat").split())


def test_the_lines_of_proc_stat_are_the_hosts(guest):
    names = [line.split()[0] for line in host("stat").splitlines()]
    ours = [line.split()[0] for line in guests(guest, "stat").splitlines()]
    assert [name for name in names if name in ours] == ours
    assert len(guests(guest, "stat").split("\n")[0].split()) == len(
        host("stat").split("\n")[0].split()
    )


def error_name(call, *arguments):
    try:
        return call(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]


@pytest.mark.parametrize(
    "name",
    [
        "self/stat", "self/status", "self/maps", "self/limits", "self/cmdline", "self/mem",
        "self/environ", "self/auxv", "self/pagemap", "self/oom_score_adj", "self/comm", "meminfo",
        "version", "sys/kernel/pid_max", "sys/kernel/hostname",
    ],
)  # fmt: skip
def test_seeking_is_the_hosts(guest, name):
    fd, theirs = guest.open(f"/proc/{name}"), os.open(f"/proc/{name}", os.O_RDONLY)
    try:
        for offset, whence in ((10, 0), (5, 1), (-3, 1), (0, 2), (-1, 0), (0, 1)):
            if name in ("self/mem", "self/pagemap") and offset < 0:
                continue  # a position of 64 bits, which looks like an error
            wanted = error_name(os.lseek, theirs, offset, whence)
            assert guest.sys("lseek", fd, offset, whence) == wanted, (offset, whence)
    finally:
        os.close(theirs)


@pytest.mark.parametrize("name", ["sys/kernel/pid_max", "sys/kernel/hostname", "self/limits"])
def test_reading_in_pieces_is_the_hosts(guest, name):
    fd, theirs = guest.open(f"/proc/{name}"), os.open(f"/proc/{name}", os.O_RDONLY)
    try:
        assert len(guest.read(fd, 1)) == len(os.read(theirs, 1)) == 1
        assert bool(guest.read(fd, 1)) == bool(os.read(theirs, 1))
        assert bool(guest.pread(fd, 5, 1)) == bool(os.pread(theirs, 5, 1))
        assert guest.pread(fd, 5, 1 << 20) == os.pread(theirs, 5, 1 << 20) == b""
    finally:
        os.close(theirs)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may open these to write")
@pytest.mark.parametrize("name", ["version", "self/status", "self/limits", "meminfo"])
def test_writing_what_cannot_be_written_fails_as_on_the_host(guest, name):
    theirs = os.open(f"/proc/{name}", os.O_WRONLY)
    try:
        wanted = error_name(os.write, theirs, b"x")
        assert guest.write(guest.open(f"/proc/{name}", "O_WRONLY"), b"x") == wanted
    finally:
        os.close(theirs)


def test_the_modes_are_the_hosts(guest):
    for name in guest.ls("/proc/self"):
        found = Path("/proc/self", name)
        if name in guest.ls("/proc/self") and os.path.lexists(found):
            ours = guest.stat(f"/proc/self/{name}", "AT_SYMLINK_NOFOLLOW")["stx_mode"]
            assert oct(ours) == oct(found.lstat().st_mode), name


def test_io_has_the_hosts_lines(guest):
    if not Path("/proc/self/io").exists():
        pytest.skip("the host does not account for I/O")
    assert [masked(line) for line in guests(guest, "self/io").splitlines()] == [
        masked(line) for line in host("self/io").splitlines()
    ]
