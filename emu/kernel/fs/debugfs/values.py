"""Files of debugfs over a variable: numbers, booleans, texts and blobs. See fs/debugfs/file.c."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.errno import E2BIG, EINVAL, EIO, KernelError
from emu.kernel.fs.single import SingleText
from emu.kernel.module.parse import kstrtobool, kstrtoll, kstrtoull
from emu.kernel.uaccess import copy_whole
from emu.kernel.vfs.file_operations import FileOperations, Result, seek

if TYPE_CHECKING:
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

NUMBER_MAX = 23
"""How much of what is written to a number is looked at: see simple_attr_write."""


class DebugfsFile(FileOperations):
    """What all files here have in common: they fail once they were removed."""

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """Nothing read yet."""
        file.private_data = SingleText()
        return None

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """By offset only."""
        return seek(file, offset, whence, 0)


def check_there(inode: Inode) -> None:
    """EIO if the file was removed."""
    if not inode.nlink:
        raise EIO("the file was removed")


def taken(buffer: Buffer, limit: int) -> bytes:
    """What is written, up to a limit. EFAULT."""
    return copy_whole(buffer, min(buffer.count, limit))


class SimpleAttribute(DebugfsFile):
    """A number by functions: DEFINE_DEBUGFS_ATTRIBUTE. It has no position for lseek(2).

    `get` and `set` are given what the inode keeps; `show` makes the text.
    """

    seekable = False

    def __init__(
        self,
        get: Callable[[object], int | Awaitable[int]] | None,
        set: Callable[[object, int], object] | None,
        show: Callable[[int], str],
        *,
        signed: bool = False,
    ) -> None:
        self._get, self._set, self._show = get, set, show
        self._signed = signed

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """The position is the file's own."""
        file.private_data = [SingleText(), 0]
        return None

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The number, made when reading begins. EINVAL if it cannot be read."""
        check_there(file.inode)
        if self._get is None:
            raise EINVAL("it cannot be read")
        text, own_pos = file.private_data
        done = text.read(buffer, own_pos, lambda: self._text(file.inode.private))
        if isinstance(done, int):
            file.private_data[1] += done
            return done
        return self._moved(file, done)

    async def _moved(self, file: File, done: Awaitable[int]) -> int:
        count = await done
        file.private_data[1] += count
        return count

    def _text(self, private: object) -> bytes | Awaitable[bytes]:
        assert self._get is not None
        value = self._get(private)
        if not isinstance(value, int):
            return self._text_later(value)
        return self._show(value).encode()

    async def _text_later(self, value: Awaitable[int]) -> bytes:
        return self._show(await value).encode()

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """A number, in any base that its prefix tells. EINVAL, ERANGE."""
        check_there(file.inode)
        if self._set is None:
            raise EINVAL("it cannot be written")
        count = buffer.count
        text = taken(buffer, NUMBER_MAX).decode("latin-1")
        parse = kstrtoll if self._signed else kstrtoull
        done = self._set(file.inode.private, parse(text.partition("\0")[0], 0))
        return self._stored(done, count) if isinstance(done, Awaitable) else count

    async def _stored(self, done: Awaitable[object], count: int) -> int:
        await done
        return count


class BoolFile(DebugfsFile):
    """``Y`` or ``N``; what is no truth value changes nothing, as on Linux."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The letter."""
        check_there(file.inode)
        cell = file.inode.private
        state: SingleText = file.private_data
        return state.read(buffer, pos, lambda: b"Y\n" if cell else b"N\n")

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """A truth value."""
        check_there(file.inode)
        count = buffer.count
        try:
            value = kstrtobool(taken(buffer, PAGE_SIZE).decode("latin-1"))
        except KernelError:
            return count
        file.inode.private.value = value  # type: ignore[attr-defined]
        return count


class TextFile(DebugfsFile):
    """A string, with a line break; writing at the end of it appends."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The string."""
        check_there(file.inode)
        state: SingleText = file.private_data
        return state.read(buffer, pos, lambda: self._string(file) + b"\n")

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Another string. EINVAL, E2BIG."""
        check_there(file.inode)
        old = self._string(file)
        if pos and pos != len(old):
            raise EINVAL("strings are only appended to")
        count = buffer.count
        if pos + count + 1 > PAGE_SIZE:
            raise E2BIG("the string is too long")
        new = (old if pos else b"") + taken(buffer, PAGE_SIZE)
        file.inode.private.value = new.strip().decode(errors="surrogateescape")  # type: ignore[attr-defined]
        return count

    @staticmethod
    def _string(file: File) -> bytes:
        return str(file.inode.private).encode(errors="surrogateescape")


class BlobFile(DebugfsFile):
    """Bytes as they are: ``inode.private`` answers them."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """A piece of them."""
        check_there(file.inode)
        make = file.inode.private
        assert callable(make)
        data: bytes = make()
        piece = data[pos : pos + buffer.count]
        return buffer.copy_to(piece) if piece else 0


BOOL_FILE = BoolFile()
TEXT_FILE = TextFile()
BLOB_FILE = BlobFile()


def number_file(show: str, mode: int, *, signed: bool = False) -> SimpleAttribute:
    """A file over a cell; without the mode bits for it, it can be neither read nor written."""

    def get(cell: object) -> int:
        return int(cell.value)  # type: ignore[attr-defined]

    def set(cell: object, value: int) -> None:
        cell.value = value  # type: ignore[attr-defined]

    return SimpleAttribute(
        get if mode & 0o444 else None, set if mode & 0o222 else None, show.__mod__, signed=signed
    )
