"""Open terminals. See tty_open, tty_release and tty_fops in drivers/tty/tty_io.c."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.errno import EBUSY, EIO, ENXIO, Restart
from emu.kernel.tty.ioctl import tty_ioctl
from emu.kernel.tty.jobctrl import open_proc_set_tty, session_clear_tty
from emu.kernel.tty.n_tty_io import n_tty_poll, n_tty_read, n_tty_write
from emu.kernel.uapi.capability import CAP_SYS_ADMIN
from emu.kernel.uapi.fcntl import O_NOCTTY
from emu.kernel.vfs.file_operations import FileOperations, PollTable, Result
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.tty.tty import Tty
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode


class TtyFileOperations(FileOperations):
    """A terminal that is open; its `Tty` is the file's private data."""

    seekable = False
    has_fasync = True

    def fasync(self, task: Task, fd: int, file: File, on: bool) -> None:
        """A file without an owner gets the terminal's foreground group: see __tty_fasync."""
        from emu.kernel.signal.sigio import GROUP, Owner, own_by_default
        from emu.kernel.vfs.fasync import watch_itself

        watch_itself(fd, file, on)
        pgrp = tty_of(file).ctrl.pgrp
        if on and pgrp and file.owner is None:
            file.owner = Owner(GROUP, pgrp, task.cred)
        elif on:
            own_by_default(task, file)

    def find(self, inode: Inode, file: File) -> Tty:
        """Which terminal a device node is. ENXIO, EIO."""
        raise ENXIO("no such terminal")

    def may_control(self) -> bool:
        """Whether opening it may make it a controlling terminal."""
        return True

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """Find the terminal, and join those who have it open. EBUSY with TIOCEXCL."""
        tty_open(file, self.find(inode, file), self.may_control())
        return None

    def release(self, inode: Inode, file: File) -> None:
        """One less has it open."""
        tty_release(file)

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Read what was typed. EIO, EAGAIN."""
        tty = tty_of(file)
        if tty.io_error:
            raise EIO("the terminal is closed")
        try:
            return n_tty_read(tty, file, buffer)
        except Restart:
            return restart()

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Show something. EIO, EAGAIN."""
        tty = tty_of(file)
        if tty.io_error:
            raise EIO("the terminal is closed")
        try:
            return n_tty_write(tty, file, buffer)
        except Restart:
            return restart()

    def poll(self, file: File, waits: PollTable | None) -> int:
        """What would not block."""
        tty = tty_of(file)
        if waits is not None:
            waits += (tty.read_wait, tty.write_wait)
        return n_tty_poll(tty, file)

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """See ioctl_tty(2)."""
        try:
            return tty_ioctl(tty_of(file), file, task, cmd, arg)
        except Restart:
            return restart()


TTY_FILE = TtyFileOperations()


def tty_of(file: File) -> Tty:
    """The terminal of an open file."""
    tty: Tty = file.private_data
    return tty


def tty_open(file: File, tty: Tty, may_control: bool) -> None:
    """Have a file be an open terminal. EIO, EBUSY."""
    task = tty.kernel.sched.current
    if tty.driver.is_master and tty.count:
        raise EIO("a master is opened once")
    if tty.exclusive and task is not None and not task.cred.capable(CAP_SYS_ADMIN):
        raise EBUSY("another one has it to itself")
    tty.driver.open(tty)
    tty.count += 1
    tty.hung_up = False
    tty.files[file] = None
    file.private_data = tty
    file.replace_fops(TTY_FILE)
    if may_control and task is not None and not file.flags & O_NOCTTY:
        open_proc_set_tty(file, tty, task)


def tty_release(file: File) -> None:
    """One less has the terminal open; the last one gives up its session."""
    tty = tty_of(file)
    tty.files.pop(file, None)
    tty.driver.close(tty)
    tty.count -= 1
    other = tty.link if tty.driver.is_master else None
    if other is not None:
        other.count -= 1
    if not tty.count:
        session_clear_tty(tty.kernel, tty.ctrl.session)
        if tty.link is not None:
            session_clear_tty(tty.kernel, tty.link.ctrl.session)
        if tty.link is None or not tty.link.count:
            tty.driver.shutdown(tty)


async def restart() -> int:
    """Let the caller take the signal that was just sent to it, and come again."""
    await WaitQueue().wait(0)
    raise Restart
