"""Propagation: mounts that show at several places what is mounted at one. See fs/pnode.c.

Mounts of one peer group tell each other; a mount with a master follows it and tells nobody, unless
it is in a group of its own, too. All of a group have the same master.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.uapi.mount import MS_PRIVATE, MS_SHARED, MS_SLAVE, MS_UNBINDABLE
from emu.kernel.vfs.path import VfsPath

if TYPE_CHECKING:
    from emu.kernel.vfs.dentry import Dentry
    from emu.kernel.vfs.mount import Mount

PROPAGATION = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE


class PeerGroup:
    """Mounts that share, by the order of their joining, and those that follow them."""

    __slots__ = ("id", "members", "slaves")

    def __init__(self, number: int) -> None:
        self.id = number
        self.members: dict[Mount, None] = {}
        self.slaves: dict[Mount, None] = {}


def make_shared(mount: Mount) -> None:
    """Have a peer group, a new one if it had none."""
    mount.unbindable = False
    if mount.peers is None:
        _join(mount, PeerGroup(mount.vfs.allocate_peer_group()))


def make_slave(mount: Mount) -> None:
    """Follow the former peers; without any it is private, or still the slave that it was."""
    group = mount.peers
    if group is None:
        return
    mount.peers = None
    del group.members[mount]
    if group.members:
        _follow(mount, group)
        return
    mount.vfs.free_peer_group(group.id)
    for slave in list(group.slaves):
        _follow(slave, mount.master)


def make_private(mount: Mount) -> None:
    """Share with nobody, and follow nobody."""
    make_slave(mount)
    _follow(mount, None)
    mount.unbindable = False


def change_type(mount: Mount, kind: int) -> None:
    """Set the type of propagation: one of MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE."""
    if kind == MS_SHARED:
        make_shared(mount)
    elif kind == MS_SLAVE:
        make_slave(mount)
    else:
        make_private(mount)
        mount.unbindable = kind == MS_UNBINDABLE


def join_peers(copy: Mount, original: Mount) -> None:
    """A copy shares with, and follows, the same as its original."""
    if original.peers is not None:
        _join(copy, original.peers)
    if original.master is not None:
        _follow(copy, original.master)


def follow_peers(copy: Mount, original: Mount) -> None:
    """A copy follows its original, or what that one follows."""
    _follow(copy, original.peers or original.master)


def leave_peers(mount: Mount) -> None:
    """A mount is gone for good."""
    make_private(mount)


def receivers(mount: Mount, at: Dentry) -> Iterator[Mount]:
    """All other mounts that show what is mounted on this one at a dentry."""
    if mount.peers is not None:
        yield from _below(mount.peers, mount, at, {mount.peers})


def _below(group: PeerGroup, skip: Mount, at: Dentry, seen: set[PeerGroup]) -> Iterator[Mount]:
    for peer in list(group.members):
        if peer is not skip and at.is_inside(peer.root):
            yield peer
    for slave in list(group.slaves):
        if slave.peers is None:
            if at.is_inside(slave.root):
                yield slave
        elif slave.peers not in seen:
            seen.add(slave.peers)
            yield from _below(slave.peers, skip, at, seen)


def propagate_mount(source: Mount, place: VfsPath) -> None:
    """Show a new tree of mounts wherever its place is shown; it is shared from now on."""
    group = place.mount.peers
    if group is None:
        return
    for mount in source.tree():
        make_shared(mount)
    _spread(source, group, place.mount, place.dentry)


def _spread(source: Mount, group: PeerGroup, skip: Mount | None, at: Dentry) -> None:
    from emu.kernel.vfs.mount_tree import attach_beneath, copy_tree

    for peer in list(group.members):
        if peer is not skip and at.is_inside(peer.root):
            attach_beneath(copy_tree(source, source.root), VfsPath(peer, at))
    done: set[PeerGroup] = set()
    for slave in list(group.slaves):
        if slave.peers is None:
            if at.is_inside(slave.root):
                copy = copy_tree(source, source.root, follow=True)
                attach_beneath(copy, VfsPath(slave, at))
        elif slave.peers not in done:
            done.add(slave.peers)
            first = copy_tree(source, source.root, follow=True)
            for mount in first.tree():
                make_shared(mount)
            _spread(first, slave.peers, None, at)
            for mount in first.tree():
                leave_peers(mount)


def _join(mount: Mount, group: PeerGroup) -> None:
    mount.peers = group
    group.members[mount] = None


def _follow(mount: Mount, group: PeerGroup | None) -> None:
    if mount.master is not None:
        mount.master.slaves.pop(mount, None)
    mount.master = group
    if group is not None:
        group.slaves[mount] = None
