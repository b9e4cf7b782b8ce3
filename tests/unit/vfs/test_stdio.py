"""Standard descriptors: files, pipes and terminals of the host behind a guest's 0, 1 and 2."""

import contextlib
import os
import pty
import struct
import termios

import pytest

from emu.kernel.fs.setup import open_stdio
from tests.unit.vfs.guest import ABIS, Guest


@pytest.fixture
def host_pipe():
    r, w = os.pipe()
    yield r, w
    for fd in (r, w):
        with contextlib.suppress(OSError):
            os.close(fd)


def with_stdio(g, *fds):
    g.task.files = open_stdio(g.kernel, fds)
    return g


@pytest.fixture
def terminal():
    master, slave = pty.openpty()
    yield master, slave
    os.close(master)
    os.close(slave)


def test_a_host_pipe_is_read_and_written(guest, host_pipe):
    r, w = host_pipe
    g = with_stdio(guest, r, w)
    assert g.write(1, b"hello") == 5
    assert g.read(0) == b"hello"
    assert g.stat("/proc/self/fd/0")["stx_mode"] >> 12 == 0o01
    assert g.sys("lseek", 0, 0, 0) == "ESPIPE"
    assert g.write(0, b"x") == "EBADF"
    assert g.sys("ioctl", 0, g.abi.constant("TCGETS"), g.buffer) == "ENOTTY"


def test_a_read_that_would_block_sleeps(guest, host_pipe):
    r, w = host_pipe
    g = with_stdio(guest, r)
    call = g.start("sys_read", 0, g.buffer, 10)
    wait = call.send(None)
    assert wait.queues[0] in g.kernel.sched.host_queues(r)
    os.write(w, b"late")
    with pytest.raises(StopIteration) as end:
        call.send(True)
    assert end.value.value == 4


def test_a_full_host_pipe_makes_the_writer_sleep(guest, host_pipe):
    r, w = host_pipe
    g = with_stdio(guest, r, w)
    g.mm.write(g.buffer, bytes(0x7000))
    for _ in range(2):
        assert g.sys("write", 1, g.buffer, 0x7000) == 0x7000
    call = g.start("sys_write", 1, g.buffer, 0x7000)
    call.send(None)
    assert len(os.read(r, 1 << 20)) == 65536
    with pytest.raises(StopIteration) as end:
        call.send(True)
    assert end.value.value == 0x7000


def test_a_closed_host_pipe_is_a_broken_pipe(guest, host_pipe):
    r, w = host_pipe
    g = with_stdio(guest, w, w)
    os.close(r)
    assert g.write(1, b"x") == "EPIPE"
    assert g.task.signals.pending >> 12 & 1


def test_a_regular_file_shares_its_position_with_the_host(guest, tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"0123456789")
    fd = os.open(path, os.O_RDWR)
    os.lseek(fd, 3, os.SEEK_SET)
    g = with_stdio(guest, fd, fd)
    assert g.read(0, 2) == b"34"
    assert os.lseek(fd, 0, os.SEEK_CUR) == 5
    assert g.sys("lseek", 1, 0, 2) == 10
    assert g.write(1, b"end") == 3
    assert path.read_bytes() == b"0123456789end"
    assert g.pread(0, 2, 1) == b"12"
    os.close(fd)


def test_descriptors_that_share_a_position_on_the_host_share_it_in_the_guest(guest, tmp_path):
    path = tmp_path / "f"
    out = os.open(path, os.O_RDWR | os.O_CREAT)
    err = os.dup(out)
    g = with_stdio(guest, out, out, err)
    for fd, text in ((1, b"out "), (2, b"err "), (1, b"out\n")):
        assert g.write(fd, text) == 4
    os.write(out, b"host\n")
    assert g.sys("lseek", 2, 0, 1) == 17
    g.mm.write(g.buffer, b"OUT ")
    assert g.sys("pwrite64", 1, g.buffer, 4, 0) == 4
    assert g.sys("lseek", 1, 0, 1) == 17
    assert g.write(2, b"end") == 3
    assert path.read_bytes() == b"OUT err out\nhost\nend"
    os.close(out)
    os.close(err)


def test_a_position_that_the_hosts_file_system_cannot_have_is_einval(guest, tmp_path):
    fd = os.open(tmp_path / "f", os.O_RDWR | os.O_CREAT)
    os.truncate(fd, 10)
    g = with_stdio(guest, fd, fd)
    found = g.sys("lseek", 1, (1 << 63) - 1, 0)
    # By file system: ext4 has none that large, XFS has.
    assert found in ("EINVAL", (1 << 63) - 1)
    assert g.sys("lseek", 1, 0, 2) == 10
    os.close(fd)


def test_appending_and_access_mode_are_the_hosts(guest, tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"old")
    fd = os.open(path, os.O_WRONLY | os.O_APPEND)
    g = with_stdio(guest, fd, fd)
    assert g.write(1, b"new") == 3
    other = os.open(path, os.O_WRONLY | os.O_APPEND)
    os.write(other, b" or")
    os.close(other)
    assert g.write(1, b"der") == 3
    assert path.read_bytes() == b"oldnew order"
    assert g.sys("lseek", 1, 0, 1) == 12
    assert g.read(0) == "EBADF"
    assert g.sys("fcntl", 1, 3, 0) == g.bits("O_WRONLY|O_APPEND")
    os.close(fd)


def test_descriptors_the_host_closed_are_closed(guest, host_pipe):
    r, _ = host_pipe
    g = with_stdio(guest, r, 987, r)
    assert g.task.files.descriptors() == [0, 2]


@pytest.mark.parametrize("abi", ABIS)
def test_a_terminal_tells_its_settings_in_the_callers_layout(abi, terminal):
    _, slave = terminal
    g = with_stdio(Guest(abi), slave, slave, slave)
    constant = g.abi.constant
    assert g.sys("ioctl", 0, constant("TCGETS"), g.buffer) == 0
    found = g.get("termios")
    assert found["c_lflag"] & constant("ICANON")
    assert found["c_lflag"] & constant("ECHO")
    assert found["c_cflag"] & constant("CSIZE") == constant("CS8")
    assert found["c_cc"][constant("VINTR")] == 3
    raw = found["c_lflag"] & ~(constant("ICANON") | constant("ECHO"))
    found.update(c_lflag=raw, c_cc=bytearray(found["c_cc"]))
    found["c_cc"][constant("VINTR")] = 7
    found["c_cc"][constant("VMIN")] = 1
    g.mm.write(g.buffer, g.abi.layout("termios").pack(**found))
    assert g.sys("ioctl", 0, constant("TCSETS"), g.buffer) == 0
    host = termios.tcgetattr(slave)
    assert not host[3] & (termios.ICANON | termios.ECHO)
    assert host[3] & termios.ISIG
    assert host[6][termios.VINTR] == b"\x07"


def test_a_terminal_tells_its_size(terminal):
    import fcntl

    _, slave = terminal
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 30, 100, 0, 0))
    g = with_stdio(Guest("mips-o32"), slave)
    assert g.sys("ioctl", 0, g.abi.constant("TIOCGWINSZ"), g.buffer) == 0
    size = g.get("winsize")
    assert (size["ws_row"], size["ws_col"]) == (30, 100)


def test_a_terminal_is_the_console(terminal):
    master, slave = terminal
    g = with_stdio(Guest(), slave, slave, slave)
    assert g.readlink("/proc/self/fd/0") == b"/dev/console"
    assert g.stat("/proc/self/fd/0")["stx_ino"] == g.stat("/dev/console")["stx_ino"]
    tty = g.open("/dev/tty", "O_RDWR")
    assert g.write(tty, b"hi") == 2
    assert os.read(master, 10) == b"hi"
    assert isinstance(g.open("/proc/self/fd/1", "O_WRONLY"), int)
    assert g.sys("ioctl", 0, g.abi.constant("TIOCGPGRP"), g.buffer) == 0
    assert g.mm.read_u32(g.buffer) == g.task.pgid


def test_without_a_terminal_there_is_no_tty(guest):
    assert guest.open("/dev/tty") == "ENXIO"
    assert guest.open("/dev/console") == "EIO"


def test_standard_output_can_be_opened_again(guest, host_pipe):
    r, w = host_pipe
    g = with_stdio(guest, r, w)
    fd = g.open("/dev/stdout", "O_WRONLY")
    assert g.write(fd, b"again") == 5
    assert os.read(r, 10) == b"again"
    assert g.readlink("/proc/self/fd/1").startswith(b"pipe:[")
