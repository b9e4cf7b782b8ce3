"""The record locks of fcntl(2): F_GETLK, F_SETLK, F_SETLKW, and the F_OFD_ three."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from emu.kernel.errno import EBADF, EINVAL, EOVERFLOW
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import (
    F_OFD_GETLK,
    F_OFD_SETLKW,
    F_RDLCK,
    F_SETLKW,
    F_SETLKW64,
    F_UNLCK,
    F_WRLCK,
)
from emu.kernel.uapi.fs import SEEK_CUR, SEEK_END, SEEK_SET
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE, File
from emu.kernel.vfs.locks import OFD_PID, OFFSET_MAX, FileLock, locks_of


def get_lock(task: Task, file: File, cmd: int, address: int, layout: str) -> int:
    """Tell the first lock that is in the way of one."""
    given = _read(task, address, layout)
    lock = _lock(task, file, cmd, given)
    if lock.kind == F_UNLCK:
        raise EINVAL("nothing is in the way of unlocking")
    found = None if file.inode.locks is None else file.inode.locks.test(lock)
    if found is None:
        given["l_type"] = F_UNLCK
    else:
        length = 0 if found.end == OFFSET_MAX else found.end - found.start + 1
        given.update(
            l_type=found.kind, l_whence=SEEK_SET, l_start=found.start, l_len=length, l_pid=found.pid
        )
    try:
        packed = task.abi.layout(layout).pack(**given)
    except OverflowError:
        raise EOVERFLOW("the lock's place does not fit") from None
    task.mm.write(address, packed)
    return 0


def set_lock(task: Task, file: File, cmd: int, address: int, layout: str) -> int | Awaitable[int]:
    """Set or clear a lock; those with a W at the end wait for it."""
    lock = _lock(task, file, cmd, _read(task, address, layout))
    if lock.kind == F_RDLCK and not file.mode & FMODE_READ:
        raise EBADF("a read lock on a file that is not open for reading")
    if lock.kind == F_WRLCK and not file.mode & FMODE_WRITE:
        raise EBADF("a write lock on a file that is not open for writing")
    locks = locks_of(file.inode)
    if cmd in (F_SETLKW, F_SETLKW64, F_OFD_SETLKW) and lock.kind != F_UNLCK and locks.test(lock):
        return locks.set_later(lock)
    locks.set(lock)
    return 0


def _read(task: Task, address: int, layout: str) -> dict[str, Any]:
    struct = task.abi.layout(layout)
    return struct.unpack(task.mm.read(address, struct.size))


def _lock(task: Task, file: File, cmd: int, given: dict[str, Any]) -> FileLock:
    """The lock that a struct flock asks for: see flock64_to_posix_lock."""
    kind = given["l_type"]
    if kind not in (F_RDLCK, F_WRLCK, F_UNLCK):
        raise EINVAL("no such kind of lock")
    match given["l_whence"]:
        case 0:
            start = 0
        case whence if whence == SEEK_CUR:
            start = file.pos
        case whence if whence == SEEK_END:
            start = file.inode.size
        case _:
            raise EINVAL("no such whence")
    start += given["l_start"]
    length = given["l_len"]
    if start > OFFSET_MAX:
        raise EOVERFLOW("beyond the largest file")
    if start < 0:
        raise EINVAL("before the start of the file")
    end = OFFSET_MAX
    if length > 0:
        end = start + length - 1
        if end > OFFSET_MAX:
            raise EOVERFLOW("beyond the largest file")
    elif length < 0:
        start, end = start + length, start - 1
        if start < 0:
            raise EINVAL("before the start of the file")
    if cmd >= F_OFD_GETLK:
        if given["l_pid"]:
            raise EINVAL("l_pid must be 0")
        return FileLock(file, kind, start, end, OFD_PID)
    return FileLock(task.files, kind, start, end, task.tgid)
