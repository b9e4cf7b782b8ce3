"""A mounted file system's instance. See struct super_block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.uapi.fs import NAME_MAX
from emu.kernel.uapi.mount import MS_DIRSYNC, MS_LAZYTIME, MS_SYNCHRONOUS
from emu.kernel.vfs.dentry import Dentry, NegativeDentries
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.vfs.export import Exports
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.vfs import Vfs

BLOCK_SIZE = 4096
FLAG_NAMES = ((MS_SYNCHRONOUS, ",sync"), (MS_DIRSYNC, ",dirsync"), (MS_LAZYTIME, ",lazytime"))


@record
class Kstatfs:
    """What statfs(2) tells of a file system, in blocks of `bsize` bytes."""

    type: int
    bsize: int = BLOCK_SIZE
    blocks: int = 0
    bfree: int = 0
    bavail: int = 0
    files: int = 0
    ffree: int = 0
    namelen: int = NAME_MAX


class SuperBlock:
    """One instance of a file system. A subclass for each type sets its name and magic number.

    `volatile` says that names may change behind the kernel's back (on the host), so that every
    step asks the file system again.
    """

    fs_type = b"none"
    magic = 0
    volatile = False
    exportable = False
    """Whether its inodes have handles."""
    stack_depth = 0
    """How many file systems it lies on: overlays on overlays come to an end."""
    fixed_read_only = False
    """Whether no remount may make it writable."""

    def __init__(self, vfs: Vfs) -> None:
        self.vfs = vfs
        self.dev = vfs.allocate_dev()
        self.read_only = False
        self.flags = 0
        """MS_SYNCHRONOUS, MS_DIRSYNC and MS_LAZYTIME, which are only shown."""
        self.source = self.fs_type
        self.negative = NegativeDentries()
        self.exports: Exports | None = None
        self.root: Dentry
        self._last_ino = 0

    def set_root(self, inode: Inode) -> None:
        """Give the file system its root directory."""
        self.root = Dentry(None, b"/", inode, self)

    def new_ino(self) -> int:
        """An inode number that was never used here."""
        self._last_ino += 1
        return self._last_ino

    def reserve_inos(self, count: int) -> int:
        """The first of `count` inode numbers for inodes that may be made later."""
        first = self._last_ino + 1
        self._last_ino += count
        return first

    def statfs(self) -> Kstatfs:
        """How full it is; a file system without a store says nothing but its type."""
        return Kstatfs(self.magic)

    def reconfigure(self, options: bytes) -> None:
        """Take over the options of a remount. EINVAL for what it does not know."""
        if options.strip(b","):
            raise EINVAL(f"{self.fs_type.decode()} takes no options")

    def show_flags(self) -> str:
        """Its flags for /proc/mounts, each with a comma before it."""
        return "".join(name for flag, name in FLAG_NAMES if self.flags & flag)

    def show_options(self) -> str:
        """The options for /proc/mounts beyond the mount's own, each with a comma before it."""
        return ""

    def dname(self, dentry: Dentry) -> bytes | None:
        """What /proc shows for a file without a place in the tree: ``pipe:[7]``."""
        return None

    def now(self) -> int:
        """The time for a time stamp."""
        return self.vfs.kernel.clock.realtime_ns()
