"""Open regular files of an overlay: each holds an open file of the directory that has it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.fs.overlayfs.copy_up import copy_up
from emu.kernel.fs.overlayfs.real import open_file
from emu.kernel.vfs.file import FMODE_WRITE, File
from emu.kernel.vfs.file_operations import FileOperations, Result

if TYPE_CHECKING:
    from emu.kernel.fs.overlayfs.inode import OverlayfsInode
    from emu.kernel.mm.vma import Vma
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.inode import Inode


class OverlayfsFile(FileOperations):
    """All is done by the real file; one that was copied up meanwhile is opened anew."""

    write_checks = True

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """Copy up to write, and open the real file."""
        found = inode_of(file)
        if file.mode & FMODE_WRITE:
            copy_up(found)
        file.private_data = open_file(found.real, file.flags, file.cred)
        return None

    def release(self, inode: Inode, file: File) -> None:
        """Close the real file."""
        if file.private_data is not None:
            file.private_data.put()

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Read from the real file."""
        real = real_file(file)
        return real.f_op.read(real, buffer, pos)

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Write to the real file."""
        real = real_file(file)
        try:
            return real.f_op.write(real, buffer, pos)
        finally:
            file.inode.refresh()

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """Where the real file has data, holes and its end."""
        real = real_file(file)
        real.pos = file.pos
        return real.f_op.llseek(real, offset, whence)

    def mmap(self, file: File, vma: Vma) -> None:
        """Map the real file's pages."""
        real = real_file(file)
        real.f_op.mmap(real, vma)

    def fsync(self, file: File, datasync: bool) -> None:
        """Store the real file."""
        real = real_file(file)
        real.f_op.fsync(real, datasync)

    def fallocate(self, file: File, mode: int, offset: int, length: int) -> None:
        """Of the real file."""
        real = real_file(file)
        real.f_op.fallocate(real, mode, offset, length)
        file.inode.refresh()


OVERLAYFS_FILE = OverlayfsFile()


def real_file(file: File) -> File:
    """The open file behind an open file."""
    real: File = file.private_data
    found = inode_of(file)
    if real.inode is not found.real.inode:
        file.private_data = open_file(found.real, file.flags, file.cred)
        real.put()
        real = file.private_data
    return real


def inode_of(file: File) -> OverlayfsInode:
    """The inode, which is of this file system."""
    from emu.kernel.fs.overlayfs.inode import OverlayfsInode

    inode = file.inode
    assert isinstance(inode, OverlayfsInode)
    return inode
