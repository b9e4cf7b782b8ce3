"""What can be done with open files of one kind. See struct file_operations."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, EISDIR, ENODEV, ENOTDIR, ENOTTY, ENXIO, EOPNOTSUPP
from emu.kernel.uapi.fs import MAX_LFS_FILESIZE, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET
from emu.kernel.uapi.poll import ALWAYS_READY
from emu.kernel.uapi.stat import S_IFDIR
from emu.kernel.vfs.inode import DirEntry

if TYPE_CHECKING:
    from emu.kernel.mm.vma import Vma
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.wait import WaitQueue

Result = int | Awaitable[int]
Line = tuple[bytes, int, int, int]
"""A line of a directory: a `DirEntry`'s name, inode number and type, and the position behind it."""

PollTable = list["WaitQueue"]
"""The queues on which a poller will sleep."""


class FileOperations:
    """One object for each kind of file; what belongs to an open file is in the `File`.

    `read`, `write` and `unlocked_ioctl` answer an int, or an awaitable where they sleep.
    A kind that is not `seekable` has no position: lseek and pread answer ESPIPE.
    `nowait` kinds can be asked not to sleep by one call alone: RWF_NOWAIT.
    """

    seekable = True
    advances = True
    """Whether reading and writing move the file's position by what was done: what is seekable
    does, unless its kind moves it itself and has a `pread` and a `pwrite` that do not."""
    nowait = False
    write_checks = False
    """Whether a write minds O_APPEND, RLIMIT_FSIZE and set-user-id bits, as to what is stored in a
    file system, by generic_write_checks and file_remove_privs."""
    asked_often = seekable, advances, write_checks
    """For each open file to keep."""
    ignores_llseek = False
    """Whether lseek does nothing and says so with the old position: noop_llseek."""

    has_fasync = False
    """Whether it sends SIGIO to its owner when O_ASYNC is set."""

    def fasync(self, task: Task, fd: int, file: File, on: bool) -> None:
        """O_ASYNC was switched on or off: see `emu.kernel.vfs.fasync.watch_itself`."""

    def __init_subclass__(cls) -> None:
        if "advances" not in vars(cls) and "seekable" in vars(cls):
            cls.advances = cls.seekable
        cls.asked_often = cls.seekable, cls.advances, cls.write_checks

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """Prepare a new open file; may sleep, may exchange ``file.f_op``."""
        return None

    def flush(self, file: File) -> None:
        """One descriptor of the file is being closed."""

    def release(self, inode: Inode, file: File) -> None:
        """The last descriptor is gone."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Fill the buffer from a position: how many bytes; 0 at the end."""
        raise EINVAL("it cannot be read")

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Take the buffer's bytes to a position: how many."""
        raise EINVAL("it cannot be written")

    def pread(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Read at a position that is not the file's own."""
        return self.read(file, buffer, pos)

    def pwrite(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Write at a position that is not the file's own."""
        return self.write(file, buffer, pos)

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """The new position, which the caller stores."""
        return seek(file, offset, whence, file.inode.size)

    def iterate_shared(self, file: File) -> Iterator[Line]:
        """The lines of a directory from the position on; the order stays while it is read."""
        raise ENOTDIR

    def poll(self, file: File, waits: PollTable | None) -> int:
        """What would not block now. Adds the queues that tell of changes to `waits`."""
        return ALWAYS_READY

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """A command of `emu.kernel.uapi.ioctl`, or a stranger: the number with UNKNOWN_FLAG."""
        raise ENOTTY

    def show_fdinfo(self, file: File) -> bytes:
        """Lines for /proc/PID/fdinfo that only this kind of file has."""
        return b""

    def mmap(self, file: File, vma: Vma) -> None:
        """Prepare a new mapping by giving it the pages: ``vma.mapping``. ENODEV."""
        mapping = file.inode.mapping
        if mapping is None:
            raise ENODEV("it cannot be mapped")
        vma.mapping = mapping

    def fsync(self, file: File, datasync: bool) -> None:
        """Bring it to its store. EINVAL if there is no such thing."""
        raise EINVAL("it cannot be synced")

    def fallocate(self, file: File, mode: int, offset: int, length: int) -> None:
        """Reserve, punch or zero a range."""
        raise EOPNOTSUPP


class DirectoryOperations(FileOperations):
    """A directory: a listing is taken when reading begins, and its lines are counted."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Directories are read with getdents."""
        raise EISDIR

    def iterate_shared(self, file: File) -> Iterator[Line]:
        """The listing; a new one when the position is back at the start."""
        if file.pos == 0 or file.private_data is None:
            file.private_data = [*dots(file), *file.inode.iterate()]
        listing: list[DirEntry] = file.private_data
        for pos in range(file.pos, len(listing)):
            yield *listing[pos], pos + 1

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """Go to a line; only what getdents told means anything."""
        if whence not in (SEEK_SET, SEEK_CUR):
            raise EINVAL("directories know no end")
        return seek(file, offset, whence, 0)

    def flush(self, file: File) -> None:
        """Who asked with F_NOTIFY by this descriptor is told no more."""
        notify = file.inode.sb.vfs.notify
        if notify is not None:
            notify.descriptor_closed(file)

    def fsync(self, file: File, datasync: bool) -> None:
        """Nothing to do."""

    def mmap(self, file: File, vma: Vma) -> None:
        """Directories cannot be mapped."""
        raise ENODEV


class NoOpen(FileOperations):
    """What cannot be opened by its name: a socket's inode."""

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """ENXIO."""
        raise ENXIO


DIRECTORY = DirectoryOperations()
NO_OPEN = NoOpen()


def dots(file: File) -> list[DirEntry]:
    """The first two lines of an open directory: itself, and what is above it."""
    inode = file.inode
    above = file.path.dentry.parent.inode or inode
    return [DirEntry(b".", inode.ino, S_IFDIR), DirEntry(b"..", above.ino, S_IFDIR)]


def seek(file: File, offset: int, whence: int, size: int) -> int:
    """The position that lseek(2) asks for in a file of `size` bytes: see generic_file_llseek."""
    if whence == SEEK_SET:
        pos = offset
    elif whence == SEEK_CUR:
        pos = file.pos + offset
    elif whence == SEEK_END:
        pos = size + offset
    elif whence in (SEEK_DATA, SEEK_HOLE):
        if not 0 <= offset < size:
            raise ENXIO("no data beyond the end")
        pos = offset if whence == SEEK_DATA else size
    else:
        raise EINVAL("no such whence")
    if not 0 <= pos <= MAX_LFS_FILESIZE:
        raise EINVAL("no such position")
    return pos
