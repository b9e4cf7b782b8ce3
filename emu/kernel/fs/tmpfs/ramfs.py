"""ramfs: a tmpfs that knows no limits. See fs/ramfs/inode.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.fs.tmpfs.super_block import TmpfsSuperBlock
from emu.kernel.uapi.mount import RAMFS_MAGIC
from emu.kernel.vfs.super_block import Kstatfs

if TYPE_CHECKING:
    from emu.kernel.vfs.vfs import Vfs

DEFAULT_MODE = 0o755


class RamfsSuperBlock(TmpfsSuperBlock):
    """Files in memory, as many and as large as the machine has."""

    fs_type = b"ramfs"
    magic = RAMFS_MAGIC

    def __init__(self, vfs: Vfs, mode: int = DEFAULT_MODE) -> None:
        super().__init__(vfs, max_pages=0, max_inodes=0, mode=mode)

    def statfs(self) -> Kstatfs:
        """Nothing but the type, as Linux answers."""
        return Kstatfs(self.magic)

    def reconfigure(self, options: bytes) -> None:
        """Nothing can be changed; what is not known is ignored, as Linux does."""

    def show_options(self) -> str:
        """The root's mode, where it is not the default."""
        return f",mode={self.mode:o}" if self.mode != DEFAULT_MODE else ""


def make_ramfs(vfs: Vfs, options: bytes) -> RamfsSuperBlock:
    """A ramfs for mount(2): mode. What else is said is ignored, as Linux does."""
    from emu.kernel.fs.tmpfs.options import parse_options

    mode = DEFAULT_MODE
    for option in options.split(b","):
        if option.startswith(b"mode="):
            try:
                mode = parse_options(option, 0).mode or 0
            except EINVAL:
                continue
    return RamfsSuperBlock(vfs, mode)
