"""The host's terminal as a wire to the machine's console, for ``emu run -t``.

While it is one, the host's terminal is raw: Ctrl-C and its like are bytes, and the guest's own
line discipline gives them their meaning. It gets its settings back however the emulator ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import struct
import sys
import termios
import tty
from types import FrameType, TracebackType
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emu.kernel.tty.host_console import HostConsole
    from emu.machine import Machine


class HostTerminal:
    """A context in which a terminal of the host is raw; `fd` is an own descriptor for it."""

    def __init__(self, fd: int) -> None:
        self._settings = termios.tcgetattr(fd)
        # Our own open file, because O_NONBLOCK would be the shell's too.
        self.fd = os.open(os.ttyname(fd), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._wake, self._told = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._stderr: IO[str] = sys.stderr
        self._guard: int
        self._handlers: dict[int, Any] = {}
        self._console: HostConsole | None = None

    def __enter__(self) -> HostTerminal:
        self._guard = start_guard(self.fd, self._settings)
        for number in (signal.SIGWINCH, signal.SIGCONT):
            self._handlers[number] = signal.signal(number, self._tell)
        for number in (signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._end)
        self._handlers[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, self._suspend)
        self._make_raw()
        if os.isatty(2):
            # Lines of our own need the carriage return that a raw terminal does not add.
            sys.stderr = open(os.dup(2), "w", buffering=1, newline="\r\n")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self._console is not None:
            self._console.close_host()
        self._restore()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.write(self._guard, b"x")
        os.close(self._guard)
        if sys.stderr is not self._stderr:
            sys.stderr.close()
            sys.stderr = self._stderr
        for fd in (self.fd, self._wake, self._told):
            os.close(fd)

    def connect(self, machine: Machine) -> None:
        """Make it the machine's console, and have the console follow its size."""
        self._console = machine.connect_console(self.fd)
        self._follow_size()
        machine.watch_host(self._wake, self._look)

    def _make_raw(self) -> None:
        with contextlib.suppress(termios.error):
            tty.setraw(self.fd, termios.TCSANOW)

    def _restore(self) -> None:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(self.fd, termios.TCSADRAIN, self._settings)

    def _tell(self, number: int, frame: FrameType | None) -> None:
        """Only make the main loop look: the kernel may be in the middle of anything."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._told, b"c" if number == signal.SIGCONT else b"w")

    def _end(self, number: int, frame: FrameType | None) -> None:
        """Somebody ends the emulator: not before the terminal is as it was."""
        self._restore()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _suspend(self, number: int, frame: FrameType | None) -> None:
        """Somebody stops the emulator: whoever has the terminal then finds it as it was."""
        self._restore()
        os.kill(os.getpid(), signal.SIGSTOP)  # SIGCONT makes it raw again

    def _look(self) -> None:
        try:
            told = os.read(self._wake, 4096)
        except BlockingIOError:
            return
        if b"c" in told:
            self._make_raw()
        self._follow_size()

    def _follow_size(self) -> None:
        with contextlib.suppress(OSError):
            raw = fcntl.ioctl(self.fd, termios.TIOCGWINSZ, bytes(8))
            assert self._console is not None
            self._console.set_size(*struct.unpack("4H", raw))


def start_guard(fd: int, settings: list[Any]) -> int:
    """A process that gives a terminal its settings back if we end without doing so.

    The answer is a descriptor: a byte written there says that all is well; if it is only closed,
    as it is when a process is killed or crashes, the guard restores the settings.
    """
    watched, ours = os.pipe2(os.O_CLOEXEC)
    if os.fork():
        os.close(watched)
        return ours
    try:
        os.close(ours)
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTOU,
                       signal.SIGTERM, signal.SIGHUP, signal.SIGWINCH):  # fmt: skip
            signal.signal(number, signal.SIG_IGN)
        if not os.read(watched, 1):
            termios.tcsetattr(fd, termios.TCSADRAIN, settings)
    finally:
        os._exit(0)
