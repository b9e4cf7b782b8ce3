"""What a terminal is at its other end. See struct tty_driver and struct tty_operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.signal.send import kill_pgrp
from emu.kernel.uapi.signal import SIGWINCH

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.tty.ktermios import Ktermios, Winsize
    from emu.kernel.tty.tty import Tty
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import Result


class TtyDriver:
    """The operations of one kind of terminal; this one leads nowhere."""

    name = b"null"
    is_pty = False
    is_master = False
    device = 0
    """The device number of its terminal 0."""

    def open(self, tty: Tty) -> None:
        """One more opens it. EIO."""

    def close(self, tty: Tty) -> None:
        """One of those that have it open closes it; ``tty.count`` still has him."""

    def shutdown(self, tty: Tty) -> None:
        """Nobody has it open any more."""

    def write(self, tty: Tty, data: bytes) -> int:
        """Send bytes: how many there was room for."""
        return len(data)

    def write_room(self, tty: Tty) -> int:
        """How many bytes can be sent now."""
        return 4096

    def chars_in_buffer(self, tty: Tty) -> int:
        """How many bytes were sent and have not left."""
        return 0

    def flush_chars(self, tty: Tty) -> None:
        """Let what was sent set out."""

    def flush_buffer(self, tty: Tty) -> None:
        """Forget what was sent and has not arrived."""

    def unthrottle(self, tty: Tty) -> None:
        """There is room for input again."""

    def start(self, tty: Tty) -> None:
        """Output goes on."""

    def stop(self, tty: Tty) -> None:
        """Output stands still."""

    def set_termios(self, tty: Tty, old: Ktermios) -> None:
        """The settings are new: correct those that this kind cannot have."""

    def resize(self, tty: Tty, size: Winsize) -> None:
        """Take a new size and tell the foreground group: see tty_do_resize."""
        if size == tty.winsize:
            return
        tty.winsize = size
        if tty.ctrl.pgrp:
            kill_pgrp(tty.kernel, tty.ctrl.pgrp, SIGWINCH)

    def ioctl(self, file: File, tty: Tty, task: Task, cmd: int, arg: int) -> Result | None:
        """A command of this kind's own; None if it is none."""
        return None
