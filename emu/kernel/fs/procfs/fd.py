"""/proc/PID/fd and fdinfo: the open files of a process. See fs/proc/fd.c."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from emu.kernel.errno import ENOENT
from emu.kernel.fs.procfs.access import dump_owner, require_read
from emu.kernel.fs.procfs.inode import ProcDirectory, ProcFile, ProcLink
from emu.kernel.fs.procfs.text import TASK_TEXT
from emu.kernel.uapi.fcntl import O_CLOEXEC
from emu.kernel.uapi.stat import S_IFLNK, S_IFREG
from emu.kernel.vfs.inode import DirEntry, Inode

if TYPE_CHECKING:
    from emu.kernel.fs.procfs.pid import TaskDirectory
    from emu.kernel.task import Task
    from emu.kernel.vfs.path import VfsPath
    from emu.kernel.vfs.super_block import SuperBlock


class FdDirectory(ProcDirectory):
    """A magic link for each descriptor: following one leads to the open file's own place."""

    __slots__ = ("_known", "_task")

    def __init__(self, sb: SuperBlock, task: Task, mode: int, ino: int) -> None:
        super().__init__(sb, mode, uid=task.cred.euid, gid=task.cred.egid, ino=ino)
        self._task = task
        self._known: dict[int, Inode] = {}

    def find(self, name: bytes) -> Inode | None:
        """The link of a descriptor that is open."""
        fd = descriptor(self._task, name)
        return None if fd is None else self._inode(fd)

    def others(self) -> Sequence[DirEntry]:
        """All open descriptors."""
        task, kind = self._task, self.kind
        if not task.alive:
            return []
        return [DirEntry(b"%d" % n, self._inode(n).ino, kind) for n in task.files.descriptors()]

    kind = S_IFLNK

    def make(self, fd: int) -> Inode:
        """The inode for a descriptor."""
        target = partial(place_of, self._task, fd)
        return ProcLink(self.sb, target, uid=self.uid, gid=self.gid)

    def _inode(self, fd: int) -> Inode:
        known = self._known.get(fd)
        if known is None:
            known = self._known[fd] = self.make(fd)
        file = self._task.files.get(fd)
        if file is not None and self.kind == S_IFLNK:
            known.mode = S_IFLNK | (file.mode & 1) * 0o500 | (file.mode >> 1 & 1) * 0o300
        known.uid, known.gid = dump_owner(self._task, known.mode)
        return known


class FdInfoDirectory(FdDirectory):
    """A file for each descriptor that tells its position and flags."""

    __slots__ = ()

    kind = S_IFREG

    def make(self, fd: int) -> Inode:
        """The inode for a descriptor."""
        return ProcFile(
            self.sb,
            0o444,
            partial(show_fdinfo, self._task, fd),
            uid=self.uid,
            gid=self.gid,
            operations=TASK_TEXT,
        )

    def lookup(self, name: bytes) -> Inode | None:
        """What the directory's mode lets everybody do is for those who may look. EACCES."""
        require_read(self._task)
        return super().lookup(name)

    def iterate(self) -> Sequence[DirEntry]:
        """The same. EACCES."""
        require_read(self._task)
        return super().iterate()


def fd_directory(parent: TaskDirectory, mode: int, ino: int) -> FdDirectory:
    """/proc/PID/fd."""
    return FdDirectory(parent.sb, parent.task, mode, ino)


def fdinfo_directory(parent: TaskDirectory, mode: int, ino: int) -> FdInfoDirectory:
    """/proc/PID/fdinfo."""
    return FdInfoDirectory(parent.sb, parent.task, mode, ino)


def place_of(task: Task, fd: int) -> VfsPath:
    """Where an open file is. ENOENT; EACCES."""
    require_read(task)
    file = task.files.get(fd) if task.alive else None
    if file is None:
        raise ENOENT
    return file.path


def descriptor(task: Task, name: bytes) -> int | None:
    """The open descriptor that a name is the number of."""
    if (
        not task.alive
        or not name.isdigit()
        or len(name) > 10
        or (name[:1] == b"0" and name != b"0")
    ):
        return None
    fd = int(name)
    return fd if task.files.get(fd) is not None else None


def show_fdinfo(task: Task, fd: int) -> bytes:
    """The text of /proc/PID/fdinfo/FD."""
    require_read(task)
    file = task.files.get(fd) if task.alive else None
    if file is None:
        raise ENOENT
    flags = file.flags | (O_CLOEXEC if fd in task.files.cloexec else 0)
    mount, inode = file.path.mount, file.inode
    text = f"pos:\t{file.pos}\nflags:\t0{flags:o}\nmnt_id:\t{mount.mnt_id}\nino:\t{inode.ino}\n"
    return text.encode() + file.f_op.show_fdinfo(file)
