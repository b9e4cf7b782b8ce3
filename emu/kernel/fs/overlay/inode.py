"""Files and directories of an overlay: a tmpfs inode with something beneath it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SHIFT, PAGE_SIZE
from emu.kernel.fs.hostfs.data import LowerData
from emu.kernel.fs.overlay.super_block import OverlaySuperBlock
from emu.kernel.fs.tmpfs.inode import TmpfsInode
from emu.kernel.fs.xattrs import Xattrs
from emu.kernel.mm.page_cache import PageCache
from emu.kernel.uapi.stat import S_IFMT
from emu.kernel.vfs.dev import MKDEV
from emu.kernel.vfs.inode import DirEntry, Inode

if TYPE_CHECKING:
    from emu.kernel.fs.layer import LayerNode
    from emu.kernel.uaccess import Buffer


class OverlayInode(TmpfsInode):
    """`lowers` are the layers' folders under a directory, the topmost first.

    `data` is the layer's file under a regular file. `whiteouts` are the layers' names that are
    gone or replaced.
    """

    __slots__ = ("_layer_blocks", "data", "lowers", "whiteouts")

    sb: OverlaySuperBlock

    def __init__(
        self,
        sb: OverlaySuperBlock,
        nodes: list[LayerNode],
        mode: int = 0,
        *,
        uid: int = 0,
        gid: int = 0,
        rdev: int = 0,
    ) -> None:
        self.lowers: list[LayerNode] = []
        self.whiteouts: set[bytes] = set()
        self.data: LowerData | None = None
        self._layer_blocks = 0
        if not nodes:
            super().__init__(sb, mode, uid=uid, gid=gid, rdev=rdev)
            return
        info = nodes[0].info
        super().__init__(
            sb, info.st_mode, uid=info.st_uid, gid=info.st_gid, rdev=_device(info.st_rdev)
        )
        self.ino = sb.ino_of(nodes[0].key)
        self.size = info.st_size
        self.nlink = info.st_nlink
        self.atime_ns, self.mtime_ns = info.st_atime_ns, info.st_mtime_ns
        self.ctime_ns = info.st_ctime_ns
        self._layer_blocks = info.st_blocks
        for name, value in nodes[0].xattrs().items():
            self.xattrs = self.xattrs or Xattrs()
            self.xattrs.set(name, value, create=False, replace=False)
        if self.is_dir:
            self.lowers = nodes
            self.nlink = 1  # not counted, as in overlayfs: find then looks into every directory
        elif self.is_regular:
            self.data = LowerData(nodes[0])
        elif self.is_symlink:
            self.target = nodes[0].readlink()

    @property
    def blocks(self) -> int:
        """Units of 512 bytes, in the layer until something is changed."""
        if self.data is not None and self._cache is not None and self._cache.dirty:
            return -(-self.size // PAGE_SIZE) * (PAGE_SIZE // 512)
        return self._layer_blocks or super().blocks

    @property
    def has_own_store(self) -> bool:
        """Whether pages that are not in memory are elsewhere."""
        return self.data is not None

    def make_cache(self) -> PageCache:
        """Pages that are not there yet come from the layer."""
        reader = None if self.data is None else self.data.read_page
        return PageCache(self.sb.vfs.kernel.ram, reader)

    def pages_changed(self) -> None:
        """Only changed pages count; the others can be had again."""
        if self.data is None:
            super().pages_changed()
            return
        count = 0 if self._cache is None else len(self._cache.dirty)
        self.sb.used_pages += count - self._charged
        self._charged = count

    def read_uncached(self, buffer: Buffer, pos: int, count: int) -> int:
        """Straight from the layer as far as it goes; a hole after that."""
        data = self.data
        if data is None or pos >= data.size:
            return super().read_uncached(buffer, pos, count)
        got = data.read(buffer, pos, count)
        if got:
            return got
        # The layer's file became shorter behind our back.
        data.size = pos
        return super().read_uncached(buffer, pos, count)

    def forget_pages(self, first: int, last: int) -> None:
        """Make whole pages read as zeroes, also where the layer has something."""
        in_layer = 0 if self.data is None else -(-self.data.size >> PAGE_SHIFT)
        for index in range(first, min(last, in_layer)):
            self.pages.page_for_write(index)[:] = bytes(PAGE_SIZE)
        self.pages.drop(max(first, in_layer), last)

    def truncate(self, size: int) -> None:
        """Cut or extend; what is cut off does not come back from the layer."""
        if self.data is not None and size < self.data.size:
            self.data.size = size
        super().truncate(size)

    def lookup(self, name: bytes) -> Inode | None:
        """The inode of a name, from the layers when it is first asked for."""
        child = self.children.get(name)
        if child is None and self.lowers and name not in self.whiteouts:
            nodes = self._find(name)
            if nodes:
                child = self.children[name] = self.sb.inode_of(nodes)
        return child

    def iterate(self) -> Sequence[DirEntry]:
        """The layers' names in order, then those made here, the oldest first."""
        lines: dict[bytes, DirEntry] = {}
        hidden = set(self.whiteouts)
        for lower in self.lowers:
            dev = lower.info.st_dev
            for name, ino, kind in lower.entries():
                if name in hidden or name in lines:
                    continue
                child = self.children.get(name)
                if child is not None:
                    lines[name] = DirEntry(name, child.ino, child.mode & S_IFMT)
                    continue
                if kind == 0o020000:
                    node = lower.child(name)
                    if node is None or node.is_whiteout:
                        hidden.add(name)
                        continue
                lines[name] = DirEntry(name, self.sb.ino_of((dev, ino)), kind)
        result = [lines[name] for name in sorted(lines)]
        result += [
            DirEntry(name, inode.ino, inode.mode & S_IFMT)
            for name, inode in self.children.items()
            if name not in lines
        ]
        return result

    @property
    def has_all_names(self) -> bool:
        """Not while there are layers beneath a directory."""
        return not self.lowers

    def is_empty(self) -> bool:
        """Whether a directory holds nothing."""
        return not self.iterate()

    def make_inode(self, mode: int, uid: int, gid: int, rdev: int) -> TmpfsInode:
        """A new inode without a layer under it."""
        return OverlayInode(self.sb, [], mode, uid=uid, gid=gid, rdev=rdev)

    def _find(self, name: bytes) -> list[LayerNode]:
        """The layers' nodes of a name: one, or the folders that are merged."""
        nodes: list[LayerNode] = []
        for lower in self.lowers:
            node = lower.child(name)
            if node is None:
                continue
            if node.is_whiteout or (nodes and not node.is_folder):
                break
            nodes.append(node)
            if not node.is_folder or (lower is not self.lowers[-1] and node.is_opaque):
                break
        return nodes

    def _remove(self, name: bytes) -> None:
        if self.lowers and name not in self.whiteouts and self._find(name):
            self.whiteouts.add(name)
        super()._remove(name)


def _device(rdev: int) -> int:
    """The kernel's own device number of a host's."""
    return MKDEV(os.major(rdev), os.minor(rdev))
