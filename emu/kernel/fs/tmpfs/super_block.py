"""tmpfs as a whole: its limits and what mount(2) may say. See tmpfs(5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SHIFT, PAGE_SIZE
from emu.kernel.errno import EINVAL, ENOSPC
from emu.kernel.uapi.mount import TMPFS_MAGIC
from emu.kernel.uapi.stat import S_IFDIR
from emu.kernel.vfs.super_block import Kstatfs, SuperBlock

if TYPE_CHECKING:
    from emu.kernel.vfs.vfs import Vfs

SUFFIXES = {b"k": 10, b"m": 20, b"g": 30, b"t": 40}


class TmpfsSuperBlock(SuperBlock):
    """Counts the pages and inodes of one tmpfs; both are limited to half of memory by default."""

    fs_type = b"tmpfs"
    magic = TMPFS_MAGIC
    exportable = True

    def __init__(
        self,
        vfs: Vfs,
        *,
        max_pages: int | None = None,
        max_inodes: int | None = None,
        mode: int = 0o1777,
        uid: int = 0,
        gid: int = 0,
    ) -> None:
        super().__init__(vfs)
        half = (vfs.kernel.ram.size >> PAGE_SHIFT) // 2
        self.max_pages = half if max_pages is None else max_pages
        self.max_inodes = half if max_inodes is None else max_inodes
        self.used_pages = 0
        self.used_inodes = 0
        self.mode = mode
        self._size_given = max_pages is not None
        self.make_root(uid, gid)

    def make_root(self, uid: int, gid: int) -> None:
        """Make the root directory."""
        from emu.kernel.fs.tmpfs.inode import TmpfsInode

        self.set_root(TmpfsInode(self, S_IFDIR | self.mode, uid=uid, gid=gid))

    def will_add_inode(self) -> None:
        """ENOSPC if there may not be one more inode."""
        if self.used_inodes >= self.max_inodes:
            raise ENOSPC("no more inodes in this tmpfs")

    def will_add_pages(self, count: int) -> None:
        """ENOSPC if there may not be so many more pages."""
        if self.used_pages + count > self.max_pages:
            raise ENOSPC("this tmpfs is full")

    def statfs(self) -> Kstatfs:
        """Blocks are pages."""
        free = max(0, self.max_pages - self.used_pages)
        return Kstatfs(
            self.magic,
            blocks=self.max_pages,
            bfree=free,
            bavail=free,
            files=self.max_inodes,
            ffree=max(0, self.max_inodes - self.used_inodes),
        )

    def show_options(self) -> str:
        """Size and root mode, where they are not the default."""
        size = f",size={self.max_pages * PAGE_SIZE // 1024}k" if self._size_given else ""
        return size + (f",mode={self.mode:o}" if self.mode != 0o1777 else "")


def make_tmpfs(vfs: Vfs, options: bytes) -> TmpfsSuperBlock:
    """A tmpfs for mount(2): size, nr_blocks, nr_inodes, mode, uid and gid. EINVAL."""
    numbers: dict[str, int] = {}
    for option in options.split(b","):
        key, _, value = option.partition(b"=")
        match key:
            case b"":
                continue
            case b"size":
                numbers["max_pages"] = -(-_size(vfs, value) // PAGE_SIZE)
            case b"nr_blocks":
                numbers["max_pages"] = _size(vfs, value)
            case b"nr_inodes":
                numbers["max_inodes"] = _size(vfs, value)
            case b"mode":
                numbers["mode"] = _number(value, 8) & 0o7777
            case b"uid" | b"gid":
                numbers[key.decode()] = _number(value, 10)
            case _:
                raise EINVAL(f"tmpfs: unknown option {key.decode(errors='replace')}")
    return TmpfsSuperBlock(vfs, **numbers)


def _size(vfs: Vfs, text: bytes) -> int:
    if text.endswith(b"%"):
        return vfs.kernel.ram.size * _number(text[:-1], 10) // 100
    shift = SUFFIXES.get(text[-1:].lower(), 0)
    return _number(text[:-1] if shift else text, 10) << shift


def _number(text: bytes, base: int) -> int:
    if not text.isdigit() or len(text) > 20:
        raise EINVAL("tmpfs: not a number")
    try:
        return int(text, base)
    except ValueError:
        raise EINVAL("tmpfs: not a number") from None
