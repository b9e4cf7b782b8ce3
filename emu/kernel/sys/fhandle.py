"""File handles: name_to_handle_at(2), open_by_handle_at(2)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

from emu.kernel.args import Fd, OptionalPath, Pointer, StructArg, UserStruct
from emu.kernel.errno import EFAULT, EINVAL, EOVERFLOW, EPERM
from emu.kernel.sys.file_kinds import AtFlags, OpenFlags
from emu.kernel.sys.open import OFF_T_32, install_opened
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_DAC_READ_SEARCH
from emu.kernel.uapi.fcntl import (
    AT_EMPTY_PATH,
    AT_FDCWD,
    AT_HANDLE_MNT_ID_UNIQUE,
    AT_REMOVEDIR,
    AT_SYMLINK_FOLLOW,
    O_CLOEXEC,
    O_LARGEFILE,
)
from emu.kernel.vfs.export import FILEID_INO64_GEN, HANDLE_BYTES, exports_of
from emu.kernel.vfs.namei import LOOKUP_EMPTY, LOOKUP_FOLLOW, path_lookup
from emu.kernel.vfs.open import build_open_how, open_path
from emu.kernel.vfs.path import VfsPath

FileHandle = Annotated[UserStruct, StructArg(layout="file_handle")]

MAX_HANDLE_SZ = 128
AT_HANDLE_FID = AT_REMOVEDIR
"""They share a number: a handle that need not be one that can be opened."""


@syscall("sys_name_to_handle_at", missing="file systems but tmpfs and what is made of it")
def name_to_handle_at(
    task: Task, dfd: Fd, name: OptionalPath, handle: FileHandle, mnt_id: Pointer, flag: AtFlags
) -> int:
    """Tell the handle of a file and the id of its mount. See name_to_handle_at(2)."""
    known = AT_SYMLINK_FOLLOW | AT_EMPTY_PATH | AT_HANDLE_FID | AT_HANDLE_MNT_ID_UNIQUE
    if flag & ~known:
        raise EINVAL("unknown flag")
    if name is None and not flag & AT_EMPTY_PATH:
        raise EFAULT("null file name")
    lookup = LOOKUP_FOLLOW if flag & AT_SYMLINK_FOLLOW else 0
    lookup |= LOOKUP_EMPTY if flag & AT_EMPTY_PATH else 0
    path = path_lookup(task, dfd, name or b"", lookup)
    exports = exports_of(path.mount.sb)
    room = handle.read()["handle_bytes"]
    if room > MAX_HANDLE_SZ:
        raise EINVAL("more than any handle has")
    if flag & AT_HANDLE_MNT_ID_UNIQUE:
        task.mm.write_u64(mnt_id, path.mount.unique_id)
    else:
        task.mm.write_u32(mnt_id, path.mount.mnt_id)
    handle.write(handle_bytes=HANDLE_BYTES, handle_type=FILEID_INO64_GEN)
    if room < HANDLE_BYTES:
        raise EOVERFLOW("no room for the handle")
    task.mm.write(
        handle.address + handle.layout.size, exports.encode(path.dentry, task.abi.byte_order)
    )
    return 0


@syscall("sys_open_by_handle_at")
def open_by_handle_at(
    task: Task, mountdirfd: Fd, handle: FileHandle, flags: OpenFlags
) -> int | Awaitable[int]:
    """Open what a handle is of, wherever it is now. See open_by_handle_at(2)."""
    at = task.fs.cwd if mountdirfd == AT_FDCWD else task.files.raw(mountdirfd).path
    if not task.cred.capable(CAP_DAC_READ_SEARCH):
        raise EPERM("handles go round the permissions of directories")
    size = handle.read()["handle_bytes"]
    if not 0 < size <= MAX_HANDLE_SZ:
        raise EINVAL("no such handle")
    raw = task.mm.read(handle.address + handle.layout.size, size)
    dentry = exports_of(at.mount.sb).decode(raw, task.abi.byte_order)
    if task.abi.name not in OFF_T_32:
        flags |= O_LARGEFILE
    opening = open_path(task, VfsPath(at.mount, dentry), build_open_how(flags, 0))
    return install_opened(task, opening, bool(flags & O_CLOEXEC))
