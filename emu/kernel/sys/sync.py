"""Bringing files to their store: sync(2), fsync(2), syncfs(2), sync_file_range(2)."""

from __future__ import annotations

from emu.kernel.args import Fd, Loff, UInt
from emu.kernel.errno import EBADF, EINVAL, ESPIPE
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.stat import S_IFIFO, S_IFMT

SYNC_FILE_RANGE_FLAGS = 0x7


@syscall("sys_sync")
def sync(task: Task) -> int:
    """Store everything: memory is the store, and binds are written at once. See sync(2)."""
    return 0


@syscall("sys_fsync")
def fsync(task: Task, fd: Fd) -> int:
    """Store a file. See fsync(2)."""
    file = task.files[fd]
    file.f_op.fsync(file, False)
    return 0


@syscall("sys_fdatasync")
def fdatasync(task: Task, fd: Fd) -> int:
    """Store the contents of a file. See fdatasync(2)."""
    file = task.files[fd]
    file.f_op.fsync(file, True)
    return 0


@syscall("sys_syncfs")
def syncfs(task: Task, fd: Fd) -> int:
    """Store the file system of an open file. See syncfs(2)."""
    if task.files.raw(fd).is_path:
        raise EBADF
    return 0


@syscall("sys_sync_file_range", "sys_ia32_sync_file_range")
def sync_file_range(task: Task, fd: Fd, offset: Loff, nbytes: Loff, flags: UInt) -> int:
    """Store a range of a file. See sync_file_range(2)."""
    file = task.files[fd]
    if flags & ~SYNC_FILE_RANGE_FLAGS or offset < 0 or nbytes < 0 or offset + nbytes >= 1 << 63:
        raise EINVAL("no such range or flag")
    if file.inode.mode & S_IFMT == S_IFIFO or not (file.inode.is_regular or file.inode.is_dir):
        raise ESPIPE
    file.f_op.fsync(file, True)
    return 0


@syscall("sys_sync_file_range2")
def sync_file_range2(task: Task, fd: Fd, flags: UInt, offset: Loff, nbytes: Loff) -> int:
    """sync_file_range in the order that suits register pairs."""
    return sync_file_range(task, fd, offset, nbytes, flags)
