"""Open regular files of a host folder: each has a host descriptor of its own."""

from __future__ import annotations

import os
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SHIFT, PAGE_SIZE
from emu.kernel.errno import EACCES, EPERM
from emu.kernel.fs.host_errors import from_host
from emu.kernel.fs.hostfs.data import read_host, write_host
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE
from emu.kernel.vfs.file_operations import FileOperations, Result, seek

if TYPE_CHECKING:
    from emu.kernel.fs.hostfs.inode import HostfsInode
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode


class HostfsFile(FileOperations):
    """Reads and writes go straight between the host's file and the user's frames."""

    write_checks = True

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """Open the host's file as it is asked for."""
        found = inode_of(file)
        if file.mode & FMODE_WRITE:
            try:
                fd = found.node.open(os.O_RDWR)
            except (EACCES, EPERM):
                if file.mode & FMODE_READ:
                    raise
                fd = found.node.open(os.O_WRONLY)
            found.descriptors.insert(0, fd)
        else:
            fd = found.node.open(os.O_RDONLY)
            found.descriptors.append(fd)
        file.private_data = fd
        return None

    def release(self, inode: Inode, file: File) -> None:
        """Close the host's file."""
        fd = file.private_data
        if fd is None:
            return
        cache = inode_of(file).cached
        try:
            if cache is not None:
                cache.writeback()
        finally:
            inode_of(file).descriptors.remove(fd)
            os.close(fd)

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Read from the host, after what shared mappings have changed is there."""
        cache = inode_of(file).cached
        if cache is not None and cache.dirty:
            cache.writeback()
        return read_host(file.private_data, buffer, pos, buffer.count)

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Write to the host; pages that mappings have of it are read anew."""
        inode = inode_of(file)
        cache = inode.cached
        if cache is not None and cache.dirty:
            cache.writeback()
        done = write_host(file.private_data, buffer, pos)
        if cache is not None:
            cache.drop(pos >> PAGE_SHIFT, (pos + done + PAGE_SIZE - 1) >> PAGE_SHIFT)
        inode.refresh()
        return done

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """Within what the host has now."""
        file.inode.refresh()
        return seek(file, offset, whence, file.inode.size)

    def fsync(self, file: File, datasync: bool) -> None:
        """Have the host store it."""
        cache = inode_of(file).cached
        if cache is not None:
            cache.writeback()
        try:
            os.fsync(file.private_data)
        except OSError as error:
            raise from_host(error) from None


REGULAR = HostfsFile()


def inode_of(file: File) -> HostfsInode:
    """The inode, which is of this file system."""
    from emu.kernel.fs.hostfs.inode import HostfsInode

    inode = file.inode
    assert isinstance(inode, HostfsInode)
    return inode
