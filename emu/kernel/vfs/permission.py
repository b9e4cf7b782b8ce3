"""Who may do what with a file: mode bits, owners and capabilities. See fs/namei.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EACCES, EISDIR, ENOTDIR, EPERM
from emu.kernel.uapi.capability import (
    CAP_DAC_OVERRIDE,
    CAP_DAC_READ_SEARCH,
    CAP_FOWNER,
    CAP_FSETID,
)
from emu.kernel.uapi.stat import (
    S_IFDIR,
    S_IFMT,
    S_IRWXG,
    S_ISGID,
    S_ISUID,
    S_ISVTX,
    S_IXGRP,
    S_IXUGO,
)

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.task import Task
    from emu.kernel.vfs.inode import Inode

MAY_EXEC = 1
MAY_WRITE = 2
MAY_READ = 4

_DAC_OVERRIDE = 1 << CAP_DAC_OVERRIDE
_DAC_READ_SEARCH = 1 << CAP_DAC_READ_SEARCH


def inode_permission(cred: Credentials, inode: Inode, mask: int) -> None:
    """EACCES unless all of `mask` (MAY_READ ...) is allowed."""
    mode = inode.mode
    if cred.fsuid == inode.uid:
        granted = mode >> 6
    elif inode.acl is not None and mode & S_IRWXG:
        from emu.kernel.vfs.posix_acl import acl_permits

        granted = mask if acl_permits(inode.acl, cred, inode, mask) else 0
    elif mode & 0o077 and cred.in_group(inode.gid):
        granted = mode >> 3
    else:
        granted = mode
    if mask & ~granted & 7 == 0:
        return
    capabilities = cred.cap_effective
    if mode & S_IFMT == S_IFDIR:
        if not mask & MAY_WRITE and capabilities & _DAC_READ_SEARCH:
            return
        if capabilities & _DAC_OVERRIDE:
            return
    else:
        if mask == MAY_READ and capabilities & _DAC_READ_SEARCH:
            return
        if capabilities & _DAC_OVERRIDE and (not mask & MAY_EXEC or mode & S_IXUGO):
            return
    raise EACCES(f"mode {mode & 0o7777:o} of {inode.uid}:{inode.gid} forbids it")


def owner_or_capable(cred: Credentials, inode: Inode) -> bool:
    """Whether a task may do what only the owner may."""
    return cred.fsuid == inode.uid or cred.capable(CAP_FOWNER)


def may_delete(cred: Credentials, directory: Inode, victim: Inode, is_dir: bool) -> None:
    """Whether a name may be taken from a directory: EACCES, EPERM, ENOTDIR, EISDIR."""
    inode_permission(cred, directory, MAY_WRITE | MAY_EXEC)
    if (
        directory.mode & S_ISVTX
        and cred.fsuid not in (victim.uid, directory.uid)
        and not cred.capable(CAP_FOWNER)
    ):
        raise EPERM("the directory is sticky and the file is another's")
    if is_dir and not victim.is_dir:
        raise ENOTDIR
    if victim.is_dir and not is_dir:
        raise EISDIR


def new_mode(task: Task, directory: Inode, mode: int) -> int:
    """A new file's mode less the umask, which a directory's default list replaces."""
    return mode if directory.default_acl is not None else mode & ~task.fs.umask


def without_foreign_setgid(cred: Credentials, inode: Inode, mode: int) -> int:
    """A mode to be set, without S_ISGID if the group is not the caller's."""
    if mode & S_ISGID and not (cred.in_group(inode.gid) or cred.capable(CAP_FSETID)):
        return mode & ~S_ISGID
    return mode


def without_privileges(mode: int) -> int:
    """A program's mode after somebody changed its contents or owner: see should_remove_suid."""
    mode &= ~S_ISUID
    if mode & S_IXGRP:
        mode &= ~S_ISGID
    return mode
