"""Attributes of configfs items. See fs/configfs/file.c."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.errno import EFBIG, EIO
from emu.kernel.fs.kernfs import KernelInode, check_open
from emu.kernel.uaccess import copy_whole
from emu.kernel.uapi.stat import S_IFREG
from emu.kernel.vfs.file_operations import FileOperations, Result, seek

if TYPE_CHECKING:
    from emu.kernel.fs.single import Text
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.super_block import SuperBlock

Show = Callable[[], "Text"]
Store = Callable[[bytes], Result]
BIN_MAX = 1 << 22


class ConfigAttribute(KernelInode):
    """The file of an attribute, text of at most a page or bytes that are stored when closed."""

    __slots__ = ("binary", "show", "store")

    def __init__(
        self,
        sb: SuperBlock,
        mode: int,
        show: Show | None,
        store: Store | None,
        *,
        binary: bool = False,
    ) -> None:
        super().__init__(sb, S_IFREG | mode)
        self.show, self.store, self.binary = show, store, binary
        self.size = 0 if binary else PAGE_SIZE

    def default_fop(self) -> FileOperations:
        """See `ConfigAttributeFile`."""
        return CONFIG_ATTRIBUTE


class OpenText:
    """What an open attribute keeps: the text, once made, and bytes to be stored."""

    def __init__(self) -> None:
        self.text: bytes | None = None
        self.written = bytearray()


class ConfigAttributeFile(FileOperations):
    """The text is made once for each open file, and again after it was written to."""

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """EACCES for what the attribute cannot do."""
        assert isinstance(inode, ConfigAttribute)
        readable, writable = inode.show is not None, inode.store is not None
        check_open(file, inode, readable=readable, writable=writable)
        file.private_data = OpenText()
        return None

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The text from a position on. EIO if it is longer than a page."""
        state: OpenText = file.private_data
        if state.text is None:
            inode = file.inode
            assert isinstance(inode, ConfigAttribute)
            assert inode.show is not None
            text = inode.show()
            if not isinstance(text, bytes):
                return self._read_later(file, buffer, pos, text)
            state.text = self._checked(inode, text)
        return _give(state.text, buffer, pos)

    async def _read_later(
        self, file: File, buffer: Buffer, pos: int, making: Awaitable[bytes]
    ) -> int:
        inode = file.inode
        assert isinstance(inode, ConfigAttribute)
        text = file.private_data.text = self._checked(inode, await making)
        return _give(text, buffer, pos)

    def _checked(self, inode: ConfigAttribute, text: bytes) -> bytes:
        if len(text) > (BIN_MAX if inode.binary else PAGE_SIZE):
            raise EIO("the attribute is longer than a page")
        return text

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Less than a page goes to the attribute at once; bytes are kept until it is closed."""
        inode = file.inode
        assert isinstance(inode, ConfigAttribute)
        assert inode.store is not None
        count = buffer.count if inode.binary else min(buffer.count, PAGE_SIZE - 1)
        data = copy_whole(buffer, count)
        state: OpenText = file.private_data
        if inode.binary:
            if pos + count > BIN_MAX:
                raise EFBIG("too many bytes")
            state.written.extend(bytes(max(0, pos + count - len(state.written))))
            state.written[pos : pos + count] = data
            return count
        state.text = None
        return inode.store(data)

    def release(self, inode: Inode, file: File) -> None:
        """Store bytes that were written."""
        assert isinstance(inode, ConfigAttribute)
        if inode.binary and file.private_data.written and inode.store is not None:
            inode.store(bytes(file.private_data.written))

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """By offset, and from the end of the inode's size."""
        return seek(file, offset, whence, file.inode.size)


CONFIG_ATTRIBUTE = ConfigAttributeFile()


def _give(text: bytes, buffer: Buffer, pos: int) -> int:
    piece = text[pos : pos + buffer.count]
    return buffer.copy_to(piece) if piece else 0
