"""Copying up: a file of a lower directory becomes one of the upper, before it is changed.

The copy is made in the work directory and moved to its place when it is whole, so that an upper
directory on a disk never holds half of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EOPNOTSUPP, EPERM, EROFS
from emu.kernel.fs.overlayfs import real
from emu.kernel.uapi.stat import S_IALLUGO
from emu.kernel.vfs.path import VfsPath

if TYPE_CHECKING:
    from emu.kernel.fs.overlayfs.inode import OverlayfsInode
    from emu.kernel.fs.overlayfs.super_block import OverlayfsSuperBlock
    from emu.kernel.vfs.dentry import Dentry
    from emu.kernel.vfs.inode import Inode


def copy_up(inode: OverlayfsInode) -> VfsPath:
    """Have a file, and all directories above it, in the upper directory: where it is. EROFS."""
    if inode.upper is not None:
        return inode.upper
    sb = inode.sb
    if sb.upper_mount is None or inode.parent is None:
        raise EROFS("there is no upper directory")
    parent = copy_up(inode.parent)
    sb.upper_mount.want_write()
    lower = inode.lowers[0]
    made = _copy(sb, lower)
    path = VfsPath(sb.upper_mount, made)
    if inode.nlink > 0:
        directory = parent.inode
        times = directory.atime_ns, directory.mtime_ns
        real.rename(made, parent.dentry, inode.name)
        directory.setattr(atime_ns=times[0], mtime_ns=times[1])
    else:
        # Its name is gone already; who has it open goes on with a copy without one.
        real.remove(made)
    inode.copied_up(path)
    return path


def _copy(sb: OverlayfsSuperBlock, lower: VfsPath) -> Dentry:
    work = sb.work
    assert work is not None
    assert sb.upper_mount is not None
    source = lower.inode
    source.refresh()
    made = real.copy_node(source, work.dentry, sb.work_name())
    if source.is_regular:
        real.copy_contents(lower, VfsPath(sb.upper_mount, made))
    copy_attributes(sb, source, real.inode_of(made))
    return made


def copy_attributes(sb: OverlayfsSuperBlock, source: Inode, target: Inode) -> None:
    """Owner, mode, extended attributes and times, the times last."""
    for name in source.listxattr():
        if sb.is_private(name):
            continue
        try:
            target.setxattr(name, source.getxattr(name), create=False, replace=False)
        except (EOPNOTSUPP, EPERM):
            continue
    mode = None if source.is_symlink else source.mode & S_IALLUGO
    target.setattr(uid=source.uid, gid=source.gid, mode=mode)
    target.setattr(atime_ns=source.atime_ns, mtime_ns=source.mtime_ns)
