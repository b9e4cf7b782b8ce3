"""Directories and links that the kernel itself makes: what sysfs, debugfs and configfs share.

Names come and go behind the dentries' backs, so the super blocks are `volatile`; an inode lives as
long as its name, and an open file keeps it for longer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from emu.kernel.errno import EACCES, EEXIST, EINVAL
from emu.kernel.uapi.stat import S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, S_IRUGO, S_IWUGO
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE
from emu.kernel.vfs.inode import DirEntry, Inode

if TYPE_CHECKING:
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import FileOperations
    from emu.kernel.vfs.super_block import SuperBlock


def raw_name(name: str) -> bytes:
    """A name's bytes; what came from a program and is no UTF-8 becomes what it was."""
    return name.encode(errors="surrogateescape")


def check_open(file: File, inode: Inode, *, readable: bool, writable: bool) -> None:
    """EACCES for what the mode or the attribute does not let even the superuser do."""
    if file.mode & FMODE_WRITE and not (inode.mode & S_IWUGO and writable):
        raise EACCES("the attribute cannot be written")
    if file.mode & FMODE_READ and not (inode.mode & S_IRUGO and readable):
        raise EACCES("the attribute cannot be read")


class KernelInode(Inode):
    """Any inode of such a file system. Contents have no times of their own."""

    __slots__ = ()

    def touch_atime(self) -> None:
        """Reading is no change."""

    def truncate(self, size: int) -> None:
        """What a shell's > does before it writes: nothing to cut."""


class KernelDirectory(KernelInode):
    """A directory of names that the kernel added."""

    __slots__ = ("entries",)

    def __init__(self, sb: SuperBlock, mode: int = 0o755, *, uid: int = 0, gid: int = 0) -> None:
        super().__init__(sb, S_IFDIR | mode, uid=uid, gid=gid)
        self.entries: dict[bytes, Inode] = {}

    def add(self, name: bytes, inode: Inode) -> None:
        """Give an inode a name here. EEXIST; EINVAL for what is no name."""
        if not name or b"/" in name or b"\0" in name or name in (b".", b".."):
            raise EINVAL(f"{name!r} is no name")
        if name in self.entries:
            raise EEXIST(name.decode(errors="replace"))
        self.entries[name] = inode
        self.nlink += inode.is_dir
        self.touch_mtime()

    def remove(self, name: bytes) -> None:
        """Take a name away, if it is there."""
        inode = self.entries.pop(name, None)
        if inode is not None:
            self.nlink -= inode.is_dir
            self.touch_mtime()

    def lookup(self, name: bytes) -> Inode | None:
        """The inode of a name."""
        return self.entries.get(name)

    def iterate(self) -> Sequence[DirEntry]:
        """All names."""
        return [DirEntry(n, i.ino, i.mode & S_IFMT) for n, i in self.entries.items()]


class KernelLink(KernelInode):
    """A symbolic link; its text may depend on where things are now."""

    __slots__ = ("target",)

    def __init__(self, sb: SuperBlock, target: Callable[[], bytes]) -> None:
        super().__init__(sb, S_IFLNK | 0o777)
        self.target = target

    def readlink(self) -> bytes:
        """Where it leads."""
        return self.target()


class KernelFile(KernelInode):
    """A regular file with file operations of its own; `private` is theirs."""

    __slots__ = ()

    def __init__(
        self,
        sb: SuperBlock,
        mode: int,
        operations: FileOperations,
        private: object = None,
        *,
        size: int = 0,
    ) -> None:
        super().__init__(sb, S_IFREG | mode)
        self.fop = operations
        self.private = private
        self.size = size
