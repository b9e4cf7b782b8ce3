"""Inodes of procfs: directories, files whose text is made when read, and links."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from emu.kernel.fs.procfs.given_names import GivenNames
from emu.kernel.fs.procfs.text import GENERATED
from emu.kernel.uapi.stat import S_IFDIR, S_IFLNK, S_IFMT, S_IFREG
from emu.kernel.vfs.inode import DirEntry, Inode

if TYPE_CHECKING:
    from emu.kernel.vfs.file_operations import FileOperations
    from emu.kernel.vfs.path import VfsPath
    from emu.kernel.vfs.super_block import SuperBlock

Show = Callable[[], bytes]
Store = Callable[[bytes], None]
Target = Callable[[], "bytes | VfsPath"]


class ProcInode(Inode):
    """Any inode of procfs."""

    __slots__ = ()

    @property
    def blksize(self) -> int:
        """As Linux has it for procfs."""
        return 1024

    def touch_atime(self) -> None:
        """Times mean nothing here."""

    def touch_atime_always(self) -> None:
        """Times mean nothing here."""

    def touch_mtime(self) -> None:
        """Times mean nothing here."""


class ProcDirectory(GivenNames, ProcInode):
    """A directory with entries of its own, and what a subclass adds with `find` and `others`."""

    __slots__ = ("entries",)

    def __init__(
        self, sb: SuperBlock, mode: int = 0o555, *, uid: int = 0, gid: int = 0, ino: int = 0
    ) -> None:
        super().__init__(sb, S_IFDIR | mode, uid=uid, gid=gid, ino=ino)
        self.entries: dict[bytes, Inode] = {}

    def add(self, name: bytes, inode: Inode) -> Inode:
        """Put an inode into the directory."""
        self.entries[name] = inode
        if inode.is_dir:
            self.nlink += 1
        return inode

    def find(self, name: bytes) -> Inode | None:
        """An inode that is not in `entries`; the same one each time."""
        return None

    def others(self) -> Sequence[DirEntry]:
        """What is not in `entries`."""
        return []

    def lookup(self, name: bytes) -> Inode | None:
        """The inode of a name."""
        inode = self.entries.get(name)
        return self.find(name) if inode is None else inode

    def iterate(self) -> Sequence[DirEntry]:
        """All names."""
        own = [DirEntry(n, i.ino, i.mode & S_IFMT) for n, i in self.entries.items()]
        return [*own, *self.others()]

    def add_link(self, name: bytes, target: Target) -> None:
        """Add a symbolic link by the function that tells where it leads."""
        self.add(name, ProcLink(self.sb, target, uid=self.uid, gid=self.gid))


class ProcFile(ProcInode):
    """A file whose text a function makes. `operations` say how it is read and written."""

    __slots__ = ("show", "store")

    def __init__(
        self,
        sb: SuperBlock,
        mode: int,
        show: Show,
        store: Store | None = None,
        *,
        uid: int = 0,
        gid: int = 0,
        ino: int = 0,
        operations: FileOperations = GENERATED,
    ) -> None:
        super().__init__(sb, S_IFREG | mode, uid=uid, gid=gid, ino=ino)
        self.show = show
        self.store = store
        self.fop = operations

    def truncate(self, size: int) -> None:
        """What a shell's > does before it writes: nothing to cut."""


class ProcLink(ProcInode):
    """A symbolic link; one that leads to a place itself is a magic link."""

    __slots__ = ("target",)

    def __init__(
        self, sb: SuperBlock, target: Target, *, uid: int = 0, gid: int = 0, ino: int = 0
    ) -> None:
        super().__init__(sb, S_IFLNK | 0o777, uid=uid, gid=gid, ino=ino)
        self.target = target

    def get_link(self) -> bytes | VfsPath:
        """Where it leads now."""
        return self.target()
