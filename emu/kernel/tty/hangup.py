"""The line goes dead: every open file of a terminal is at its end. See __tty_hangup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EIO, ENOTTY
from emu.kernel.tty.jobctrl import signal_session_leader
from emu.kernel.uapi.ioctl import TIOCSPGRP
from emu.kernel.uapi.poll import (
    POLLERR,
    POLLHUP,
    POLLIN,
    POLLOUT,
    POLLRDNORM,
    POLLWRNORM,
)
from emu.kernel.vfs.file_operations import FileOperations, PollTable, Result

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.tty.tty import Tty
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode


class HungUp(FileOperations):
    """An open terminal after a hangup. See hung_up_tty_fops."""

    seekable = False

    def release(self, inode: Inode, file: File) -> None:
        """As before the hangup."""
        from emu.kernel.tty.tty_io import tty_release

        tty_release(file)

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The end."""
        return 0

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """EIO."""
        raise EIO("the terminal was hung up")

    def poll(self, file: File, waits: PollTable | None) -> int:
        """Everything at once."""
        return POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """EIO, or what TIOCSPGRP must say."""
        raise ENOTTY if cmd == TIOCSPGRP else EIO("the terminal was hung up")


HUNG_UP = HungUp()


def vhangup(tty: Tty, exit_session: bool = False) -> None:
    """Cut a terminal off from all that have it open, and tell the session leader."""
    if tty.hung_up:
        return
    for file in tty.files:
        file.replace_fops(HUNG_UP)
    tty.files.clear()
    signal_session_leader(tty, exit_session)
    tty.ldisc.flush()
    tty.ldisc.echo.clear()
    tty.port.clear()
    tty.ctrl.session = tty.ctrl.pgrp = 0
    tty.ctrl.pktstatus = 0
    tty.hung_up = True
    tty.wake_up()


def vhangup_session(tty: Tty) -> None:
    """The hangup when the session leader ends: the foreground group gets SIGHUP too."""
    vhangup(tty, exit_session=True)
