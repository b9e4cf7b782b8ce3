"""Files themselves, whatever their names. See struct inode and struct inode_operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from emu.kernel.errno import EINVAL, ENOTDIR, EOPNOTSUPP, EPERM
from emu.kernel.uapi.capability import CAP_FSETID
from emu.kernel.uapi.stat import (
    S_IFCHR,
    S_IFDIR,
    S_IFIFO,
    S_IFLNK,
    S_IFMT,
    S_IFREG,
    S_ISGID,
    S_IXGRP,
)
from emu.kernel.vfs.c_names import InodeNames

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.mm.page_cache import PageCache
    from emu.kernel.vfs.file_operations import FileOperations
    from emu.kernel.vfs.locks import FileLocks
    from emu.kernel.vfs.path import VfsPath
    from emu.kernel.vfs.posix_acl import Acl
    from emu.kernel.vfs.super_block import SuperBlock
    from emu.kernel.vfs.vfs import Vfs


class DirEntry(NamedTuple):
    """One line of a directory: `type` is the S_IFMT part of the mode."""

    name: bytes
    ino: int
    type: int


class Inode(InodeNames):
    """A file. Times are in nanoseconds since the epoch.

    The methods are the inode operations. A directory overrides those that its file system has;
    the others answer as Linux does for an operation that is not there. The caller has checked
    permissions and that names are free or taken.
    """

    __slots__ = (
        "__weakref__", "acl", "atime_ns", "btime_ns", "ctime_ns", "default_acl", "fop", "gid",
        "has_file_capabilities", "ino", "linkable", "locks", "mode", "mtime_ns", "nlink",
        "open_count", "private", "rdev", "sb", "size", "uid", "write_count",
    )  # fmt: skip

    def __init__(
        self,
        sb: SuperBlock,
        mode: int,
        *,
        uid: int = 0,
        gid: int = 0,
        rdev: int = 0,
        ino: int = 0,
    ) -> None:
        self.sb = sb
        self.ino = ino or sb.new_ino()
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.rdev = rdev
        self.nlink = 2 if mode & S_IFMT == S_IFDIR else 1
        self.size = 0
        self.atime_ns = self.mtime_ns = self.ctime_ns = self.btime_ns = sb.now()
        self.locks: FileLocks | None = None
        self.write_count = 0
        """How many files have it open to write; negative while programs run it."""
        self.open_count = 0
        """How many open files are of it."""
        self.linkable = False
        """Whether link may name it though it has no name: made by O_TMPFILE."""
        self.acl: Acl | None = None
        self.default_acl: Acl | None = None
        self.has_file_capabilities = False
        """Whether it may have the attribute security.capability, which changes take away."""
        self.private: object = None
        """What a pipe or another subsystem keeps with the inode."""
        self.fop: FileOperations = self.default_fop()

    def default_fop(self) -> FileOperations:
        """The file operations of a new inode, by its type: see init_special_inode."""
        return special_fop(self.sb.vfs, self.mode)

    @property
    def mapping(self) -> PageCache | None:
        """The pages of a file that can be mapped."""
        return None

    @property
    def is_dir(self) -> bool:
        """Whether it is a directory."""
        return self.mode & S_IFMT == S_IFDIR

    @property
    def is_regular(self) -> bool:
        """Whether it is a regular file."""
        return self.mode & S_IFMT == S_IFREG

    @property
    def is_symlink(self) -> bool:
        """Whether it is a symbolic link."""
        return self.mode & S_IFMT == S_IFLNK

    @property
    def is_special(self) -> bool:
        """Whether it is a device or a named pipe."""
        return self.mode & S_IFMT in (S_IFCHR, S_IFIFO, 0o060000)

    @property
    def blocks(self) -> int:
        """How many units of 512 bytes it occupies."""
        return 0

    @property
    def blksize(self) -> int:
        """The size for efficient reads and writes."""
        return 4096

    @property
    def has_acls(self) -> bool:
        """Whether the file system keeps access control lists."""
        return False

    def new_whiteout(self, cred: Credentials) -> Inode:
        """A nameless inode that hides a name of a lower layer. EINVAL, ENOSPC."""
        raise EINVAL("no whiteouts here")

    def put_whiteout(self, name: bytes, whiteout: Inode) -> None:
        """Give a free name in this directory to one."""
        raise EINVAL("no whiteouts here")

    def refresh(self) -> None:
        """Bring the attributes up to date, where somebody else may have changed them."""

    def lookup(self, name: bytes) -> Inode | None:
        """The inode of a name in this directory."""
        raise ENOTDIR

    def iterate(self) -> Sequence[DirEntry]:
        """What is in this directory, without ``.`` and ``..``."""
        raise ENOTDIR

    def create(self, name: bytes, mode: int, cred: Credentials) -> Inode:
        """Make a regular file."""
        raise EPERM("no files can be made here")

    def mkdir(self, name: bytes, mode: int, cred: Credentials) -> Inode:
        """Make a directory."""
        raise EPERM("no directories can be made here")

    def mknod(self, name: bytes, mode: int, rdev: int, cred: Credentials) -> Inode:
        """Make a device, a named pipe or a socket."""
        raise EPERM("no devices can be made here")

    def symlink(self, name: bytes, target: bytes, cred: Credentials) -> Inode:
        """Make a symbolic link."""
        raise EPERM("no links can be made here")

    def link(self, inode: Inode, name: bytes) -> None:
        """Give an inode of this file system another name."""
        raise EPERM("no links can be made here")

    def tmpfile(self, mode: int, cred: Credentials) -> Inode:
        """Make a regular file without a name."""
        raise EOPNOTSUPP("no files without names here")

    def unlink(self, name: bytes, inode: Inode) -> None:
        """Take away a name that is no directory's."""
        raise EPERM("nothing can be removed here")

    def rmdir(self, name: bytes, inode: Inode) -> None:
        """Take away an empty directory. ENOTEMPTY."""
        raise EPERM("nothing can be removed here")

    def rename(
        self,
        name: bytes,
        inode: Inode,
        new_directory: Inode,
        new_name: bytes,
        replaced: Inode | None,
        exchange: bool = False,
    ) -> None:
        """Move a name of this directory, in place of `replaced` or in exchange with it."""
        raise EPERM("nothing can be renamed here")

    def readlink(self) -> bytes:
        """The text of a symbolic link. EINVAL for anything else."""
        raise EINVAL("not a symbolic link")

    def get_link(self) -> bytes | VfsPath:
        """Where a symbolic link leads: a text, or a place itself (a magic link of /proc)."""
        return self.readlink()

    def setattr(
        self,
        *,
        mode: int | None = None,
        uid: int | None = None,
        gid: int | None = None,
        atime_ns: int | None = None,
        mtime_ns: int | None = None,
    ) -> None:
        """Change attributes; the time of the change is noted."""
        if mode is not None:
            self.mode = self.mode & S_IFMT | mode & ~S_IFMT
            if self.acl is not None:
                from emu.kernel.vfs.posix_acl import acl_with_mode

                self.acl = acl_with_mode(self.acl, mode)
        if uid is not None:
            self.uid = uid
        if gid is not None:
            self.gid = gid
        if atime_ns is not None:
            self.atime_ns = atime_ns
        if mtime_ns is not None:
            self.mtime_ns = mtime_ns
        self.ctime_ns = self.sb.now()

    def truncate(self, size: int) -> None:
        """Cut or extend the contents."""
        raise EINVAL("it has no contents to cut")

    def is_touched_by_truncation(self, size: int) -> bool:
        """Whether truncate(2) to a size would change its times."""
        return True

    def getxattr(self, name: bytes) -> bytes:
        """The value of an extended attribute. ENODATA."""
        raise EOPNOTSUPP

    def setxattr(self, name: bytes, value: bytes, *, create: bool, replace: bool) -> None:
        """Set an extended attribute. EEXIST or ENODATA, as asked."""
        raise EOPNOTSUPP

    def listxattr(self) -> list[bytes]:
        """The names of the extended attributes."""
        return []

    def removexattr(self, name: bytes) -> None:
        """Remove an extended attribute. ENODATA."""
        raise EOPNOTSUPP

    def touch_atime(self) -> None:
        """Note that it was read, as the mount option relatime does."""
        atime = self.atime_ns
        if atime <= self.mtime_ns or atime <= self.ctime_ns:
            self.atime_ns = self.sb.now()

    def touch_atime_always(self) -> None:
        """Note that it was read, as the mount option strictatime does."""
        self.atime_ns = self.sb.now()

    def touch_mtime(self) -> None:
        """Note that its contents changed."""
        self.mtime_ns = self.ctime_ns = self.sb.now()

    def touch_ctime(self) -> None:
        """Note that its attributes changed."""
        self.ctime_ns = self.sb.now()

    def __repr__(self) -> str:
        return f"<inode {self.ino} {self.mode:o} of {self.sb.fs_type.decode()}>"


def special_fop(vfs: Vfs, mode: int) -> FileOperations:
    """The file operations that a type alone decides."""
    from emu.kernel.vfs.chrdev import CHARACTER_DEVICE
    from emu.kernel.vfs.file_operations import DIRECTORY, NO_OPEN

    match mode & S_IFMT:
        case 0o040000:
            return DIRECTORY
        case 0o020000:
            return CHARACTER_DEVICE
        case 0o010000:
            return vfs.fifo_operations
        case _:
            return NO_OPEN


def owner_of_new(directory: Inode, mode: int, cred: Credentials) -> tuple[int, int, int]:
    """The mode, uid and gid of a new file in a directory: see inode_init_owner."""
    if not directory.mode & S_ISGID:
        return mode, cred.fsuid, cred.fsgid
    if mode & S_IFMT == S_IFDIR:
        mode |= S_ISGID
    elif mode & (S_ISGID | S_IXGRP) == S_ISGID | S_IXGRP and not (
        cred.in_group(directory.gid) or cred.capable(CAP_FSETID)
    ):
        mode &= ~S_ISGID
    return mode, cred.fsuid, directory.gid
