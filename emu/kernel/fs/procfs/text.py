"""How generated text is read and written: like seq_file, like a plain buffer, like a sysctl.

The three differ in what programs can see: whether there is an end to seek from, when the text is
made anew, and what a second read or write means.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EACCES, EINVAL, EIO, KernelError
from emu.kernel.fs.single import SingleText
from emu.kernel.uaccess import copy_whole
from emu.kernel.uapi.fs import SEEK_CUR, SEEK_SET
from emu.kernel.uapi.stat import S_IRUGO, S_IWUGO
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE
from emu.kernel.vfs.file_operations import FileOperations, Result, seek

if TYPE_CHECKING:
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

WRITE_MAX = 4096


class GeneratedText(FileOperations):
    """A seq_file that is shown whole: what an open file keeps is a `SingleText`."""

    no_write: type[KernelError] = EIO
    """The error where nothing can be written: a file of proc_create has a write that says EIO."""

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """No text yet."""
        file.private_data = SingleText(self.opened(inode))
        return None

    def opened(self, inode: Inode) -> Any:
        """What the text will be about, where that is settled by the open; may refuse it."""
        return None

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The text from a position on."""
        state: SingleText = file.private_data
        return state.read(buffer, pos, lambda: self.text(file))

    def text(self, file: File) -> bytes:
        """What the file says now."""
        inode: Any = file.inode
        shown: bytes = inode.show()
        return shown

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """All that is written goes to the file's function at once."""
        inode: Any = file.inode
        if inode.store is None:
            raise self.no_write("it cannot be written")
        count = buffer.count
        inode.store(taken(buffer))
        return count

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """By offset; there is no size to seek from the end of: see seq_lseek."""
        if whence not in (SEEK_SET, SEEK_CUR):
            raise EINVAL("a generated text has no end to seek from")
        return seek(file, offset, whence, 0)


class TaskText(GeneratedText):
    """The same for a file of /proc/PID, which has no write at all where nothing can be written."""

    no_write = EINVAL


class BufferText(TaskText):
    """A text that is made for each read: see simple_read_from_buffer. Its size is 0."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The text from a position on."""
        piece = self.text(file)[pos : pos + buffer.count]
        return buffer.copy_to(piece) if piece else 0

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """From the end of nothing, too: see generic_file_llseek."""
        return seek(file, offset, whence, 0)


class Variable(GeneratedText):
    """A sysctl: read and written as a whole, at the start. See proc_dointvec in kernel/sysctl.c."""

    no_write = EINVAL

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """EACCES for what the mode lets nobody do: here not even root may, see sysctl_perm."""
        reads, writes = file.mode & FMODE_READ, file.mode & FMODE_WRITE
        if (reads and not inode.mode & S_IRUGO) or (writes and not inode.mode & S_IWUGO):
            raise EACCES("not with this variable")
        return super().open(inode, file)

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The value at position 0, as much of it as was asked for; nothing behind it."""
        piece = b"" if pos else self.text(file)[: buffer.count]
        return buffer.copy_to(piece) if piece else 0

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """A new value, at position 0; what is written elsewhere is ignored (sysctl_writes_strict).

        The warning that Linux prints for it has no reader here.
        """
        if pos:
            return buffer.count
        return super().write(file, buffer, pos)

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """From the end of nothing, too: see default_llseek."""
        return seek(file, offset, whence, 0)


class StringVariable(Variable):
    """A sysctl that is a line of text and can be read in pieces: see proc_dostring."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The line from a position on, as it is now."""
        piece = self.text(file)[pos : pos + buffer.count]
        return buffer.copy_to(piece) if piece else 0


GENERATED = GeneratedText()
TASK_TEXT = TaskText()
BUFFER_TEXT = BufferText()
VARIABLE = Variable()
STRING_VARIABLE = StringVariable()


def taken(buffer: Buffer) -> bytes:
    """All that is written, at once. EINVAL if it is too long; EFAULT."""
    count = buffer.count
    if count > WRITE_MAX:
        raise EINVAL("too long")
    return copy_whole(buffer, count)
