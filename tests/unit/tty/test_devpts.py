"""The names of pseudo-terminals: /dev/pts and /dev/ptmx."""

import struct

from tests.unit.tty.terminals import Program

POLLIN, POLLOUT, POLLHUP = 1, 4, 16


def poll(p, fd):
    p.mm.write(p.buffer, struct.pack("<ihh", fd, 0x7F, 0))
    assert p.sys("poll", p.buffer, 1, 0) in (0, 1)
    return struct.unpack("<ihh", p.mm.read(p.buffer, 8))[2]


def test_names_come_and_go_with_masters():
    p = Program()
    assert p.ls("/dev/pts") == ["ptmx"]
    first, _, name = p.open_pair()
    second, _, other = p.open_pair()
    assert (name, other) == ("/dev/pts/0", "/dev/pts/1")
    assert sorted(p.ls("/dev/pts")) == ["0", "1", "ptmx"]
    p.close(first)
    assert p.ls("/dev/pts") == ["ptmx", "1"]
    p.close(second)
    assert p.ls("/dev/pts") == ["ptmx"]


def test_a_number_is_free_when_both_ends_are_closed():
    p = Program()
    master, slave, _ = p.open_pair()
    p.close(master)
    _, _, name = p.open_pair()
    assert name == "/dev/pts/1"
    p.close(slave)
    _, _, name = p.open_pair()
    assert name == "/dev/pts/0"


def test_a_slave_belongs_to_who_opened_ptmx():
    p = Program(uid=1000)
    _, _, name = p.open_pair()
    found = p.stat(name)
    assert (found["stx_mode"], found["stx_uid"], found["stx_gid"]) == (0o020620, 1000, 5)
    assert (found["stx_rdev_major"], found["stx_rdev_minor"]) == (136, 0)


def test_a_locked_slave_cannot_be_opened():
    p = Program()
    master = p.open("/dev/ptmx", "O_RDWR")
    assert p.ask(master, "TIOCGPTLCK") == 1
    assert p.open("/dev/pts/0", "O_RDWR") == "EIO"
    p.ioctl(master, "TIOCSPTLCK", 0)
    assert isinstance(p.open("/dev/pts/0", "O_RDWR"), int)


def test_the_ptmx_inside_makes_them_too():
    p = Program()
    assert isinstance(p.open("/dev/pts/ptmx", "O_RDWR"), int)
    assert sorted(p.ls("/dev/pts")) == ["0", "ptmx"]


def test_another_mount_is_another_instance():
    p = Program()
    p.mkdir("/other")
    p.mkdir("/other/pts")
    options = "newinstance,mode=600,ptmxmode=666,max=1"
    assert p.sys("mount", "none", "/other/pts", "devpts", 0, options) == 0
    first = p.open("/other/pts/ptmx", "O_RDWR")
    assert isinstance(first, int)
    assert p.open("/other/pts/ptmx", "O_RDWR") == "ENOSPC"
    assert p.ls("/dev/pts") == ["ptmx"]
    assert p.stat("/other/pts/0")["stx_mode"] == 0o020600
    assert p.sys("mount", "none", "/other/pts", "devpts", 0, "bogus=1") == "EINVAL"


def test_a_ptmx_without_a_devpts_beside_it_makes_nothing():
    p = Program()
    assert p.sys("mknodat", -100, "/tmp/ptmx", 0o020666, 5 << 8 | 2) == 0
    assert p.open("/tmp/ptmx", "O_RDWR") == "ENODEV"


def test_what_a_pair_polls_as():
    p = Program()
    master, slave, _ = p.open_pair()
    assert poll(p, master) == poll(p, slave) == POLLOUT
    p.write(master, b"half a line")
    assert poll(p, slave) == POLLOUT
    assert poll(p, master) & POLLIN
    p.write(master, b"\n")
    assert poll(p, slave) & POLLIN
    p.close(slave)
    assert poll(p, master) & POLLHUP


def test_a_hundred_pairs_leave_nothing_behind():
    p = Program()
    for _ in range(100):
        master, slave, _ = p.open_pair()
        p.close(master)
        p.close(slave)
    assert p.ls("/dev/pts") == ["ptmx"]
    _, _, name = p.open_pair()
    assert name == "/dev/pts/0"
