"""/proc: the system's files and a process's own."""

import struct
import subprocess
import sys

import pytest

from emu.kernel.fs.procfs.devices import TTY
from emu.kernel.fs.procfs.net import NET
from emu.kernel.fs.procfs.pid import PROCESS, THREAD
from emu.kernel.fs.procfs.root import SYSTEM
from emu.kernel.fs.procfs.sysctl import SYSCTL
from emu.kernel.fs.sysfs.uevent import Uevents
from emu.kernel.vfs.file_operations import FileOperations
from tests.support.running import ROOT
from tests.unit.vfs.guest import Guest


def test_self_is_the_process_that_asks(guest):
    other = Guest(beside=guest)
    assert guest.readlink("/proc/self") == b"%d" % guest.task.tgid
    assert other.readlink("/proc/self") == b"%d" % other.task.tgid
    assert {str(guest.task.pid), str(other.task.pid)} <= set(guest.ls("/proc"))
    assert guest.cat(f"/proc/{other.task.pid}/comm") == b"\n"
    assert guest.cat("/proc/99999/comm") == "ENOENT"


def test_a_process_that_ended_is_gone(guest):
    other = Guest(beside=guest)
    name = f"/proc/{other.task.pid}/stat"
    assert isinstance(guest.cat(name), bytes)
    del guest.kernel.tasks[other.task.pid]
    assert guest.cat(name) == "ENOENT"


def test_stat_has_52_fields(guest):
    guest.task.comm = b"a) b"
    line = guest.cat("/proc/self/stat")
    assert line.startswith(b"%d (a) b) R " % guest.task.pid)
    assert len(line.rpartition(b") ")[2].split()) == 50


def test_status_tells_ids_and_capabilities(guest):
    user = Guest(uid=1000, beside=guest)
    lines = dict(
        line.split(":\t", 1) for line in user.cat("/proc/self/status").decode().splitlines()
    )
    assert lines["Uid"] == "1000\t1000\t1000\t1000"
    assert lines["CapEff"] == "0" * 16
    assert lines["State"] == "R (running)"


def test_maps_lists_memory(guest):
    guest.make("/lib.so", b"x" * 5000)
    fd = guest.open("/lib.so")
    address = guest.mm.mmap(0, 8192, 5, 2, guest.task.files[fd], 0)
    lines = guest.cat("/proc/self/maps").decode().splitlines()
    line = next(line for line in lines if line.endswith("/lib.so"))
    assert line.startswith(f"{address:08x}-{address + 8192:08x} r-xp 00000000 00:")


def test_memory_of_the_process_is_shown(guest):
    mm = guest.task.mm
    mm.arg_start = guest.name("prog")
    mm.arg_end = mm.arg_start + 5
    assert guest.cat("/proc/self/cmdline") == b"prog\0"
    mm.saved_auxv = struct.pack("<2Q", 6, 4096)
    assert guest.cat("/proc/self/auxv") == mm.saved_auxv


def test_comm_can_be_changed(guest):
    fd = guest.open("/proc/self/comm", "O_WRONLY|O_TRUNC")
    assert guest.write(fd, b"a name that is too long\n") == 24
    assert guest.task.comm == b"a name that is "


def test_places_are_magic_links(guest):
    guest.mkdir("/tmp/d")
    guest.sys("chdir", "/tmp/d")
    assert guest.readlink("/proc/self/cwd") == b"/tmp/d"
    guest.make("/tmp/d/f", b"x")
    assert guest.cat("/proc/self/cwd/f") == b"x"
    guest.rename("/tmp/d", "/tmp/e")
    assert guest.readlink("/proc/self/cwd") == b"/tmp/e"
    assert guest.readlink("/proc/self/root") == b"/"
    assert guest.cat("/proc/self/exe") == "ENOENT"


def test_descriptors_are_listed(guest):
    fd = guest.open("/etc/passwd", "O_RDONLY|O_CLOEXEC")
    guest.read(fd, 3)
    assert guest.readlink(f"/proc/self/fd/{fd}") == b"/etc/passwd"
    assert guest.cat(f"/proc/self/fdinfo/{fd}").startswith(b"pos:\t3\nflags:\t02100000\n")
    assert str(fd) in guest.ls("/proc/self/fd")
    assert guest.readlink("/proc/self/fd/77") == "ENOENT"


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("cpuinfo", b"processor\t: 0\n"),
        ("devices", b"Character devices:\n"),
        ("filesystems", b"nodev\ttmpfs\n"),
        ("loadavg", b"0.00 0.00 0.00 1/1 "),
        ("meminfo", b"MemTotal:          65536 kB\n"),
        ("stat", b"cpu  "),
        ("uptime", b"0.00 0.00\n"),
        ("version", b"Linux version 6.12.0 "),
        ("sys/kernel/hostname", b"emu\n"),
        ("sys/kernel/osrelease", b"6.12.0\n"),
        ("sys/kernel/pid_max", b"32768\n"),
        ("sys/vm/overcommit_memory", b"0\n"),
        ("sys/fs/pipe-max-size", b"1048576\n"),
    ],
)
def test_system_files(guest, name, start):
    assert guest.cat(f"/proc/{name}").startswith(start)


def test_every_file_of_proc_can_be_read(guest):
    def walk(name):
        for entry in guest.ls(name):
            path = f"{name}/{entry}"
            found = guest.stat(path, "AT_SYMLINK_NOFOLLOW")
            if found == "ENOENT":  # the descriptor that was just used to list
                continue
            kind = found["stx_mode"] >> 12
            if kind == 0o04:
                yield from walk(path)
            elif kind == 0o10 and found["stx_mode"] & 0o444:
                yield path

    for path in walk("/proc"):
        if path.endswith("/mem"):  # nothing is at address 0
            assert guest.read(guest.open(path)) == "EIO", path
            continue
        if path.endswith("/pagemap"):  # as long as the address space
            assert guest.read(guest.open(path)) == bytes(4096), path
            continue
        assert isinstance(guest.cat(path), bytes), path


def test_every_row_of_the_tables_names_something_that_exists():
    def parts(table):
        return [part for row in table.values() for part in row.parts]

    for part in (
        *parts(SYSTEM),
        *parts(PROCESS),
        *parts(THREAD),
        *parts(SYSCTL),
        *parts(TTY),
        *parts(NET),
    ):
        assert callable(part.resolve()) or isinstance(part.resolve(), FileOperations), part.where


def test_a_read_goes_through_one_text(guest):
    fd = guest.open("/proc/self/status")
    first = guest.read(fd, 10)
    guest.task.comm = b"renamed while it is read"
    first += guest.read(fd, 0x4000)
    assert first.startswith(b"Name:\t\nUmask:\t")
    assert guest.read(fd) == b""
    assert guest.pread(fd, 100, 0).startswith(b"Name:\trenamed")


def test_writes_reach_the_variable(guest):
    guest.make("/proc/sys/kernel/hostname", b"renamed\n")
    assert guest.kernel.uts.nodename == b"renamed"
    fd = guest.open("/proc/sys/kernel/hostname", "O_WRONLY")
    assert guest.write(fd, b"x" * 65) == "EINVAL"
    assert guest.write(guest.open("/proc/version", "O_WRONLY"), b"x") == "EIO"


def test_others_memory_is_private(guest):
    user = Guest(uid=1000, beside=guest)
    assert user.cat(f"/proc/{guest.task.pid}/environ") == "EACCES"
    assert user.ls(f"/proc/{guest.task.pid}/fd") == "EACCES"
    assert isinstance(user.cat(f"/proc/{guest.task.pid}/stat"), bytes)


def test_the_oom_score_is_guarded_as_linux_does(guest):
    user = Guest(uid=1000, beside=guest)
    own, seen = "/proc/self/oom_score_adj", f"/proc/{user.task.pid}/oom_score_adj"
    guest.make(seen, b"300\n")
    assert user.cat(own) == b"300\n"
    assert user.cat("/proc/self/oom_adj") == b"5\n"
    fd = user.open(own, "O_WRONLY")
    assert user.write(fd, b"299") == "EACCES"
    assert user.write(fd, b"0x2ee") == 5
    assert user.write(fd, b"300") == 3
    assert user.write(fd, b"1001") == "EINVAL"
    assert user.write(fd, b"-1001") == "EINVAL"
    assert user.write(fd, b"3 4") == "EINVAL"
    assert user.write(fd, b"\n") == "EINVAL"
    assert user.cat(own) == b"300\n"
    assert guest.cat(own) == b"0\n"


@pytest.mark.parametrize(
    ("old", "new", "back"),
    [(-17, -1000, -17), (-16, -941, -15), (15, 1000, 15), (14, 823, 13), (-1, -58, 0), (0, 0, 0)],
)
def test_the_old_scale_of_the_oom_score_is_converted(guest, old, new, back):
    guest.make("/proc/self/oom_adj", b"%d" % old)
    assert guest.cat("/proc/self/oom_score_adj") == b"%d\n" % new
    assert guest.cat("/proc/self/oom_adj") == b"%d\n" % back


def test_the_old_scale_has_its_own_bounds(guest):
    user = Guest(uid=1000, beside=guest)
    fd = user.open("/proc/self/oom_adj", "O_WRONLY")
    assert user.write(fd, b"16") == "EINVAL"
    assert user.write(fd, b"-18") == "EINVAL"
    assert user.write(fd, b"-1") == "EACCES"
    assert user.write(fd, b"2") == 1
    assert user.write(fd, b"1") == "EACCES"


def test_unix_sockets_are_listed(guest):
    fd = guest.sys("socket", 1, 1, 0)
    name = b"\1\0" + b"\0name"
    guest.mm.write(guest.buffer, name)
    assert guest.sys("bind", fd, guest.buffer, len(name)) == 0
    assert guest.sys("listen", fd, 1) == 0
    ino = guest.readlink(f"/proc/self/fd/{fd}")[8:-1].decode()
    line = guest.cat("/proc/net/unix").decode().splitlines()[1]
    assert line == f"{0:016x}: 00000002 00000000 00010000 0001 01 {ino:>5} @name"


def test_variables_act(guest):
    guest.make("/proc/sys/kernel/ns_last_pid", b"4000\n")
    assert guest.kernel.allocate_pid() == 4001
    guest.make("/proc/sys/kernel/pid_max", b"0x12d\n")
    assert guest.kernel.allocate_pid() == 300
    fd = guest.open("/proc/sys/kernel/pid_max", "O_WRONLY")
    assert guest.write(fd, b"300\n") == "EINVAL"
    guest.make("/proc/sys/vm/max_map_count", b"0\n")
    assert guest.sys("mmap", 0, 4096, 0, 0x22, -1 & (1 << 64) - 1, 0) == "ENOMEM"
    assert guest.open("/proc/sys/vm/drop_caches") == "EACCES"


def test_the_start_of_a_machine_imports_no_tables_of_proc():
    code = "import sys; from emu.machine import Machine; Machine(); print(*sys.modules)"
    loaded = set(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True,
                                text=True, cwd=ROOT).stdout.split())  # fmt: skip
    assert "emu.kernel.fs.procfs.super_block" in loaded
    later = (
        "fs.procfs.rows fs.procfs.root fs.procfs.sysctl fs.mqueue fs.nsfs fs.sysfs.devices "
        "ipc.namespace ipc.mqueue kconfig"
    )
    for module in later.split():
        assert f"emu.kernel.{module}" not in loaded


def test_the_networks_devices_are_in_sysfs(guest):
    assert guest.ls("/sys/class/net") == ["lo"]
    assert guest.readlink("/sys/class/net/lo") == b"../../devices/virtual/net/lo"
    lo = "/sys/class/net/lo"
    assert guest.cat(f"{lo}/address") == b"00:00:00:00:00:00\n"
    assert guest.cat(f"{lo}/operstate") == b"unknown\n"
    assert guest.cat(f"{lo}/uevent") == b"INTERFACE=lo\nIFINDEX=1\n"
    assert guest.cat(f"{lo}/statistics/rx_bytes") == b"0\n"
    assert guest.readlink(f"{lo}/subsystem") == b"../../../../class/net"
    stack = guest.kernel.net.stack
    dev = stack.devices[1]
    del stack.devices[1]
    assert guest.ls("/sys/devices/virtual/net") == []
    stack.devices[1] = dev
    assert guest.ls("/sys/devices/virtual/net") == ["lo"]


def test_the_load_is_the_same_by_sysinfo_and_loadavg(guest):
    guest.kernel.load.ran(30_000_000_000, 1)
    guest.clock.advance(60_000_000_000)
    assert guest.cat("/proc/loadavg").startswith(b"0.63 0.18 0.06 ")
    assert guest.sys("sysinfo", guest.buffer) == 0
    assert [round(load / 65536, 2) for load in guest.get("sysinfo")["loads"]] == [0.63, 0.18, 0.06]


def test_writing_an_action_tells_of_a_device_again(guest):
    told = []
    guest.kernel.part(Uevents).listeners.append(told.append)
    name = "/sys/class/mem/null/uevent"
    assert guest.cat(name) == b"MAJOR=1\nMINOR=3\nDEVNAME=null\nDEVMODE=0666\n"
    guest.make(name, b"add\n")
    assert told[0].startswith(b"add@/devices/virtual/mem/null\0ACTION=add\0")
    assert b"\0SUBSYSTEM=mem\0" in told[0]
    assert guest.cat("/sys/kernel/uevent_seqnum") == b"1\n"
    assert guest.write(guest.open(name, "O_WRONLY"), b"frobnicate") == "EINVAL"
