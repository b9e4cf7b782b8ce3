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

DEFAULT_MODE = 0o1777


class TmpfsSuperBlock(SuperBlock):
    """Counts the pages and inodes of one tmpfs; both are limited to half of memory by default.

    A limit of 0 is none.
    """

    fs_type = b"tmpfs"
    magic = TMPFS_MAGIC
    exportable = True
    counts_links = True
    """Whether one more name of a file counts as an inode."""

    def __init__(
        self,
        vfs: Vfs,
        *,
        max_pages: int | None = None,
        max_inodes: int | None = None,
        mode: int | None = None,
        uid: int | None = None,
        gid: int | None = None,
    ) -> None:
        super().__init__(vfs)
        self._default = (vfs.kernel.ram.size >> PAGE_SHIFT) // 2
        self.max_pages = self._default if max_pages is None else max_pages
        self.max_inodes = self._default if max_inodes is None else max_inodes
        self.used_pages = 0
        self.used_inodes = 0
        self.mode = DEFAULT_MODE if mode is None else mode
        self._owner = uid or 0, gid or 0
        self.make_root(*self._owner)

    def make_root(self, uid: int, gid: int) -> None:
        """Make the root directory."""
        from emu.kernel.fs.tmpfs.inode import TmpfsInode

        self.set_root(TmpfsInode(self, S_IFDIR | self.mode, uid=uid, gid=gid))

    def will_add_inode(self) -> None:
        """ENOSPC if there may not be one more inode."""
        if self.max_inodes and self.used_inodes >= self.max_inodes:
            raise ENOSPC("no more inodes in this tmpfs")

    def will_add_pages(self, count: int) -> None:
        """ENOSPC if there may not be so many more pages."""
        if self.max_pages and self.used_pages + count > self.max_pages:
            raise ENOSPC("this tmpfs is full")

    def statfs(self) -> Kstatfs:
        """Blocks are pages; without a limit nothing is counted."""
        free = max(0, self.max_pages - self.used_pages)
        return Kstatfs(
            self.magic,
            blocks=self.max_pages,
            bfree=free,
            bavail=free,
            files=self.max_inodes,
            ffree=max(0, self.max_inodes - self.used_inodes),
        )

    def reconfigure(self, options: bytes) -> None:
        """Change the limits, not below what is used. The root's mode and owner stay."""
        from emu.kernel.fs.tmpfs.options import parse_options

        wanted = parse_options(options, self.vfs.kernel.ram.size)
        pages, inodes = wanted.max_pages, wanted.max_inodes
        if (pages and not self.max_pages) or (inodes and not self.max_inodes):
            raise EINVAL("what was without a limit stays so")
        if (pages and self.used_pages > pages) or (inodes and self.used_inodes > inodes):
            raise EINVAL("there is more in it already")
        if pages is not None:
            self.max_pages = pages
        if inodes is not None:
            self.max_inodes = inodes

    def show_options(self) -> str:
        """Limits, root mode and owner, where they are not the default."""
        shown = ""
        if self.max_pages != self._default:
            shown += f",size={self.max_pages * PAGE_SIZE // 1024}k"
        if self.max_inodes != self._default:
            shown += f",nr_inodes={self.max_inodes}"
        if self.mode != DEFAULT_MODE:
            shown += f",mode={self.mode:03o}"
        uid, gid = self._owner
        return shown + (f",uid={uid}" if uid else "") + (f",gid={gid}" if gid else "")


def make_tmpfs(vfs: Vfs, options: bytes) -> TmpfsSuperBlock:
    """A tmpfs for mount(2): size, nr_blocks, nr_inodes, mode, uid and gid. EINVAL."""
    from emu.kernel.fs.tmpfs.options import parse_options

    return TmpfsSuperBlock(vfs, **vars(parse_options(options, vfs.kernel.ram.size)))


def check_tmpfs(vfs: Vfs, option: bytes) -> None:
    """EINVAL for an option that a tmpfs does not take."""
    from emu.kernel.fs.tmpfs.options import parse_options

    parse_options(option, vfs.kernel.ram.size)
