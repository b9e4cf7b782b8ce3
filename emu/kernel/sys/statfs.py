"""About file systems: statfs(2), fstatfs(2), ustat(2)."""

from __future__ import annotations

from typing import Annotated, Any

from emu.kernel.args import Fd, Path, Size, StructArg, UInt, UserStruct
from emu.kernel.errno import EINVAL, EOVERFLOW
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.kernel.uapi.mount import (
    MS_NOATIME,
    MS_NODEV,
    MS_NODIRATIME,
    MS_NOEXEC,
    MS_NOSUID,
    MS_NOSYMFOLLOW,
    MS_RELATIME,
    MS_SYNCHRONOUS,
    ST_NOATIME,
    ST_NODEV,
    ST_NODIRATIME,
    ST_NOEXEC,
    ST_NOSUID,
    ST_NOSYMFOLLOW,
    ST_RDONLY,
    ST_RELATIME,
    ST_SYNCHRONOUS,
    ST_VALID,
)
from emu.kernel.vfs.dev import new_decode_dev, new_encode_dev
from emu.kernel.vfs.mount import Mount
from emu.kernel.vfs.namei import path_lookup
from emu.kernel.vfs.super_block import Kstatfs

OutStatfs = Annotated[UserStruct, StructArg(layout="statfs", out=True)]
OutStatfs64 = Annotated[UserStruct, StructArg(layout="statfs64", out=True)]
OutUstat = Annotated[UserStruct, StructArg(layout="ustat", out=True)]

MOUNT_FLAGS = (
    (MS_NOSUID, ST_NOSUID),
    (MS_NODEV, ST_NODEV),
    (MS_NOEXEC, ST_NOEXEC),
    (MS_NOATIME, ST_NOATIME),
    (MS_NODIRATIME, ST_NODIRATIME),
    (MS_RELATIME, ST_RELATIME),
    (MS_NOSYMFOLLOW, ST_NOSYMFOLLOW),
)
PADDED_STATFS64_SIZE = 88
"""What old ARM programs believe sizeof(struct statfs64) to be."""


@syscall("sys_statfs")
def statfs(task: Task, path: Path, buf: OutStatfs) -> int:
    """Describe the file system of a path. See statfs(2)."""
    return _fill(buf, path_lookup(task, AT_FDCWD, path).mount)


@syscall("sys_fstatfs")
def fstatfs(task: Task, fd: Fd, buf: OutStatfs) -> int:
    """Describe the file system of an open file. See fstatfs(2)."""
    return _fill(buf, task.files.raw(fd).path.mount)


@syscall("sys_statfs64", "sys_statfs64_wrapper")
def statfs64(task: Task, path: Path, sz: Size, buf: OutStatfs64) -> int:
    """statfs with 64-bit numbers; *sz* must be the struct's size."""
    _check_size(task, sz, buf)
    return _fill(buf, path_lookup(task, AT_FDCWD, path).mount)


@syscall("sys_fstatfs64", "sys_fstatfs64_wrapper")
def fstatfs64(task: Task, fd: Fd, sz: Size, buf: OutStatfs64) -> int:
    """fstatfs with 64-bit numbers."""
    _check_size(task, sz, buf)
    return _fill(buf, task.files.raw(fd).path.mount)


@syscall("sys_ustat")
def ustat(task: Task, dev: UInt, ubuf: OutUstat) -> int:
    """Free blocks and inodes of a mounted device. See ustat(2)."""
    wanted = new_decode_dev(dev)
    for mount in task.fs.mnt_ns.root.tree():
        if mount.sb.dev == wanted and new_encode_dev(mount.sb.dev) == dev:
            found = mount.sb.statfs()
            ubuf.write(f_tfree=found.bfree & 0x7FFFFFFF, f_tinode=found.ffree & 0xFFFFFFFF)
            return 0
    raise EINVAL("no such device is mounted")


def _check_size(task: Task, size: int, buf: UserStruct) -> None:
    padded = task.abi.isa.name == "arm" and size == PADDED_STATFS64_SIZE
    if size != buf.layout.size and not padded:
        raise EINVAL("not the size of struct statfs64")


def _fill(buf: UserStruct, mount: Mount) -> int:
    found: Kstatfs = mount.sb.statfs()
    flags = ST_VALID | (ST_RDONLY if mount.read_only else 0)
    if mount.sb.flags & MS_SYNCHRONOUS:
        flags |= ST_SYNCHRONOUS
    for mount_flag, flag in MOUNT_FLAGS:
        if mount.flags & mount_flag:
            flags |= flag
    dev = new_encode_dev(mount.sb.dev)
    values: dict[str, Any] = {
        "f_type": _as_field(buf, "f_type", found.type),
        "f_bsize": found.bsize,
        "f_blocks": found.blocks,
        "f_bfree": found.bfree,
        "f_bavail": found.bavail,
        "f_files": found.files,
        "f_ffree": found.ffree,
        "f_fsid": {"val": [dev & 0x7FFFFFFF, 0]},
        "f_namelen": found.namelen,
        "f_frsize": found.bsize,
        "f_flags": flags,
    }
    try:
        buf.write(**values)
    except OverflowError as error:
        raise EOVERFLOW(str(error)) from None
    return 0


def _as_field(buf: UserStruct, name: str, value: int) -> int:
    """A magic number as a field that may be a signed 32-bit one holds it."""
    field = buf.layout.fields[name]
    if field.type == "i32" and value >> 31:
        return value - (1 << 32)
    return value
