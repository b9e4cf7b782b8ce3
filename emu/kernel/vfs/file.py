"""Open file descriptions. See struct file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emu.kernel.uapi.fcntl import O_ACCMODE, O_PATH
from emu.kernel.vfs.c_names import FileNames

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.signal.sigio import Owner
    from emu.kernel.vfs.fasync import Fasync
    from emu.kernel.vfs.file_operations import FileOperations
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.path import VfsPath

FMODE_READ = 1
FMODE_WRITE = 2
FMODE_PATH = 4
FMODE_NONOTIFY = 8
"""Nobody is told what is done with it: what fanotify opened itself."""

_ACCESS = (FMODE_READ, FMODE_WRITE, FMODE_READ | FMODE_WRITE, 0)


class File(FileNames):
    """An open file: shared by all descriptors that were duplicated from one open.

    Who keeps it counts: `get` for one more user, `put` for one less; the last `put` releases it.
    """

    __slots__ = (
        "__weakref__", "advances", "count", "cred", "epoll_entries", "f_op", "fasync", "flags",
        "flock", "inode", "is_path", "mode", "owner", "path", "pos", "private_data", "readable",
        "seekable", "signum", "writable", "write_checks",
    )  # fmt: skip

    def __init__(self, path: VfsPath, flags: int, cred: Credentials) -> None:
        self.path = path
        inode = path.dentry.inode
        assert inode is not None
        self.inode: Inode = inode
        self.flags = flags
        self.cred = cred
        self.mode = FMODE_PATH if flags & O_PATH else _ACCESS[flags & O_ACCMODE]
        self.is_path = flags & O_PATH != 0
        """Whether it was opened with O_PATH and is only a place."""
        self.readable = self.mode & FMODE_READ != 0
        self.writable = self.mode & FMODE_WRITE != 0
        self.replace_fops(inode.fop)
        self.pos = 0
        self.count = 1
        self.private_data: Any = None
        self.flock: object = None
        self.owner: Owner | None = None
        self.signum = 0
        self.fasync: Fasync | None = None
        """Who gets which signal when it is ready: see `emu.kernel.vfs.fasync`."""
        self.epoll_entries: dict[Any, None] | None = None
        """The entries of epolls that watch it: see `emu.kernel.fs.eventpoll`."""
        path.mount.open_files += 1
        inode.open_count += 1

    def replace_fops(self, operations: FileOperations) -> None:
        """Do with the file what these operations do. See replace_fops in include/linux/fs.h."""
        self.f_op = operations
        # What every read and write asks is kept here, where it is found quickest.
        self.seekable, self.advances, self.write_checks = operations.asked_often

    def begin_writing(self) -> None:
        """Count a regular file that is open for writing, until the last `put`."""
        self.inode.write_count += 1
        self.path.mount.writers += 1

    def get(self) -> File:
        """Count one more user."""
        self.count += 1
        return self

    def put(self) -> None:
        """Count one user less, and release the file with the last one."""
        self.count -= 1
        if self.count:
            return
        self.path.mount.open_files -= 1
        inode = self.inode
        inode.open_count -= 1
        notify = inode.sb.vfs.notify
        if notify is not None:
            notify.closed(self)
            if not inode.open_count and self.path.dentry.dead:
                notify.maybe_gone(inode)
        if self.is_path:
            return
        for entry in list(self.epoll_entries or ()):
            entry.forget()
        if self.fasync is not None:
            self.fasync.leave()
        if self.writable and inode.is_regular:
            inode.write_count -= 1
            self.path.mount.writers -= 1
        if inode.locks is not None:
            inode.locks.forget_file(self)
        self.f_op.release(inode, self)

    def __repr__(self) -> str:
        return f"<file {self.path.dentry.name!r}>"
