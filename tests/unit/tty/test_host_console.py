"""The machine's console: a terminal of ours whose wire is one of the host's."""

import contextlib
import os
import pty
import tty

import pytest

from emu.kernel.fs.console import connect_console, open_console
from emu.kernel.tty.jobctrl import proc_set_tty
from tests.unit.tty.terminals import SIGCONT, SIGHUP, SIGINT, SIGWINCH, Program


class Wired(Program):
    """A program on the console, and the host's end of the wire."""

    def __init__(self):
        super().__init__()
        self.host, self.wire = pty.openpty()
        tty.setraw(self.wire)
        for fd in (self.host, self.wire):
            os.set_blocking(fd, False)
        self.console = connect_console(self.kernel, self.wire)
        open_console(self.kernel, self.task.files, (0, 1, 2))
        proc_set_tty(self.console.tty, self.task.group)

    def pass_time(self):
        """Let the scheduler look at the host once."""
        self.kernel.sched._host.poll(2_000_000)

    def type(self, text):
        os.write(self.host, text)
        self.pass_time()

    def screen(self):
        try:
            return os.read(self.host, 1 << 16)
        except BlockingIOError:
            return b""


@pytest.fixture
def wired():
    p = Wired()
    yield p
    for fd in (p.host, p.wire):
        with contextlib.suppress(OSError):
            os.close(fd)


def test_lines_are_edited_by_our_own_line_discipline(wired):
    wired.type(b"abx\x7fc\r")
    assert wired.screen() == b"abx\b \bc\r\n"
    assert wired.read(0) == b"abc\n"
    assert wired.write(1, b"one\ntwo\n") == 8
    assert wired.screen() == b"one\r\ntwo\r\n"


def test_it_is_hvc0_the_console_and_the_controlling_terminal(wired):
    assert wired.readlink("/proc/self/fd/0") == b"/dev/hvc0"
    for name in ("/dev/hvc0", "/dev/console", "/dev/tty"):
        fd = wired.open(name, "O_RDWR")
        wired.write(fd, name.encode())
        assert wired.screen() == name.encode()
    assert wired.ask(0, "TIOCGPGRP") == wired.task.pgid


def test_ctrl_c_and_a_new_size_are_signals(wired):
    wired.catch(SIGINT, SIGWINCH)
    wired.type(b"\x03")
    assert wired.screen() == b"^C"
    wired.console.set_size(30, 100)
    assert wired.pending() == {SIGINT, SIGWINCH}
    wired.ioctl(0, "TIOCGWINSZ")
    assert wired.get("winsize")["ws_col"] == 100


def test_a_slow_host_makes_writers_wait_and_loses_nothing(wired):
    fd = wired.open("/dev/tty", "O_RDWR|O_NONBLOCK")
    sent = got = 0
    while isinstance(done := wired.write(fd, b"x" * 2000), int):
        sent += done
    assert done == "EAGAIN"
    while piece := wired.screen():
        got += len(piece)
        wired.pass_time()
    assert got == sent
    assert wired.write(fd, b"again") == 5


def test_a_guest_that_does_not_read_stops_the_input(wired):
    line = b"x" * 999 + b"\n"
    wired.ioctl(0, "TCGETS")
    fields = wired.get("termios")
    fields["c_lflag"] &= ~wired.bits("ECHO")
    wired.ioctl(0, "TCSETS", wired.abi.layout("termios").pack(**fields))
    sent = 0
    for _ in range(100):
        with contextlib.suppress(BlockingIOError):
            sent += os.write(wired.host, line)
        wired.pass_time()
    assert len(wired.console.tty.port) <= 3 * 4096
    got = 0
    fd = wired.open("/dev/tty", "O_RDONLY|O_NONBLOCK")
    for _ in range(3 * sent // 1000):
        piece = wired.read(fd)
        if piece != "EAGAIN":
            got += len(piece)
        wired.pass_time()
    assert got == sent - sent % len(line)


def test_a_host_that_goes_away_hangs_up(wired):
    wired.catch(SIGHUP, SIGCONT)
    os.close(wired.host)
    wired.pass_time()
    assert wired.pending() == {SIGHUP, SIGCONT}
    assert wired.read(0) == b""
    assert wired.write(1, b"x") == "EIO"


def test_the_end_of_the_session_frees_the_console(wired):
    wired.task.exit(0)
    assert wired.console.tty.ctrl.session == 0
