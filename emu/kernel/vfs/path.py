"""A place in the tree of mounts. See struct path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import ENOENT

if TYPE_CHECKING:
    from emu.kernel.vfs.dentry import Dentry
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.mount import Mount


class VfsPath:
    """A dentry seen through a mount."""

    __slots__ = ("dentry", "mount")

    def __init__(self, mount: Mount, dentry: Dentry) -> None:
        self.mount = mount
        self.dentry = dentry

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, VfsPath) and self.dentry is other.dentry and self.mount is other.mount
        )

    def __hash__(self) -> int:
        return hash((id(self.dentry), id(self.mount)))

    @property
    def inode(self) -> Inode:
        """What is there. ENOENT if nothing is."""
        inode = self.dentry.inode
        if inode is None:
            raise ENOENT
        return inode

    def __repr__(self) -> str:
        return f"<path {self.dentry.name!r}>"


def path_above(path: VfsPath, root: VfsPath) -> VfsPath:
    """What ``..`` means at a place, for a task with this root: see follow_dotdot."""
    mount = path.mount
    dentry: Dentry = path.dentry
    while True:
        if dentry is root.dentry and mount is root.mount:
            return VfsPath(mount, dentry)
        if dentry is not mount.root:
            return VfsPath(mount, dentry.parent)
        above, place = mount.parent, mount.mountpoint
        if above is None or place is None:
            return VfsPath(mount, dentry)
        mount, dentry = above, place


def d_path(path: VfsPath, root: VfsPath) -> tuple[bytes, bool]:
    """A place's absolute name below a root, and whether it really is below it."""
    names: list[bytes] = []
    mount = path.mount
    dentry: Dentry = path.dentry
    while not (dentry is root.dentry and mount is root.mount):
        if dentry is mount.root or dentry.parent is dentry:
            above, place = mount.parent, mount.mountpoint
            if above is None or place is None:
                return b"/" + b"/".join(reversed(names)), False
            mount, dentry = above, place
            continue
        names.append(dentry.name)
        dentry = dentry.parent
    return b"/" + b"/".join(reversed(names)), True


def file_name(path: VfsPath, root: VfsPath) -> bytes:
    """A place's name as /proc shows it: marked if it was removed."""
    special = path.dentry.sb.dname(path.dentry)
    if special is not None:
        return special
    name, _ = d_path(path, root)
    return name + b" (deleted)" if path.dentry.dead else name
