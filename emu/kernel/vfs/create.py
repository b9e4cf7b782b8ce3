"""Making names: mkdir, mknod, symlink, link. See fs/namei.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EEXIST, EINVAL, ENOENT, EPERM, EXDEV
from emu.kernel.uapi.capability import CAP_DAC_READ_SEARCH, CAP_MKNOD
from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.kernel.uapi.stat import (
    S_IALLUGO,
    S_IFBLK,
    S_IFCHR,
    S_IFDIR,
    S_IFIFO,
    S_IFMT,
    S_IFREG,
    S_IFSOCK,
    S_IRWXUGO,
    S_ISVTX,
)
from emu.kernel.vfs.namei import LOOKUP_EMPTY, LOOKUP_FOLLOW, Walk, path_lookup
from emu.kernel.vfs.permission import MAY_EXEC, MAY_WRITE, inode_permission, new_mode

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.dentry import Dentry
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.path import VfsPath


def filename_create(
    task: Task, dfd: int, name: bytes, *, directory: bool = False
) -> tuple[VfsPath, Dentry]:
    """The directory and the free name in it that a call wants to make. EEXIST, ENOENT, EROFS."""
    walk = Walk(task, dfd, name)
    last = walk.to_parent()
    if last.is_special:
        raise EEXIST
    dentry = walk.step(last.parent, last.name).dentry
    if dentry.inode is not None:
        raise EEXIST
    if last.slash and not directory:
        raise ENOENT("a name with a slash at its end is a directory's")
    parent = last.parent
    parent.mount.want_write()
    if parent.dentry.dead:
        raise ENOENT("the directory was removed")
    inode_permission(task.cred, parent.inode, MAY_WRITE | MAY_EXEC)
    return parent, dentry


def mkdir(task: Task, dfd: int, name: bytes, mode: int) -> None:
    """Make a directory. See mkdir(2)."""
    parent, dentry = filename_create(task, dfd, name, directory=True)
    mode = new_mode(task, parent.inode, mode & (S_IRWXUGO | S_ISVTX))
    _made(parent, dentry, parent.inode.mkdir(dentry.name, mode | S_IFDIR, task.cred))


def mknod(task: Task, dfd: int, name: bytes, mode: int, rdev: int) -> None:
    """Make a file, device, named pipe or socket. See mknod(2)."""
    kind = mode & S_IFMT
    if kind == S_IFDIR:
        raise EPERM("directories are made with mkdir")
    if kind not in (0, S_IFREG, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK):
        raise EINVAL("no such file type")
    parent, dentry = filename_create(task, dfd, name)
    if kind in (S_IFCHR, S_IFBLK) and rdev and not task.cred.capable(CAP_MKNOD):
        raise EPERM("making devices needs CAP_MKNOD")
    directory = parent.inode
    bits = new_mode(task, directory, mode & S_IALLUGO)
    if kind in (0, S_IFREG):
        inode = directory.create(dentry.name, bits | S_IFREG, task.cred)
    else:
        device = rdev if kind in (S_IFCHR, S_IFBLK) else 0
        inode = directory.mknod(dentry.name, bits | kind, device, task.cred)
    _made(parent, dentry, inode)


def symlink(task: Task, target: bytes, dfd: int, name: bytes) -> None:
    """Make a symbolic link. See symlink(2)."""
    if not target:
        raise ENOENT("empty target")
    parent, dentry = filename_create(task, dfd, name)
    _made(parent, dentry, parent.inode.symlink(dentry.name, target, task.cred))


def link(
    task: Task,
    old_dfd: int,
    old_name: bytes,
    new_dfd: int,
    new_name: bytes,
    *,
    follow: bool,
    empty: bool,
) -> None:
    """Give a file another name. See link(2)."""
    if empty and not old_name and not _may_link_descriptor(task, old_dfd):
        raise ENOENT("opened by somebody else")
    flags = (LOOKUP_FOLLOW if follow else 0) | (LOOKUP_EMPTY if empty else 0)
    old = path_lookup(task, old_dfd, old_name, flags)
    parent, dentry = filename_create(task, new_dfd, new_name)
    inode = old.inode
    if old.mount is not parent.mount:
        raise EXDEV
    if inode.is_dir:
        raise EPERM("directories have one name")
    if inode.nlink == 0 and not inode.linkable:
        raise ENOENT("the file was removed")
    parent.inode.link(inode, dentry.name)
    inode.linkable = False
    dentry.instantiate(inode)
    notify = inode.sb.vfs.notify
    if notify is not None:
        notify.linked(parent.inode, dentry)


def _made(parent: VfsPath, dentry: Dentry, inode: Inode) -> None:
    """A new file has its name: tell who listens."""
    dentry.instantiate(inode)
    notify = inode.sb.vfs.notify
    if notify is not None:
        notify.created(parent.inode, dentry)


def _may_link_descriptor(task: Task, fd: int) -> bool:
    """Whether an open file may be given a name: by who opened it, or with a capability."""
    if fd == AT_FDCWD or task.cred.capable(CAP_DAC_READ_SEARCH):
        return True
    return task.files.raw(fd).cred == task.cred
