"""hostfs: a folder or file of the host, shown to the guest as it is at this moment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from emu.kernel.fs.host_errors import from_host
from emu.kernel.fs.hostfs.tree import HostNode, HostTree
from emu.kernel.uapi.mount import HOSTFS_SUPER_MAGIC
from emu.kernel.vfs.super_block import Kstatfs, SuperBlock

if TYPE_CHECKING:
    from emu.kernel.fs.hostfs.inode import HostfsInode
    from emu.kernel.vfs.vfs import Vfs


class HostfsSuperBlock(SuperBlock):
    """One host folder or file. `OSError` if it is not there."""

    fs_type = b"hostfs"
    magic = HOSTFS_SUPER_MAGIC
    volatile = True

    def __init__(self, vfs: Vfs, path: str, *, writable: bool) -> None:
        super().__init__(vfs)
        self.read_only = self.fixed_read_only = not writable
        self._tree = self.make_tree(path)
        self._inodes: WeakValueDictionary[tuple[int, int], HostfsInode] = WeakValueDictionary()
        self._inos: dict[tuple[int, int], int] = {}
        self.set_root(self.inode_of(self._tree.root))

    def ino_of(self, key: tuple[int, int]) -> int:
        """The inode number for a host file: small, and in order of first sight."""
        ino = self._inos.get(key)
        if ino is None:
            ino = self._inos[key] = self.new_ino()
        return ino

    def inode_of(self, node: HostNode) -> HostfsInode:
        """The one inode of a host file, whichever of its names was found last."""
        inode = self._inodes.get(node.key)
        if inode is None or inode.nlink == 0:
            inode = self._inodes[node.key] = self.make_inode(node)
        else:
            inode.found_again(node)
        return inode

    def make_tree(self, path: str) -> HostTree:
        """The tree of the host's files."""
        return HostTree(path)

    def make_inode(self, node: HostNode) -> HostfsInode:
        """A new inode for a host file."""
        from emu.kernel.fs.hostfs.inode import HostfsInode

        return HostfsInode(self, node)

    def statfs(self) -> Kstatfs:
        """The host's own numbers."""
        try:
            found = os.fstatvfs(self._tree.top)
        except OSError as error:
            raise from_host(error) from None
        return Kstatfs(
            self.magic,
            bsize=found.f_frsize,
            blocks=found.f_blocks,
            bfree=found.f_bfree,
            bavail=found.f_bavail,
            files=found.f_files,
            ffree=found.f_ffree,
            namelen=found.f_namemax,
        )
