"""/dev/tty and /dev/console: the host's terminal, if the machine was given one."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.errno import EIO, ENXIO
from emu.kernel.fs.hostfile import STREAM
from emu.kernel.vfs.dev import TTYAUX_MAJOR
from emu.kernel.vfs.file_operations import FileOperations

if TYPE_CHECKING:
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.vfs import Vfs


class ConsoleDevice(FileOperations):
    """Opens the host terminal that the machine's standard descriptors are."""

    seekable = False

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """ENXIO for /dev/tty without a terminal, EIO for /dev/console."""
        terminals = inode.sb.vfs.terminals
        if not terminals:
            raise ENXIO("no terminal") if inode.rdev & 1 == 0 else EIO("no console")
        file.private_data = terminals[0]
        file.f_op = STREAM
        return None


def register_consoles(vfs: Vfs) -> None:
    """Give the two devices their numbers."""
    vfs.devices.register(TTYAUX_MAJOR, 0, 2, b"tty", ConsoleDevice())
