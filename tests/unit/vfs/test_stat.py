"""The stat family on every ABI."""

import pytest

from tests.unit.sys.caller import row_of
from tests.unit.vfs.guest import ABIS, AT_FDCWD, Guest

SECOND = 10**9


def entries(abi, *names):
    """Those entry points that this ABI's table has."""
    return [e for e in names if any(r.entry == f"sys_{e}" for r in abi.syscalls.values())]


def sample(g):
    g.make("/f", b"x" * 5000, 0o640)
    g.chown("/f", 1000, 100)
    times = g.put("__kernel_timespec", 0, tv_sec=1_000_000_000, tv_nsec=123_456_789)
    g.put("__kernel_timespec", 16, tv_sec=1_500_000_000, tv_nsec=5)
    assert g.sys("utimensat", AT_FDCWD, "/f", times, 0) == 0


@pytest.mark.parametrize("abi", ABIS)
def test_every_variant_tells_the_same(abi):
    g = Guest(abi)
    sample(g)
    inode = g.task.fs.lookup(g.task, b"/f").inode
    found = entries(g.abi, "newstat", "newlstat", "stat64", "lstat64", "newfstatat", "fstatat64")
    for entry in found:
        layout = "stat64" if "64" in entry else "stat"
        at = (AT_FDCWD,) if entry in ("newfstatat", "fstatat64") else ()
        assert g.sys(entry, *at, "/f", g.buffer, *([0] if at else [])) == 0, entry
        st = g.get(layout)
        assert st["st_size"] == 5000
        assert st["st_mode"] == 0o100640
        assert (st["st_uid"], st["st_gid"], st["st_nlink"]) == (1000, 100, 1)
        assert st["st_ino"] == inode.ino
        assert st["st_blocks"] == 16
        assert st["st_atime"] == 1_000_000_000
        assert st["st_atime_nsec"] == 123_456_789
        assert (st["st_mtime"], st["st_mtime_nsec"]) == (1_500_000_000, 5)


def test_the_oldest_stat_of_i386_has_16_bit_ids():
    g = Guest("i386")
    sample(g)
    g.chown("/f", 70000, 1)
    assert g.sys("stat", "/f", g.buffer) == 0
    st = g.get("__old_kernel_stat")
    assert (st["st_size"], st["st_uid"], st["st_gid"]) == (5000, 65534, 1)


@pytest.mark.parametrize("abi", ["i386", "arm-eabi", "mips-o32"])
def test_a_size_that_does_not_fit_overflows(abi):
    g = Guest(abi)
    g.make("/big")
    assert g.sys("truncate64", "/big", 1 << 31) == 0
    assert g.sys("newstat", "/big", g.buffer) == "EOVERFLOW"
    assert g.sys("stat64", "/big", g.buffer) == 0
    assert g.get("stat64")["st_size"] == 1 << 31


def test_statx_is_the_same_everywhere(any_guest):
    g = any_guest
    sample(g)
    st = g.stat("/f")
    assert st["stx_size"] == 5000
    assert st["stx_mtime"]["tv_nsec"] == 5
    assert st["stx_mask"] & 0x7FF == 0x7FF
    assert g.stat("/dev/null")["stx_rdev_minor"] == 3
    assert g.stat("/proc")["stx_attributes"] & 0x2000
    assert g.sys("statx", AT_FDCWD, "/f", 0, 0x80000000, g.buffer) == "EINVAL"
    assert g.sys("statx", AT_FDCWD, "/f", 0x6000, 0, g.buffer) == "EINVAL"


def test_empty_path_describes_the_descriptor(guest):
    sample(guest)
    fd = guest.open("/f", "O_PATH")
    assert guest.sys("newfstatat", fd, "", guest.buffer, guest.bits("AT_EMPTY_PATH")) == 0
    assert guest.get("stat")["st_size"] == 5000
    assert guest.sys("newfstatat", fd, "", guest.buffer, 0) == "ENOENT"
    assert guest.sys("newfstatat", fd, 0, guest.buffer, guest.bits("AT_EMPTY_PATH")) == 0
    assert guest.sys("newfstatat", fd, 0, guest.buffer, 0) == "EFAULT"
    assert guest.sys("newfstatat", fd, "", guest.buffer, 0x10000) == "EINVAL"


@pytest.mark.parametrize("abi", ABIS)
def test_statfs_tells_of_the_file_system(abi):
    g = Guest(abi)
    if entries(g.abi, "statfs"):
        assert g.sys("statfs", "/tmp", g.buffer) == 0
        st = g.get("statfs")
        assert st["f_type"] == 0x01021994
        assert st["f_blocks"] > st["f_bfree"] - 1 > 0
        assert st["f_namelen"] == 255
    if entries(g.abi, "statfs64", "statfs64_wrapper"):
        size = g.abi.layout("statfs64").size
        assert g.sys("statfs64", "/proc", size, g.buffer) == 0
        assert g.get("statfs64")["f_type"] == 0x9FA0
        assert g.sys("statfs64", "/proc", size + 1, g.buffer) == "EINVAL"


def test_times_can_be_now_or_left_alone(guest):
    sample(guest)
    guest.clock.advance(SECOND)
    times = guest.put("__kernel_timespec", 0, tv_sec=0, tv_nsec=0x3FFFFFFF)
    guest.put("__kernel_timespec", 16, tv_sec=0, tv_nsec=0x3FFFFFFE)
    assert guest.sys("utimensat", AT_FDCWD, "/f", times, 0) == 0
    st = guest.stat("/f")
    assert st["stx_atime"]["tv_sec"] == guest.clock.realtime_ns() // SECOND
    assert st["stx_mtime"]["tv_sec"] == 1_500_000_000
    bad = guest.put("__kernel_timespec", 0, tv_sec=0, tv_nsec=SECOND)
    assert guest.sys("utimensat", AT_FDCWD, "/f", bad, 0) == "EINVAL"
    fd = guest.open("/f")
    assert guest.sys("utimensat", fd, 0, 0, 0) == 0
    assert guest.sys("utimensat", AT_FDCWD, 0, 0, 0) == "EFAULT"


WITHOUT_UTIME = ("arm64", "riscv64", "riscv32", "arm-eabi")


@pytest.mark.parametrize("abi", [a for a in ABIS if a not in WITHOUT_UTIME])
def test_utime_takes_seconds(abi):
    g = Guest(abi)
    g.make("/f")
    entry = "utime" if entries(g.abi, "utime") else "utime32"
    row_of(g.abi, f"sys_{entry}")
    times = g.put("utimbuf", actime=7, modtime=-9)
    assert g.sys(entry, "/f", times) == 0
    st = g.stat("/f")
    assert (st["stx_atime"]["tv_sec"], st["stx_mtime"]["tv_sec"]) == (7, -9)


def test_reading_updates_the_access_time_once(guest):
    guest.make("/f", b"x")
    guest.clock.advance(SECOND)
    guest.cat("/f")
    first = guest.stat("/f")["stx_atime"]["tv_sec"]
    guest.clock.advance(SECOND)
    guest.cat("/f")
    assert guest.stat("/f")["stx_atime"]["tv_sec"] == first
    assert first == guest.clock.realtime_ns() // SECOND - 1
