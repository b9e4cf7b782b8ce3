"""Duplicating descriptors, and whole-file locks: dup(2), dup2(2), dup3(2), flock(2)."""

from __future__ import annotations

from collections.abc import Awaitable

from emu.kernel.args import Fd, UInt
from emu.kernel.errno import EAGAIN, EBADF, EINVAL
from emu.kernel.sys.file_kinds import OpenFlags
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import (
    F_RDLCK,
    F_UNLCK,
    F_WRLCK,
    LOCK_EX,
    LOCK_NB,
    LOCK_SH,
    LOCK_UN,
    O_CLOEXEC,
)
from emu.kernel.vfs.fdtable import fd_install, open_file_limit
from emu.kernel.vfs.locks import locks_of


@syscall("sys_dup")
def dup(task: Task, fildes: Fd) -> int:
    """Another descriptor for the same open file. See dup(2)."""
    return fd_install(task, task.files.raw(fildes).get())


@syscall("sys_dup2")
def dup2(task: Task, oldfd: Fd, newfd: Fd) -> int:
    """The same at a chosen number. See dup2(2)."""
    if oldfd == newfd:
        task.files.raw(oldfd)
        return newfd
    return _replace(task, oldfd, newfd, False)


@syscall("sys_dup3")
def dup3(task: Task, oldfd: Fd, newfd: Fd, flags: OpenFlags) -> int:
    """dup2 with O_CLOEXEC, which refuses equal numbers. See dup3(2)."""
    if flags & ~O_CLOEXEC:
        raise EINVAL("only O_CLOEXEC is known")
    if oldfd == newfd:
        raise EINVAL("both are the same")
    return _replace(task, oldfd, newfd, bool(flags))


@syscall("sys_flock")
def flock(task: Task, fd: Fd, cmd: UInt) -> int | Awaitable[int]:
    """Lock a whole file for an open file description. See flock(2)."""
    file = task.files[fd]
    kinds = {LOCK_SH: F_RDLCK, LOCK_EX: F_WRLCK, LOCK_UN: F_UNLCK}
    kind = kinds.get(cmd & ~LOCK_NB)
    if kind is None:
        raise EINVAL("no such lock")
    locks = locks_of(file.inode)
    if locks.set_flock(file, kind):
        return 0
    # A change of kind is not atomic: the old lock is gone even if the new one cannot be had.
    locks.drop_flock(file)
    if cmd & LOCK_NB:
        raise EAGAIN
    return locks.set_flock_later(file, kind)


def _replace(task: Task, oldfd: int, newfd: int, cloexec: bool) -> int:
    file = task.files.raw(oldfd)
    if not 0 <= newfd < open_file_limit(task):
        raise EBADF("above the limit on open files")
    task.files.replace(newfd, file.get(), cloexec=cloexec)
    return newfd
