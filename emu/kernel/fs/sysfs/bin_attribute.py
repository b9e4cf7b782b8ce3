"""Binary attributes: files of sysfs that are read and written at positions, as they are."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.errno import EFBIG, EIO
from emu.kernel.fs.kernfs import KernelInode, check_open
from emu.kernel.uaccess import copy_whole
from emu.kernel.uapi.stat import S_IFREG
from emu.kernel.vfs.file_operations import FileOperations, Result

if TYPE_CHECKING:
    from emu.kernel.fs.single import Text
    from emu.kernel.fs.sysfs.kobject import Kobject
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.super_block import SuperBlock


class BinAttribute:
    """Bytes of kernel objects; `size` 0 is without a bound."""

    readable = False
    writable = False

    def __init__(self, name: str, mode: int, size: int = 0) -> None:
        self.name = name
        self.mode = mode
        self.size = size

    def read(self, file: File, kobj: Kobject, pos: int, count: int) -> Text:
        """Up to `count` bytes at a position."""
        raise EIO("nobody reads it")

    def write(self, file: File, kobj: Kobject, data: bytes, pos: int) -> Result:
        """Take bytes to a position: how many."""
        raise EIO("nobody writes it")


class BinAttributeInode(KernelInode):
    """The file of a binary attribute of an object."""

    __slots__ = ("attribute", "kobj")

    def __init__(self, sb: SuperBlock, kobj: Kobject, attribute: BinAttribute) -> None:
        super().__init__(sb, S_IFREG | attribute.mode)
        self.kobj = kobj
        self.attribute = attribute
        self.size = attribute.size

    def default_fop(self) -> FileOperations:
        """See `BinAttributeFile`."""
        return BIN_ATTRIBUTE_FILE


class BinAttributeFile(FileOperations):
    """Opening, reading and writing a binary attribute, at most a page at once."""

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """EACCES for what the attribute cannot do."""
        assert isinstance(inode, BinAttributeInode)
        attribute = inode.attribute
        check_open(file, inode, readable=attribute.readable, writable=attribute.writable)
        return None

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """What is there from a position on, up to the attribute's size."""
        inode = file.inode
        assert isinstance(inode, BinAttributeInode)
        count = min(buffer.count, PAGE_SIZE)
        if inode.size:
            count = min(count, max(0, inode.size - pos))
        if not count:
            return 0
        inode.kobj.check_alive()
        data = inode.attribute.read(file, inode.kobj, pos, count)
        if isinstance(data, bytes):
            return buffer.copy_to(data[:count]) if data else 0
        return _read_later(buffer, data, count)

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Up to the attribute's size. EFBIG beyond."""
        inode = file.inode
        assert isinstance(inode, BinAttributeInode)
        count = min(buffer.count, PAGE_SIZE)
        if inode.size:
            if inode.size <= pos:
                raise EFBIG("beyond the attribute's size")
            count = min(count, inode.size - pos)
        if not count:
            return 0
        data = copy_whole(buffer, count)
        inode.kobj.check_alive()
        return inode.attribute.write(file, inode.kobj, data, pos)


BIN_ATTRIBUTE_FILE = BinAttributeFile()


async def _read_later(buffer: Buffer, data: Awaitable[bytes], count: int) -> int:
    got = await data
    return buffer.copy_to(got[:count]) if got else 0
