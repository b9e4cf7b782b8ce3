"""Sizes and space of files: truncate(2), ftruncate(2), fallocate(2), fadvise64(2), readahead(2)."""

from __future__ import annotations

from collections.abc import Awaitable

from emu.kernel.args import Fd, Int, Loff, Long, Path, Size
from emu.kernel.errno import EBADF, EFBIG, EINVAL, EISDIR, ENODEV, EOPNOTSUPP, ESPIPE
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import AT_FDCWD, O_LARGEFILE, POSIX_FADV_NOREUSE
from emu.kernel.uapi.fs import MAX_LFS_FILESIZE, MAX_NON_LFS
from emu.kernel.uapi.stat import (
    FALLOC_FL_COLLAPSE_RANGE,
    FALLOC_FL_INSERT_RANGE,
    FALLOC_FL_KEEP_SIZE,
    FALLOC_FL_PUNCH_HOLE,
    FALLOC_FL_UNSHARE_RANGE,
    FALLOC_FL_ZERO_RANGE,
    S_IFIFO,
    S_IFMT,
)
from emu.kernel.vfs import attr
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE
from emu.kernel.vfs.namei import path_lookup
from emu.kernel.vfs.path import VfsPath

FALLOCATE_MODES = (
    0,
    FALLOC_FL_KEEP_SIZE,
    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
    FALLOC_FL_COLLAPSE_RANGE,
    FALLOC_FL_ZERO_RANGE,
    FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
    FALLOC_FL_INSERT_RANGE,
    FALLOC_FL_UNSHARE_RANGE,
    FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE,
)
"""What a file system may be asked for; see vfs_fallocate."""


@syscall("sys_truncate")
def truncate(task: Task, path: Path, length: Long) -> int | Awaitable[int]:
    """Cut or extend a file by name. See truncate(2)."""
    return truncate64(task, path, length)


@syscall("sys_truncate64", "sys_ia32_truncate64")
def truncate64(task: Task, path: Path, length: Loff) -> int | Awaitable[int]:
    """truncate with a 64-bit length."""
    if length < 0:
        raise EINVAL("negative length")
    place = path_lookup(task, AT_FDCWD, path)
    attr.check_truncate(task, place)
    locks = place.inode.locks
    if locks is not None and locks.leases is not None:
        breaking = locks.leases.begin_break(write=True, nonblock=False)
        if breaking is not None:
            return _truncate_after(breaking, task, place, length)
    attr.do_truncate(task, place, length, by_name=True)
    return 0


async def _truncate_after(breaking: Awaitable[None], task: Task, path: VfsPath, length: int) -> int:
    """Truncate what was leased, when that is over."""
    await breaking
    attr.do_truncate(task, path, length, by_name=True)
    return 0


@syscall("sys_ftruncate")
def ftruncate(task: Task, fd: Fd, length: Long) -> int:
    """Cut or extend an open file. See ftruncate(2)."""
    if length > MAX_NON_LFS and not task.files[fd].flags & O_LARGEFILE:
        raise EINVAL("too long for a file without O_LARGEFILE")
    return ftruncate64(task, fd, length)


@syscall("sys_ftruncate64", "sys_ia32_ftruncate64")
def ftruncate64(task: Task, fd: Fd, length: Loff) -> int:
    """ftruncate with a 64-bit length."""
    if length < 0:
        raise EINVAL("negative length")
    file = task.files[fd]
    if not file.inode.is_regular or not file.mode & FMODE_WRITE:
        raise EINVAL("not a regular file open for writing")
    attr.do_truncate(task, file.path, length)
    return 0


@syscall("sys_fallocate", "sys_ia32_fallocate")
def fallocate(task: Task, fd: Fd, mode: Int, offset: Loff, len: Loff) -> int:
    """Reserve, punch or zero a range. See fallocate(2)."""
    file = task.files[fd]
    if offset < 0 or len <= 0:
        raise EINVAL("no such range")
    if mode not in FALLOCATE_MODES:
        raise EOPNOTSUPP("no such mode")
    if not file.mode & FMODE_WRITE:
        raise EBADF("not open for writing")
    if file.inode.mode & S_IFMT == S_IFIFO:
        raise ESPIPE
    if file.inode.is_dir:
        raise EISDIR
    if not file.inode.is_regular:
        raise ENODEV
    if offset + len > MAX_LFS_FILESIZE:
        raise EFBIG
    if not mode & FALLOC_FL_KEEP_SIZE:
        attr.check_file_size(task, file.inode.size, offset + len)
    file.f_op.fallocate(file, mode, offset, len)
    notify = file.inode.sb.vfs.notify
    if notify is not None:
        notify.modified(file)
    return 0


@syscall("sys_fadvise64", "sys_ia32_fadvise64")
def fadvise64(task: Task, fd: Fd, offset: Loff, len: Size, advice: Int) -> int:
    """Take advice on how a file will be used; there is nothing to do. See posix_fadvise(2)."""
    # ksys_fadvise64_64 takes the size as a loff_t, which makes a 64-bit one negative.
    return _advise(task, fd, len - (len >> 63 << 64), advice)


@syscall("sys_fadvise64_64", "sys_ia32_fadvise64_64")
def fadvise64_64(task: Task, fd: Fd, offset: Loff, len: Loff, advice: Int) -> int:
    """fadvise64 with a 64-bit length."""
    return _advise(task, fd, len, advice)


@syscall("sys_arm_fadvise64_64")
def arm_fadvise64_64(task: Task, fd: Fd, advice: Int, offset: Loff, len: Loff) -> int:
    """fadvise64_64 in the order that suits ARM's register pairs."""
    return _advise(task, fd, len, advice)


@syscall("sys_readahead", "sys_ia32_readahead")
def readahead(task: Task, fd: Fd, offset: Loff, count: Size) -> int:
    """Read ahead into the page cache; there is nothing to do. See readahead(2)."""
    file = task.files[fd]
    if not file.mode & FMODE_READ:
        raise EBADF("not open for reading")
    if not file.inode.is_regular:
        raise EINVAL("only regular files are cached")
    return 0


def _advise(task: Task, fd: int, length: int, advice: int) -> int:
    file = task.files[fd]
    if file.inode.mode & S_IFMT == S_IFIFO:
        raise ESPIPE
    if length < 0 or not 0 <= advice <= POSIX_FADV_NOREUSE:
        raise EINVAL("no such advice")
    return 0
