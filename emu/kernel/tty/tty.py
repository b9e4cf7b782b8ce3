"""One terminal. See struct tty_struct and drivers/tty/tty_io.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.tty.ktermios import Control, FlowControl, Ktermios, Winsize
from emu.kernel.tty.lock import Mutex
from emu.kernel.tty.n_tty import NTty
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.tty.driver import TtyDriver
    from emu.kernel.vfs.file import File


class Tty:
    """A terminal, or one end of a pseudo-terminal, whose other end is `link`.

    `count` is how often it is open; the slave of a pseudo-terminal counts its master too. `port`
    holds what has arrived and the line discipline has no room for.
    """

    def __init__(self, kernel: Kernel, driver: TtyDriver, index: int, termios: Ktermios) -> None:
        self.kernel = kernel
        self.driver = driver
        self.index = index
        self.termios = termios
        self.winsize = Winsize()
        self.flow = FlowControl()
        self.ctrl = Control()
        self.link: Tty | None = None
        self.count = 0
        self.files: dict[File, None] = {}
        self.exclusive = False
        self.locked = False
        """The lock of a pseudo-terminal that its master has: TIOCSPTLCK."""
        self.io_error = False
        self.other_closed = False
        self.hung_up = False
        self.driver_data: object = None
        self.port = bytearray()
        self._pushing = False
        self.read_wait = WaitQueue()
        self.write_wait = WaitQueue()
        self.read_lock = Mutex()
        self.write_lock = Mutex()
        self.ldisc = NTty(self)

    @property
    def device(self) -> int:
        """The device number."""
        return self.driver.device + self.index

    @property
    def setting(self) -> Tty:
        """The end that settings, size and job control belong to: see tty_pair_get_tty."""
        return self.link if self.driver.is_master and self.link is not None else self

    def push(self) -> None:
        """Give the line discipline what it has room for: see flush_to_ldisc."""
        if self._pushing:
            return  # Its echo made the other end send something.
        self._pushing = True
        while self.port:
            taken = self.ldisc.receive(self.port)
            if not taken:
                break
            del self.port[:taken]
        self._pushing = False

    def drained(self) -> None:
        """A read made room."""
        self.push()
        self.driver.unthrottle(self)

    def start(self) -> None:
        """Let output go on, unless TCOOFF stopped it: see start_tty."""
        if self.flow.stopped and not self.flow.tco_stopped:
            self.flow.stopped = False
            self.driver.start(self)
            self.write_wait.wake_up_all()

    def stop(self) -> None:
        """Let output stand still: see stop_tty."""
        if not self.flow.stopped:
            self.flow.stopped = True
            self.driver.stop(self)

    def set_termios(self, new: Ktermios) -> None:
        """Take new settings: see tty_set_termios."""
        old = self.termios
        self.termios = new
        self.driver.set_termios(self, old)
        self.ldisc.set_termios(old)

    def wake_up(self) -> None:
        """Have all readers, writers and pollers look again."""
        self.read_wait.wake_up_all()
        self.write_wait.wake_up_all()

    def __repr__(self) -> str:
        return f"<tty {self.driver.name.decode()}{self.index}>"
