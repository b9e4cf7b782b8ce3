"""Opening files. See do_sys_openat2 and path_openat."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EACCES,
    EAGAIN,
    EEXIST,
    EINVAL,
    EISDIR,
    ELOOP,
    ENOENT,
    ENOTDIR,
    EOVERFLOW,
    EPERM,
    ETXTBSY,
)
from emu.kernel.uapi.fcntl import (
    FASYNC,
    O_ACCMODE,
    O_CLOEXEC,
    O_CREAT,
    O_DIRECTORY,
    O_EXCL,
    O_LARGEFILE,
    O_NOATIME,
    O_NOCTTY,
    O_NOFOLLOW,
    O_NONBLOCK,
    O_PATH,
    O_TMPFILE,
    O_TMPFILE_ALONE,
    O_TRUNC,
    RESOLVE_CACHED,
    RESOLVE_NO_SYMLINKS,
    VALID_OPEN_FLAGS,
)
from emu.kernel.uapi.fs import MAX_NON_LFS
from emu.kernel.uapi.mount import MS_NODEV
from emu.kernel.uapi.stat import S_IALLUGO, S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG
from emu.kernel.vfs.attr import truncate_opened
from emu.kernel.vfs.dentry import Dentry
from emu.kernel.vfs.file import FMODE_WRITE, File
from emu.kernel.vfs.namei import (
    LOOKUP_DIRECTORY,
    LOOKUP_FOLLOW,
    Last,
    Walk,
    path_lookup,
)
from emu.kernel.vfs.path import VfsPath
from emu.kernel.vfs.permission import (
    MAY_EXEC,
    MAY_READ,
    MAY_WRITE,
    inode_permission,
    new_mode,
    owner_or_capable,
)
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.task import Task

KEPT_FLAGS = ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC | FASYNC)
"""What F_GETFL tells of the flags that open was given."""

PATH_FLAGS = O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC


@record
class OpenHow:
    """What to open and how, checked. `access` is a mask of MAY_READ and MAY_WRITE."""

    flags: int
    mode: int
    access: int
    resolve: int


def build_open_how(flags: int, mode: int, resolve: int = 0, *, strict: bool = False) -> OpenHow:
    """Check open flags as build_open_flags does: EINVAL. `strict` is openat2's way."""
    if strict and flags & ~VALID_OPEN_FLAGS:
        raise EINVAL("unknown open flag")
    flags &= VALID_OPEN_FLAGS
    if flags & (O_CREAT | O_TMPFILE_ALONE):
        if strict and mode & ~S_IALLUGO:
            raise EINVAL("not a file mode")
        mode &= S_IALLUGO
    elif strict and mode:
        raise EINVAL("a mode where nothing is made")
    if flags & (O_DIRECTORY | O_CREAT) == O_DIRECTORY | O_CREAT:
        raise EINVAL("O_CREAT makes no directory")
    access = (MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE)[flags & O_ACCMODE]
    if flags & O_TMPFILE_ALONE and (not flags & O_DIRECTORY or not access & MAY_WRITE):
        raise EINVAL("O_TMPFILE needs a directory and writing")
    if flags & O_PATH:
        if strict and flags & ~PATH_FLAGS:
            raise EINVAL("a flag that O_PATH does not take")
        return OpenHow(flags & PATH_FLAGS, 0, 0, resolve)
    if flags & O_TRUNC:
        access |= MAY_WRITE
    if resolve & RESOLVE_CACHED and flags & (O_TRUNC | O_CREAT | O_TMPFILE_ALONE):
        raise EAGAIN("RESOLVE_CACHED changes nothing")
    return OpenHow(flags, mode, access, resolve)


def do_open(task: Task, dfd: int, name: bytes, flags: int, mode: int = 0) -> File | Awaitable[File]:
    """Open by the kernel's own flags; a named pipe may have to be awaited."""
    return open_how(task, dfd, name, build_open_how(flags, mode))


def open_how(task: Task, dfd: int, name: bytes, how: OpenHow) -> File | Awaitable[File]:
    """Open by name. All errors of open(2); the file belongs to the caller."""
    flags = how.flags
    if flags & O_TMPFILE_ALONE:
        return _open_tmpfile(task, dfd, name, how)
    if flags & O_CREAT:
        return _open_or_create(task, dfd, name, how)
    lookup = LOOKUP_DIRECTORY if flags & O_DIRECTORY else 0
    if not flags & O_NOFOLLOW:
        lookup |= LOOKUP_FOLLOW
    path = path_lookup(task, dfd, name, lookup, how.resolve)
    return open_path(task, path, how)


def open_path(
    task: Task, path: VfsPath, how: OpenHow, *, created: bool = False, quiet: bool = False
) -> File | Awaitable[File]:
    """Open what a walk has found; `quiet` tells nobody of it."""
    flags = how.flags
    inode = path.inode
    inode.refresh()
    if flags & O_PATH:
        return File(path, flags & ~O_CLOEXEC, task.cred)
    if not created:
        may_open(task, path, how)
    kind = inode.mode & S_IFMT
    if kind == S_IFREG:
        if inode.size > MAX_NON_LFS and not flags & O_LARGEFILE:
            raise EOVERFLOW("the file is too large for a call without O_LARGEFILE")
        if how.access & MAY_WRITE:
            path.mount.want_write()
            if inode.write_count < 0:
                raise ETXTBSY("the program is being run")
        leases = None if inode.locks is None else inode.locks.leases
        if leases is not None:
            nonblock = bool(flags & O_NONBLOCK)
            breaking = leases.begin_break(bool(how.access & MAY_WRITE), nonblock)
            if breaking is not None:
                return _open_after(breaking, task, path, how)
    # A terminal's open looks at O_NOCTTY too.
    file = File(path, flags & (KEPT_FLAGS | O_NOCTTY), task.cred)
    if kind == S_IFREG and file.mode & FMODE_WRITE:
        file.begin_writing()
    try:
        opening = file.f_op.open(inode, file)
        if opening is not None:
            return _opened(file, opening)
        file.flags &= KEPT_FLAGS
        if flags & O_TRUNC and kind == S_IFREG and not created:
            truncate_opened(task, file)
    except BaseException:
        _abandon(file)
        raise
    if not quiet:
        _tell(file)
    return file


def may_open(task: Task, path: VfsPath, how: OpenHow) -> None:
    """Whether a file that exists may be opened so: see may_open."""
    inode, flags, access = path.inode, how.flags, how.access
    kind = inode.mode & S_IFMT
    if kind == S_IFLNK:
        raise ELOOP("the last component is a symbolic link")
    if kind == S_IFDIR:
        if access & MAY_WRITE:
            raise EISDIR
    elif flags & O_DIRECTORY:
        raise ENOTDIR
    elif kind in (S_IFCHR, S_IFBLK) and path.mount.flags & MS_NODEV:
        raise EACCES("devices cannot be used on this mount")
    inode_permission(task.cred, inode, access)
    if flags & O_NOATIME and not owner_or_capable(task.cred, inode):
        raise EPERM("O_NOATIME is for the owner")


async def _open_after(breaking: Awaitable[None], task: Task, path: VfsPath, how: OpenHow) -> File:
    """Open what was leased, when that is over."""
    await breaking
    opening = open_path(task, path, how)
    return opening if isinstance(opening, File) else await opening


async def _opened(file: File, opening: Awaitable[None]) -> File:
    try:
        await opening
    except BaseException:
        _abandon(file)
        raise
    file.flags &= KEPT_FLAGS
    _tell(file)
    return file


def _tell(file: File) -> None:
    notify = file.inode.sb.vfs.notify
    if notify is not None:
        notify.opened(file)


def _abandon(file: File) -> None:
    """Undo a half-made open file: its operations never came to hold it."""
    file.path.mount.open_files -= 1
    file.inode.open_count -= 1
    if file.mode & FMODE_WRITE and file.inode.is_regular:
        file.inode.write_count -= 1
        file.path.mount.writers -= 1


def _open_tmpfile(task: Task, dfd: int, name: bytes, how: OpenHow) -> File | Awaitable[File]:
    path = path_lookup(task, dfd, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, how.resolve)
    path.mount.want_write()
    directory = path.inode
    inode_permission(task.cred, directory, MAY_WRITE | MAY_EXEC)
    inode = directory.tmpfile(new_mode(task, directory, how.mode) | S_IFREG, task.cred)
    inode.linkable = not how.flags & O_EXCL
    dentry = Dentry(path.dentry, b"#%d" % inode.ino, inode, inode.sb)
    dentry.dead = True
    opened = OpenHow(how.flags & ~O_TMPFILE, 0, how.access, how.resolve)
    return open_path(task, VfsPath(path.mount, dentry), opened, created=True)


def _open_or_create(task: Task, dfd: int, name: bytes, how: OpenHow) -> File | Awaitable[File]:
    walk = Walk(task, dfd, name, how.resolve)
    last: Last | VfsPath = walk.to_parent()
    while True:
        if isinstance(last, VfsPath):
            return _open_existing(task, last, how)
        if last.is_special:
            if how.flags & O_EXCL:
                raise EEXIST
            raise EISDIR
        if last.slash:
            raise EISDIR("a name with a slash at its end is a directory's")
        path = walk.step(last.parent, last.name)
        inode = path.dentry.inode
        if inode is None:
            return _create(task, last.parent, path.dentry, how)
        if how.flags & O_EXCL:
            raise EEXIST
        if not inode.is_symlink:
            return _open_existing(task, path, how)
        if how.flags & O_NOFOLLOW or how.resolve & RESOLVE_NO_SYMLINKS:
            raise ELOOP("the last component is a symbolic link")
        last = walk.follow_last(last.parent, path)


def _open_existing(task: Task, path: VfsPath, how: OpenHow) -> File | Awaitable[File]:
    inode = path.inode
    if inode.is_dir:
        raise EISDIR
    return open_path(task, path, how)


def _create(task: Task, parent: VfsPath, dentry: Dentry, how: OpenHow) -> File | Awaitable[File]:
    directory = parent.inode
    if parent.dentry.dead:
        raise ENOENT("the directory was removed")
    parent.mount.want_write()
    inode_permission(task.cred, directory, MAY_WRITE | MAY_EXEC)
    mode = new_mode(task, directory, how.mode) | S_IFREG
    dentry.instantiate(directory.create(dentry.name, mode, task.cred))
    notify = directory.sb.vfs.notify
    if notify is not None:
        notify.created(directory, dentry)
    return open_path(task, VfsPath(parent.mount, dentry), how, created=True)
