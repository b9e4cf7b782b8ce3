"""Mounts: which file system is seen where. See struct mount."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import EROFS
from emu.kernel.uapi.mount import (
    MS_NOATIME,
    MS_NODEV,
    MS_NODIRATIME,
    MS_NOEXEC,
    MS_NOSUID,
    MS_NOSYMFOLLOW,
    MS_RDONLY,
    MS_RELATIME,
)
from emu.kernel.vfs.mnt_namespace import FIRST_UNIQUE_ID
from emu.kernel.vfs.path import VfsPath

if TYPE_CHECKING:
    from emu.kernel.vfs.dentry import Dentry
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.mnt_namespace import MountNamespace
    from emu.kernel.vfs.peers import PeerGroup
    from emu.kernel.vfs.super_block import SuperBlock
    from emu.kernel.vfs.vfs import Vfs

OPTION_NAMES = (
    (MS_NOSUID, "nosuid"),
    (MS_NODEV, "nodev"),
    (MS_NOEXEC, "noexec"),
    (MS_NOATIME, "noatime"),
    (MS_NODIRATIME, "nodiratime"),
    (MS_RELATIME, "relatime"),
    (MS_NOSYMFOLLOW, "nosymfollow"),
)


class Mount:
    """A file system, or a part of one, at a place of the tree. `flags` are of the MS_ family.

    `peers` are the mounts that share what is mounted on this one, `master` those that it
    follows: see `emu.kernel.vfs.peers`. `ns` is None for a mount that is in nobody's tree.
    """

    def __init__(
        self,
        sb: SuperBlock,
        root: Dentry | None = None,
        *,
        flags: int = MS_RELATIME,
        source: bytes | None = None,
    ) -> None:
        self.sb = sb
        self.root = root or sb.root
        self.flags = flags
        self.source = sb.source if source is None else source
        self.mnt_id = sb.vfs.allocate_mount_id()
        self.ns: MountNamespace | None = None
        self.parent: Mount | None = None
        self.mountpoint: Dentry | None = None
        self.children: dict[Dentry, Mount] = {}
        self.peers: PeerGroup | None = None
        self.master: PeerGroup | None = None
        self.unbindable = False
        self.expiry_mark = False
        """Whether nobody used it since umount2 with MNT_EXPIRE last asked."""
        self.open_files = 0
        self.writers = 0

    @property
    def vfs(self) -> Vfs:
        """The machine's virtual file system."""
        return self.sb.vfs

    @property
    def unique_id(self) -> int:
        """The id of listmount(2), which no other mount ever had."""
        return FIRST_UNIQUE_ID + self.mnt_id

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed through it."""
        return bool(self.flags & MS_RDONLY) or self.sb.read_only

    def want_write(self) -> None:
        """EROFS if nothing can be changed through it."""
        if self.flags & MS_RDONLY or self.sb.read_only:
            raise EROFS(f"{self.sb.fs_type.decode()} is mounted read-only")

    def root_path(self) -> VfsPath:
        """Its root directory."""
        return VfsPath(self, self.root)

    def attach(self, place: VfsPath) -> None:
        """Make it, and what is mounted on it, cover a place in that place's namespace."""
        self.parent, self.mountpoint = place.mount, place.dentry
        place.mount.children[place.dentry] = self
        place.dentry.mounted += 1
        if self.ns is not place.mount.ns:
            for mount in self.tree():
                mount.ns = place.mount.ns

    def detach(self) -> None:
        """Uncover its place."""
        assert self.parent is not None
        assert self.mountpoint is not None
        self.mountpoint.mounted -= 1
        del self.parent.children[self.mountpoint]
        self.parent = self.mountpoint = None

    def tree(self) -> Iterator[Mount]:
        """It and all mounts on top of it, in order of their making at each level."""
        yield self
        for child in list(self.children.values()):
            yield from child.tree()

    def show_options(self) -> str:
        """Its own options, as in /proc/PID/mountinfo."""
        names = [name for flag, name in OPTION_NAMES if self.flags & flag]
        return ",".join(["ro" if self.flags & MS_RDONLY else "rw", *names])

    def __repr__(self) -> str:
        return f"<mount {self.mnt_id} of {self.sb.fs_type.decode()}>"


def traverse_mounts(path: VfsPath) -> VfsPath:
    """What is really seen at a place: the root of whatever is mounted there, if anything is."""
    while path.dentry.mounted:
        child = path.mount.children.get(path.dentry)
        if child is None:
            break
        child.expiry_mark = False
        path = child.root_path()
    return path


def touch_atime(mount: Mount, inode: Inode) -> None:
    """Note that a file was read, as the options of the mount say."""
    flags = mount.flags
    if flags & (MS_NOATIME | MS_RDONLY) or mount.sb.read_only:
        return
    if flags & MS_NODIRATIME and inode.is_dir:
        return
    if flags & MS_RELATIME:
        inode.touch_atime()
    else:
        inode.touch_atime_always()
