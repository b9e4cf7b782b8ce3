"""Record locks, OFD locks and flock."""

import pytest

from emu.kernel.errno import EDEADLK
from tests.unit.vfs.guest import ABIS, Guest

RD, WR, UN = 0, 1, 2


def lock(g, fd, command, kind, start=0, length=0, layout="flock", entry="fcntl"):
    address = g.put(layout, 0x200, l_type=kind, l_whence=0, l_start=start, l_len=length)
    return g.sys(entry, fd, g.abi.constant(command), address)


@pytest.fixture
def two():
    a = Guest()
    a.make("/f", b"x" * 100)
    b = Guest(beside=a)
    return a, b, a.open("/f", "O_RDWR"), b.open("/f", "O_RDWR")


@pytest.mark.parametrize("abi", ABIS)
def test_a_lock_is_told_in_the_callers_layout(abi):
    a = Guest(abi)
    a.make("/f")
    b = Guest(abi, beside=a)
    entry, layout = ("fcntl64", "flock64") if abi == "riscv32" else ("fcntl", "flock")
    set_lock, get_lock = ("F_SETLK64", "F_GETLK64") if abi == "riscv32" else ("F_SETLK", "F_GETLK")
    assert lock(a, a.open("/f", "O_RDWR"), set_lock, WR, 10, 5, layout, entry) == 0
    assert lock(b, b.open("/f", "O_RDWR"), get_lock, RD, 0, 0, layout, entry) == 0
    found = b.get(layout, 0x200)
    assert (found["l_type"], found["l_start"], found["l_len"]) == (WR, 10, 5)
    assert found["l_pid"] == a.task.tgid


def test_writers_exclude_each_other_and_readers_do_not(two):
    a, b, fa, fb = two
    assert lock(a, fa, "F_SETLK", RD, 0, 10) == 0
    assert lock(b, fb, "F_SETLK", RD, 0, 10) == 0
    assert lock(b, fb, "F_SETLK", WR, 5, 1) == "EAGAIN"
    assert lock(b, fb, "F_SETLK", WR, 10, 1) == 0


def test_unlocking_a_part_splits_a_lock(two):
    a, b, fa, fb = two
    lock(a, fa, "F_SETLK", WR, 0, 30)
    assert lock(a, fa, "F_SETLK", UN, 10, 10) == 0
    assert lock(b, fb, "F_SETLK", WR, 10, 10) == 0
    assert lock(b, fb, "F_SETLK", WR, 9, 1) == "EAGAIN"
    assert lock(b, fb, "F_SETLK", WR, 20, 1) == "EAGAIN"


def test_closing_any_descriptor_drops_a_process_locks(two):
    a, b, fa, fb = two
    lock(a, fa, "F_SETLK", WR)
    other = a.open("/f")
    a.close(other)
    assert lock(b, fb, "F_SETLK", WR) == 0


def test_a_waiting_lock_comes_when_it_can(two):
    a, b, fa, fb = two
    lock(a, fa, "F_SETLK", WR)
    address = b.put("flock", 0x200, l_type=WR)
    call = b.start("sys_fcntl", fb, b.abi.constant("F_SETLKW"), address)
    call.send(None)
    lock(a, fa, "F_SETLK", UN)
    with pytest.raises(StopIteration) as end:
        call.send(True)
    assert end.value.value == 0
    assert lock(a, fa, "F_SETLK", RD) == "EAGAIN"


def test_a_deadlock_is_noticed(two):
    a, b, fa, fb = two
    lock(a, fa, "F_SETLK", WR, 0, 1)
    lock(b, fb, "F_SETLK", WR, 1, 1)
    address = a.put("flock", 0x200, l_type=WR, l_start=1, l_len=1)
    call = a.start("sys_fcntl", fa, a.abi.constant("F_SETLKW"), address)
    call.send(None)
    other = b.put("flock", 0x200, l_type=WR, l_start=0, l_len=1)
    with pytest.raises(EDEADLK):
        b.start("sys_fcntl", fb, b.abi.constant("F_SETLKW"), other).send(None)


def test_ofd_locks_belong_to_the_open_file(two):
    a, _, fa, _ = two
    other = a.open("/f", "O_RDWR")
    assert lock(a, fa, "F_OFD_SETLK", WR) == 0
    assert lock(a, other, "F_OFD_SETLK", WR) == "EAGAIN"
    duplicate = a.sys("dup", fa)
    a.close(fa)
    assert lock(a, other, "F_OFD_SETLK", WR) == "EAGAIN"
    a.close(duplicate)
    assert lock(a, other, "F_OFD_SETLK", WR) == 0


def test_locks_need_the_access_mode(two):
    a, _, _, _ = two
    reader = a.open("/f")
    assert lock(a, reader, "F_SETLK", WR) == "EBADF"
    assert lock(a, reader, "F_SETLK", RD) == 0
    assert lock(a, reader, "F_SETLK", 9) == "EINVAL"
    assert lock(a, reader, "F_SETLK", RD, -5) == "EINVAL"


def test_flock_belongs_to_the_open_file(two):
    a, b, fa, fb = two
    shared, exclusive, unlock, now = 1, 2, 8, 4
    assert a.sys("flock", fa, shared) == 0
    assert b.sys("flock", fb, shared | now) == 0
    assert b.sys("flock", fb, exclusive | now) == "EAGAIN"
    assert a.sys("flock", fa, unlock) == 0
    assert b.sys("flock", fb, exclusive | now) == 0
    call = a.start("sys_flock", fa, shared)
    call.send(None)
    b.close(fb)
    with pytest.raises(StopIteration):
        call.send(True)
    assert a.sys("flock", fa, 0) == "EINVAL"


def test_dup_and_its_kin(guest):
    guest.make("/f", b"abc")
    fd = guest.open("/f")
    assert guest.sys("dup", fd) == 1
    assert guest.sys("dup2", fd, 10) == 10
    assert guest.sys("dup2", fd, fd) == fd
    assert guest.sys("dup2", 99, 99) == "EBADF"
    assert guest.sys("dup2", fd, 5000) == "EBADF"
    assert guest.sys("dup3", fd, fd, 0) == "EINVAL"
    assert guest.sys("dup3", fd, 11, guest.bits("O_CLOEXEC")) == 11
    assert guest.sys("fcntl", fd, 0, 5) == 5
    assert guest.sys("fcntl", fd, guest.abi.constant("F_DUPFD_CLOEXEC"), 5) == 6
    assert guest.task.files.cloexec == {6, 11}
    assert guest.sys("fcntl", fd, 0, 5000) == "EINVAL"
    assert guest.sys("fcntl", fd, 9999, 0) == "EINVAL"
    assert guest.read(10, 1) + guest.read(fd, 1) == b"ab"
