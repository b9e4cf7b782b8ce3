"""Changing attributes: modes, owners, times and sizes. See notify_change and fs/open.c."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from emu.kernel.cred import UNCHANGED
from emu.kernel.errno import EFBIG, EINVAL, EISDIR, ENODATA, EPERM, ETXTBSY
from emu.kernel.uapi.capability import CAP_CHOWN, CAP_FSETID, XATTR_NAME_CAPS
from emu.kernel.uapi.fs import MAX_LFS_FILESIZE
from emu.kernel.uapi.resource import RLIM_INFINITY
from emu.kernel.uapi.signal import SIGXFSZ
from emu.kernel.uapi.stat import S_IALLUGO, S_IFMT, S_ISGID, S_ISUID
from emu.kernel.vfs.permission import (
    MAY_WRITE,
    inode_permission,
    owner_or_capable,
    without_foreign_setgid,
    without_privileges,
)

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.path import VfsPath


def chmod(task: Task, path: VfsPath, mode: int) -> None:
    """Set the permission bits. EROFS, EPERM; EOPNOTSUPP is the caller's for links."""
    path.mount.want_write()
    inode = path.inode
    if not owner_or_capable(task.cred, inode):
        raise EPERM("only the owner changes the mode")
    inode.setattr(mode=without_foreign_setgid(task.cred, inode, mode & S_IALLUGO))
    attributes_changed(path)


def chown(task: Task, path: VfsPath, uid: int, gid: int) -> None:
    """Set owner and group; UNCHANGED leaves one as it is. EROFS, EPERM."""
    path.mount.want_write()
    inode, cred = path.inode, task.cred
    new_uid = None if uid == UNCHANGED else uid
    new_gid = None if gid == UNCHANGED else gid
    if not cred.capable(CAP_CHOWN):
        if new_uid is not None and (cred.fsuid != inode.uid or new_uid != inode.uid):
            raise EPERM("files are not given away")
        if new_gid is not None and (
            cred.fsuid != inode.uid or not (cred.in_group(new_gid) or new_gid == inode.gid)
        ):
            raise EPERM("not the owner, or not a group of his")
    mode = None
    if not inode.is_dir:
        take_file_capabilities(inode)
        mode = without_privileges(inode.mode)
        if mode == inode.mode:
            mode = None
    inode.setattr(uid=new_uid, gid=new_gid, mode=mode)
    attributes_changed(path)


def set_times(task: Task, path: VfsPath, atime_ns: int | None, mtime_ns: int | None) -> None:
    """Set access and modification time; None leaves one as it is. EROFS, EPERM."""
    path.mount.want_write()
    inode = path.inode
    if not owner_or_capable(task.cred, inode):
        raise EPERM("only the owner sets the times")
    inode.setattr(atime_ns=atime_ns, mtime_ns=mtime_ns)
    notify = inode.sb.vfs.notify
    if notify is not None:
        notify.times_changed(path, atime_ns is not None, mtime_ns is not None)


def touch(task: Task, path: VfsPath) -> None:
    """Set both times to now, which writers may do too. EROFS, EACCES."""
    path.mount.want_write()
    inode = path.inode
    if not owner_or_capable(task.cred, inode):
        inode_permission(task.cred, inode, MAY_WRITE)
    now = inode.sb.now()
    inode.setattr(atime_ns=now, mtime_ns=now)
    attributes_changed(path)


def check_truncate(task: Task, path: VfsPath) -> None:
    """Whether a file may be cut or extended by its name: see vfs_truncate."""
    inode = path.inode
    if inode.is_dir:
        raise EISDIR
    if not inode.is_regular:
        raise EINVAL("only regular files have a size")
    path.mount.want_write()
    inode_permission(task.cred, inode, MAY_WRITE)
    if inode.write_count < 0:
        raise ETXTBSY("the program is being run")


def truncate_opened(task: Task, file: File) -> None:
    """What O_TRUNC does."""
    do_truncate(task, file.path, 0)


def do_truncate(task: Task, path: VfsPath, size: int, *, by_name: bool = False) -> None:
    """Cut or extend the contents. EFBIG beyond RLIMIT_FSIZE.

    The times change with it; when a file is truncated by its name, as its file system sees fit.
    """
    inode = path.inode
    if size > MAX_LFS_FILESIZE:
        raise EFBIG
    if size > inode.size:
        check_file_size(task, inode.size, size)
    touched = not by_name or inode.is_touched_by_truncation(size)
    inode.truncate(size)
    if touched:
        inode.touch_mtime()
    remove_privileges(task, inode)
    notify = inode.sb.vfs.notify
    if notify is not None:
        notify.truncated(path)


def attributes_changed(path: VfsPath) -> None:
    """Tell who listens that mode, owner, times or attributes are others."""
    notify = path.mount.vfs.notify
    if notify is not None:
        notify.attributes_changed(path)


def remove_privileges(task: Task, inode: Inode) -> None:
    """Take set-user-id bits away after a change of contents: see file_remove_privs."""
    take_file_capabilities(inode)
    mode = inode.mode
    if mode & (S_ISUID | S_ISGID) and not task.cred.capable(CAP_FSETID):
        stripped = without_privileges(mode)
        if stripped != mode:
            inode.setattr(mode=stripped & ~S_IFMT)


def take_file_capabilities(inode: Inode) -> None:
    """Take a program's capabilities away, which were given to other contents."""
    if inode.has_file_capabilities:
        inode.has_file_capabilities = False
        with suppress(ENODATA):
            inode.removexattr(XATTR_NAME_CAPS)


def check_file_size(task: Task, pos: int, end: int) -> int:
    """How far a file may grow from `pos` to `end`: EFBIG and SIGXFSZ if not at all."""
    limit = task.rlimits["RLIMIT_FSIZE"][0]
    if limit != RLIM_INFINITY and end > limit:
        if pos >= limit:
            from emu.kernel.signal.send import send_signal

            send_signal(task, SIGXFSZ)
            raise EFBIG("above the limit on file size")
        end = limit
    if pos >= MAX_LFS_FILESIZE:
        raise EFBIG
    return min(end, MAX_LFS_FILESIZE)
