"""Taking names away: unlink and rmdir. See fs/namei.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EBUSY, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY
from emu.kernel.vfs.namei import Walk
from emu.kernel.vfs.permission import may_delete

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.dentry import Dentry
    from emu.kernel.vfs.inode import Inode


def rmdir(task: Task, dfd: int, name: bytes) -> None:
    """Remove an empty directory. See rmdir(2)."""
    walk = Walk(task, dfd, name)
    last = walk.to_parent()
    match last.name:
        case b"..":
            raise ENOTEMPTY
        case b".":
            raise EINVAL("a directory cannot be removed by the name .")
        case b"":
            raise EBUSY("the root")
    dentry = last.parent.dentry.lookup(last.name)
    last.parent.mount.want_write()
    inode = dentry.inode
    if inode is None:
        raise ENOENT
    directory = last.parent.inode
    may_delete(task.cred, directory, inode, is_dir=True)
    if dentry.mounted:
        raise EBUSY("something is mounted there")
    directory.rmdir(dentry.name, inode)
    _gone(directory, dentry, inode)


def unlink(task: Task, dfd: int, name: bytes) -> None:
    """Remove a name that is no directory's. See unlink(2)."""
    walk = Walk(task, dfd, name)
    last = walk.to_parent()
    if last.is_special:
        raise EISDIR
    dentry = last.parent.dentry.lookup(last.name)
    inode = dentry.inode
    if last.slash:
        if inode is None:
            raise ENOENT
        raise EISDIR if inode.is_dir else ENOTDIR
    last.parent.mount.want_write()
    if inode is None:
        raise ENOENT
    directory = last.parent.inode
    may_delete(task.cred, directory, inode, is_dir=False)
    if dentry.mounted:
        raise EBUSY("something is mounted there")
    directory.unlink(dentry.name, inode)
    _gone(directory, dentry, inode)


def _gone(directory: Inode, dentry: Dentry, inode: Inode) -> None:
    """A name is no more: tell who listens."""
    dentry.drop()
    notify = inode.sb.vfs.notify
    if notify is not None:
        notify.removed(directory, dentry, inode)
