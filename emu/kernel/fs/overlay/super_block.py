"""The overlay as a whole: one tmpfs whose files may still have their contents in a layer.

Unlike Linux's overlayfs there are no two inodes for one file and no copy of whole files. An inode
knows where its contents or entries come from until they are changed, page by page and name by
name. So a descriptor opened before a write sees the write, st_ino never changes, hard links stay
linked, and folders of a layer can be renamed (no EXDEV).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from emu.kernel.fs.layer import LayerNode, open_layer
from emu.kernel.fs.tmpfs.super_block import TmpfsSuperBlock
from emu.kernel.uapi.mount import OVERLAYFS_SUPER_MAGIC

if TYPE_CHECKING:
    from emu.kernel.fs.overlay.inode import OverlayInode
    from emu.kernel.vfs.vfs import Vfs


class OverlaySuperBlock(TmpfsSuperBlock):
    """Folders and archives of the host, later ones on top. `OSError` if one is not there."""

    fs_type = b"overlay"
    magic = OVERLAYFS_SUPER_MAGIC
    exportable = False
    counts_links = False

    def __init__(self, vfs: Vfs, layers: list[str]) -> None:
        self._trees = [open_layer(layer, i) for i, layer in enumerate(reversed(layers))]
        self._linked: WeakValueDictionary[tuple[int, int], OverlayInode] = WeakValueDictionary()
        self._inos: dict[tuple[int, int], int] = {}
        super().__init__(vfs, mode=0o755)

    def make_root(self, uid: int, gid: int) -> None:
        """The merged roots of all layers."""
        self.set_root(self.inode_of([tree.root for tree in self._trees]))

    def ino_of(self, key: tuple[int, int]) -> int:
        """The inode number for a host file: small, and in order of first sight."""
        ino = self._inos.get(key)
        if ino is None:
            ino = self._inos[key] = self.new_ino()
        return ino

    def inode_of(self, nodes: list[LayerNode]) -> OverlayInode:
        """The inode of a name that these layers have, the topmost first."""
        from emu.kernel.fs.overlay.inode import OverlayInode

        node = nodes[0]
        several = node.info.st_nlink > 1 and not node.is_folder
        if several:
            known = self._linked.get(node.key)
            if known is not None:
                return known
        inode = OverlayInode(self, nodes)
        if several:
            self._linked[node.key] = inode
        return inode

    def show_options(self) -> str:
        """The layers are no business of the guest's."""
        return ""
