"""The terminals' device nodes: /dev/tty, /dev/console, /dev/ptmx and /dev/pts/N."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.binding import flag_translation
from emu.kernel.errno import EIO, ENXIO
from emu.kernel.fs.devpts import DevptsSuperBlock, devpts_of
from emu.kernel.fs.hostfile import STREAM
from emu.kernel.tty.tty import Tty
from emu.kernel.tty.tty_io import TtyFileOperations, tty_of, tty_open
from emu.kernel.uapi.fcntl import O_CLOEXEC, OPEN_FLAGS, VALID_OPEN_FLAGS
from emu.kernel.uapi.ioctl import TIOCGPTPEER
from emu.kernel.vfs.dev import MINOR
from emu.kernel.vfs.fdtable import fd_install
from emu.kernel.vfs.file import File
from emu.kernel.vfs.file_operations import FileOperations, Result
from emu.kernel.vfs.open import OpenHow, open_path

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.inode import Inode


class HostTerminal(TtyFileOperations):
    """A terminal of the host, where the machine's programs have one as it is."""

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """Our own terminal, or else the host's; without one what `find` says."""
        terminals = inode.sb.vfs.terminals
        try:
            return super().open(inode, file)
        except (ENXIO, EIO):
            if not terminals:
                raise
        file.private_data = terminals[0]
        file.replace_fops(STREAM)
        return None


class CurrentTty(HostTerminal):
    """/dev/tty: the caller's controlling terminal."""

    def find(self, inode: Inode, file: File) -> Tty:
        """ENXIO without one, EIO for a pty master."""
        task = inode.sb.vfs.kernel.sched.current
        tty = None if task is None else task.group.tty
        if tty is None:
            raise ENXIO("no controlling terminal")
        return tty

    def may_control(self) -> bool:
        """It is the controlling terminal already."""
        return False


class Console(HostTerminal):
    """/dev/console: the machine's own terminal, which nobody gets to control by this name."""

    def find(self, inode: Inode, file: File) -> Tty:
        """EIO if the machine has none."""
        console = inode.sb.vfs.console
        if console is None:
            raise EIO("no console")
        return console

    def may_control(self) -> bool:
        """Not by this name."""
        return False


class Hvc(Console):
    """/dev/hvc0: the same by its own name, by which it can be controlled."""

    def may_control(self) -> bool:
        """By this name, yes."""
        return True


class MasterFile(TtyFileOperations):
    """An opened ptmx."""

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """TIOCGPTPEER, which needs the place of the file; and all others."""
        if cmd == TIOCGPTPEER:
            return open_peer(file, task, arg)
        return super().unlocked_ioctl(file, task, cmd, arg)


MASTER_FILE = MasterFile()


def open_peer(file: File, task: Task, flags: int) -> int:
    """A descriptor of a master's slave, without its name: see ptm_open_peer. EIO, EMFILE."""
    translation = flag_translation(OPEN_FLAGS, task.abi.constants)
    flags = (flags if translation is None else translation(flags)) & VALID_OPEN_FLAGS
    path = devpts_of(file).slave_path(file, tty_of(file).index)
    opened = open_path(task, path, OpenHow(flags, 0, 0, 0), created=True)
    assert isinstance(opened, File)
    return fd_install(task, opened, cloexec=bool(flags & O_CLOEXEC))


class Ptmx(FileOperations):
    """/dev/ptmx: opening it makes a pseudo-terminal. See ptmx_open."""

    seekable = False

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """The file is the new master. ENODEV, ENOSPC."""
        tty_open(file, devpts_of(file).new_pair(file.cred), may_control=False)
        file.replace_fops(MASTER_FILE)
        return None


class PtsDevice(TtyFileOperations):
    """/dev/pts/N."""

    def find(self, inode: Inode, file: File) -> Tty:
        """EIO for a number that is not in use, and for a node outside a devpts."""
        sb = inode.sb
        slave = sb.slave(MINOR(inode.rdev)) if isinstance(sb, DevptsSuperBlock) else None
        if slave is None:
            raise EIO("no such pseudo-terminal")
        return slave
