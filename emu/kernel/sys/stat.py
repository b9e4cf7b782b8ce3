"""The stat family: every variant fills its own ABI's struct. See stat(2) and statx(2)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated

from emu.kernel.args import Fd, OptionalPath, Path, StructArg, UInt, UserStruct
from emu.kernel.errno import EFAULT, EINVAL
from emu.kernel.sys.file_kinds import (
    AtFlags,
    OutStat,
    StatBuffer,
)
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import (
    AT_EMPTY_PATH,
    AT_FDCWD,
    AT_NO_AUTOMOUNT,
    AT_STATX_SYNC_TYPE,
    AT_SYMLINK_NOFOLLOW,
)
from emu.kernel.uapi.stat import (
    STATX__RESERVED,
    STATX_ATTR_MOUNT_ROOT,
    STATX_BASIC_STATS,
    STATX_BTIME,
    STATX_MNT_ID,
)
from emu.kernel.vfs.dev import MAJOR, MINOR
from emu.kernel.vfs.namei import LOOKUP_EMPTY, LOOKUP_FOLLOW, path_lookup
from emu.kernel.vfs.path import VfsPath

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.arch.layout import Layout

OutStatx = Annotated[UserStruct, StructArg(layout="statx", out=True)]

NSEC = 1_000_000_000


# The same calls with other structs: 64-bit sizes, and the 16-bit numbers of the oldest i386 ones.
STAT64 = {"stat": "stat64"}
OLD_STAT = {"stat": "__old_kernel_stat"}


@syscall("sys_newstat", ("sys_stat64", STAT64), ("sys_stat", OLD_STAT))
def newstat(task: Task, filename: Path, statbuf: OutStat) -> int:
    """Describe a file by name. See stat(2)."""
    return _by_name(task, AT_FDCWD, filename, statbuf, 0)


@syscall("sys_newlstat", ("sys_lstat64", STAT64), ("sys_lstat", OLD_STAT))
def newlstat(task: Task, filename: Path, statbuf: OutStat) -> int:
    """Describe a file by name, or a symbolic link itself. See lstat(2)."""
    return _by_name(task, AT_FDCWD, filename, statbuf, AT_SYMLINK_NOFOLLOW)


@syscall("sys_newfstat", ("sys_fstat64", STAT64), ("sys_fstat", OLD_STAT))
def newfstat(task: Task, fd: Fd, statbuf: OutStat) -> int:
    """Describe an open file. See fstat(2)."""
    statbuf.write(task.files.raw(fd).inode)
    return 0


@syscall("sys_newfstatat", ("sys_fstatat64", STAT64))
def newfstatat(task: Task, dfd: Fd, filename: OptionalPath, statbuf: OutStat, flag: AtFlags) -> int:
    """Describe a file by name, seen from a directory. See fstatat(2)."""
    return _by_name(task, dfd, filename, statbuf, flag)


@syscall("sys_statx")
def statx(
    task: Task, dfd: Fd, filename: OptionalPath, flags: AtFlags, mask: UInt, buffer: OutStatx
) -> int:
    """Describe a file in the struct that is the same everywhere. See statx(2)."""
    if mask & STATX__RESERVED or flags & AT_STATX_SYNC_TYPE == AT_STATX_SYNC_TYPE:
        raise EINVAL("a reserved bit")
    path = lookup_for_stat(task, dfd, filename, flags & ~AT_STATX_SYNC_TYPE)
    inode = path.inode
    inode.refresh()
    sb, rdev = inode.sb, inode.rdev
    is_root = path.dentry is path.mount.root
    packed = statx_packer(buffer.layout)(
        STATX_BASIC_STATS | STATX_MNT_ID | (mask & STATX_BTIME if inode.btime_ns else 0),
        inode.blksize,
        STATX_ATTR_MOUNT_ROOT if is_root else 0,
        inode.nlink & 0xFFFFFFFF,
        inode.uid,
        inode.gid,
        inode.mode,
        inode.ino,
        inode.size,
        inode.blocks,
        STATX_ATTR_MOUNT_ROOT,
        *divmod(inode.atime_ns, NSEC),
        *divmod(inode.btime_ns if mask & STATX_BTIME else 0, NSEC),
        *divmod(inode.ctime_ns, NSEC),
        *divmod(inode.mtime_ns, NSEC),
        MAJOR(rdev),
        MINOR(rdev),
        MAJOR(sb.dev),
        MINOR(sb.dev),
        path.mount.mnt_id,
    )
    buffer.write_bytes(packed)
    return 0


@cache
def statx_packer(layout: Layout) -> Callable[..., bytes]:
    """``pack(values...)`` in the order of the struct; what is not told is 0."""
    times = [f"stx_{which}time.tv_{part}" for which in "abcm" for part in ("sec", "nsec")]
    return layout.packer(
        "stx_mask", "stx_blksize", "stx_attributes", "stx_nlink", "stx_uid", "stx_gid", "stx_mode",
        "stx_ino", "stx_size", "stx_blocks", "stx_attributes_mask", *times, "stx_rdev_major",
        "stx_rdev_minor", "stx_dev_major", "stx_dev_minor", "stx_mnt_id",
    )  # fmt: skip


def lookup_for_stat(task: Task, dfd: int, name: bytes | None, flags: int) -> VfsPath:
    """The place that a fstatat-like call means. EINVAL for flags it does not take."""
    if flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH):
        raise EINVAL("unknown flag")
    lookup = 0 if flags & AT_SYMLINK_NOFOLLOW else LOOKUP_FOLLOW
    if flags & AT_EMPTY_PATH:
        # Since Linux 6.11 a null pointer is the empty name.
        return path_lookup(task, dfd, name or b"", lookup | LOOKUP_EMPTY)
    if name is None:
        raise EFAULT("null file name")
    return path_lookup(task, dfd, name, lookup)


def _by_name(task: Task, dfd: int, name: bytes | None, statbuf: StatBuffer, flags: int) -> int:
    path = lookup_for_stat(task, dfd, name, flags)
    statbuf.write(path.dentry.inode or path.inode)
    return 0
