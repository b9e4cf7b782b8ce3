"""Moving names. See do_renameat2 and vfs_rename."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EBUSY,
    EEXIST,
    EINVAL,
    ENOENT,
    ENOTDIR,
    ENOTEMPTY,
    EXDEV,
)
from emu.kernel.uapi.stat import RENAME_EXCHANGE, RENAME_NOREPLACE, RENAME_WHITEOUT
from emu.kernel.vfs.namei import Last, Walk
from emu.kernel.vfs.permission import MAY_EXEC, MAY_WRITE, inode_permission, may_delete

if TYPE_CHECKING:
    from emu.kernel.notify.notifier import Notifier
    from emu.kernel.task import Task
    from emu.kernel.vfs.dentry import Dentry
    from emu.kernel.vfs.inode import Inode


def rename(
    task: Task, old_dfd: int, old_name: bytes, new_dfd: int, new_name: bytes, flags: int = 0
) -> None:
    """Move a name. See rename(2)."""
    if flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT):
        raise EINVAL("unknown rename flag")
    exchange = bool(flags & RENAME_EXCHANGE)
    if exchange and flags != RENAME_EXCHANGE:
        raise EINVAL("nothing can be exchanged without being replaced")
    old = Walk(task, old_dfd, old_name).to_parent()
    new = Walk(task, new_dfd, new_name).to_parent()
    if old.parent.mount is not new.parent.mount:
        raise EXDEV
    if old.is_special:
        raise EBUSY
    if new.is_special:
        raise EEXIST if flags & RENAME_NOREPLACE else EBUSY
    old.parent.mount.want_write()
    source = old.parent.dentry.lookup(old.name)
    if source.inode is None:
        raise ENOENT
    target = new.parent.dentry.lookup(new.name)
    if flags & RENAME_NOREPLACE and target.inode is not None:
        raise EEXIST
    if exchange and target.inode is None:
        raise ENOENT
    _check_slashes(source, target, old, new, exchange)
    if new.parent.dentry.is_inside(source):
        raise EINVAL("a directory cannot be moved into itself")
    if old.parent.dentry.is_inside(target) and target.inode is not None:
        raise EINVAL if exchange else ENOTEMPTY
    if source.inode is target.inode:
        return
    _check_rights(task, source, target, old, new, exchange)
    if source.mounted or target.mounted:
        raise EBUSY("something is mounted there")
    directory = old.parent.inode
    moved, replaced = source.inode, target.inode
    whiteout = directory.new_whiteout(task.cred) if flags & RENAME_WHITEOUT else None
    directory.rename(old.name, source.inode, new.parent.inode, new.name, target.inode, exchange)
    if exchange:
        source.exchange(target)
    else:
        source.move(new.parent.dentry, new.name)
    if whiteout is not None:
        directory.put_whiteout(old.name, whiteout)
    notify = directory.sb.vfs.notify
    if notify is not None:
        _tell(notify, old, new, moved, replaced, exchange)


def _check_slashes(source: Dentry, target: Dentry, old: Last, new: Last, exchange: bool) -> None:
    assert source.inode is not None
    if not source.inode.is_dir and (old.slash or (new.slash and not exchange)):
        raise ENOTDIR
    if exchange and new.slash and target.inode is not None and not target.inode.is_dir:
        raise ENOTDIR


def _check_rights(
    task: Task, source: Dentry, target: Dentry, old: Last, new: Last, exchange: bool
) -> None:
    cred = task.cred
    moved, replaced = source.inode, target.inode
    assert moved is not None
    may_delete(cred, old.parent.inode, moved, moved.is_dir)
    if replaced is None:
        if new.parent.dentry.dead:
            raise ENOENT("the directory was removed")
        inode_permission(cred, new.parent.inode, MAY_WRITE | MAY_EXEC)
    else:
        is_dir = replaced.is_dir if exchange else moved.is_dir
        may_delete(cred, new.parent.inode, replaced, is_dir)
    if old.parent.inode is not new.parent.inode:
        # Its own entry ".." changes.
        if moved.is_dir:
            inode_permission(cred, moved, MAY_WRITE)
        if exchange and replaced is not None and replaced.is_dir:
            inode_permission(cred, replaced, MAY_WRITE)


def _tell(
    notify: Notifier, old: Last, new: Last, moved: Inode, replaced: Inode | None, exchange: bool
) -> None:
    """Tell who listens, in the order of fsnotify_move."""
    here, there = old.parent.inode, new.parent.inode
    notify.moved(here, old.name, there, new.name, moved)
    if replaced is not None and not exchange:
        notify.replaced(replaced)
    notify.moved_self(moved)
    if replaced is not None and exchange:
        notify.moved(there, new.name, here, old.name, replaced)
        notify.moved_self(replaced)
