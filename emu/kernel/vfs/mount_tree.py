"""Copying trees of mounts and putting them somewhere. See fs/namespace.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.vfs.mount import Mount
from emu.kernel.vfs.path import VfsPath
from emu.kernel.vfs.peers import follow_peers, join_peers, propagate_mount

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.dentry import Dentry


def clone_mount(original: Mount, root: Dentry, *, follow: bool = False) -> Mount:
    """One more mount of the same file system: a peer of the original, or a slave with `follow`."""
    copy = Mount(original.sb, root, flags=original.flags, source=original.source)
    if follow:
        follow_peers(copy, original)
    else:
        join_peers(copy, original)
    return copy


def copy_tree(
    original: Mount,
    root: Dentry,
    *,
    follow: bool = False,
    unbindable: bool = False,
    copies: dict[Mount, Mount] | None = None,
) -> Mount:
    """A copy of a mount and all below a dentry of it; unbindable ones only when asked for.

    `copies` is told which became which.
    """
    copy = clone_mount(original, root, follow=follow)
    copy.unbindable = unbindable and original.unbindable
    if copies is not None:
        copies[original] = copy
    for mountpoint, child in list(original.children.items()):
        if child.unbindable and not unbindable:
            continue
        if mountpoint.is_inside(root):
            twin = copy_tree(child, child.root, follow=follow, unbindable=unbindable, copies=copies)
            twin.attach(VfsPath(copy, mountpoint))
    return copy


def attach_recursive(source: Mount, place: VfsPath) -> None:
    """Put a tree of mounts at a place, and wherever that place is shown, too."""
    if place.mount.peers is not None and any(m.unbindable for m in source.tree()):
        raise EINVAL("unbindable mounts cannot be shared")
    source.attach(place)
    propagate_mount(source, place)


def attach_beneath(source: Mount, place: VfsPath) -> None:
    """Put a tree at a place, under what is mounted there already."""
    above = place.mount.children.get(place.dentry)
    if above is not None:
        above.detach()
    source.attach(place)
    if above is not None:
        above.attach(topmost(source))


def topmost(mount: Mount) -> VfsPath:
    """The root of the last of the mounts that lie on each other's roots."""
    while True:
        above = mount.children.get(mount.root)
        if above is None:
            return mount.root_path()
        mount = above


def is_ours(task: Task, mount: Mount) -> bool:
    """Whether a mount is in the task's namespace: see check_mnt."""
    return mount.ns is task.fs.mnt_ns


def is_reachable(path: VfsPath, root: VfsPath) -> bool:
    """Whether a place is at or below another one: see is_path_reachable."""
    mount = path.mount
    dentry: Dentry = path.dentry
    while mount is not root.mount:
        above, place = mount.parent, mount.mountpoint
        if above is None or place is None:
            return False
        mount, dentry = above, place
    return dentry.is_inside(root.dentry)
