"""Files and directories of a tmpfs. See mm/shmem.c."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.errno import EINVAL, EISDIR, EMLINK, ENODATA, ENOTEMPTY
from emu.kernel.fs.tmpfs.directory import FIRST_NUMBER, TMPFS_DIRECTORY
from emu.kernel.fs.tmpfs.super_block import TmpfsSuperBlock
from emu.kernel.fs.xattrs import Xattrs
from emu.kernel.mm.page_cache import PageCache
from emu.kernel.uapi.capability import XATTR_NAME_CAPS
from emu.kernel.uapi.stat import S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG
from emu.kernel.vfs.filemap import PagedFile, PagedInode
from emu.kernel.vfs.inode import DirEntry, Inode, owner_of_new, special_fop

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.vfs.file_operations import FileOperations

BOGO_DIRENT_SIZE = 20
LINK_MAX = 0xFFFFFFFF

REGULAR = PagedFile()


class TmpfsInode(PagedInode):
    """A file of any type. The page cache is the store of its contents."""

    __slots__ = ("_cache", "_charged", "_last_number", "children", "numbers", "target", "xattrs")

    sb: TmpfsSuperBlock

    def __init__(
        self, sb: TmpfsSuperBlock, mode: int, *, uid: int = 0, gid: int = 0, rdev: int = 0
    ) -> None:
        sb.will_add_inode()
        super().__init__(sb, mode, uid=uid, gid=gid, rdev=rdev)
        sb.used_inodes += 1
        self._cache: PageCache | None = None
        self._charged = 0
        self.children: dict[bytes, TmpfsInode] = {}
        self.numbers: dict[bytes, int] = {}
        """The position of each name: see `emu.kernel.fs.tmpfs.directory`."""
        self._last_number = FIRST_NUMBER
        self.target = b""
        self.xattrs: Xattrs | None = None
        if mode & S_IFMT == S_IFDIR:
            self.size = 2 * BOGO_DIRENT_SIZE

    def __del__(self) -> None:
        # An inode that hit the limit was never counted.
        if hasattr(self, "_charged"):
            self.sb.used_inodes -= 1
            self.sb.used_pages -= self._charged

    def default_fop(self) -> FileOperations:
        """Regular files are in the page cache; the type decides the rest."""
        kind = self.mode & S_IFMT
        if kind == S_IFREG:
            return REGULAR
        if kind == S_IFDIR:
            return TMPFS_DIRECTORY
        return special_fop(self.sb.vfs, self.mode)

    @property
    def pages(self) -> PageCache:
        """The store."""
        if self._cache is None:
            self._cache = self.make_cache()
        return self._cache

    @property
    def blocks(self) -> int:
        """Units of 512 bytes in frames."""
        return 0 if self._cache is None else len(self._cache.pages) * (PAGE_SIZE // 512)

    def make_cache(self) -> PageCache:
        """A new store."""
        return PageCache(self.sb.vfs.kernel.ram)

    def will_add_pages(self, count: int) -> None:
        """ENOSPC if the file system has no room for them."""
        self.sb.will_add_pages(count)

    def pages_changed(self) -> None:
        """Count the pages again, those that mappings made too."""
        count = 0 if self._cache is None else len(self._cache.pages)
        self.sb.used_pages += count - self._charged
        self._charged = count

    def truncate(self, size: int) -> None:
        """Cut or extend the contents."""
        if self.is_dir:
            raise EISDIR
        if not self.is_regular:
            raise EINVAL("only regular files have contents")
        if size < self.size and self._cache is not None:
            # The size first: a fault that comes meanwhile must see the new one.
            self.size = size
            self._cache.truncate(size)
            self.pages_changed()
        self.size = size

    def is_touched_by_truncation(self, size: int) -> bool:
        """Not if its size stays and it has no pages: see shmem_setattr."""
        return size != self.size or self.blocks > 0

    def lookup(self, name: bytes) -> Inode | None:
        """The inode of a name."""
        return self.children.get(name)

    def iterate(self) -> Sequence[DirEntry]:
        """All names, the newest first."""
        return [
            DirEntry(name, inode.ino, inode.mode & S_IFMT)
            for name, inode in reversed(self.children.items())
        ]

    @property
    def has_all_names(self) -> bool:
        """Whether all names of a directory are in memory, each with its number."""
        return True

    def numbered_names(self) -> list[tuple[int, bytes]]:
        """The names of a directory and their numbers, the newest first."""
        return [(number, name) for name, number in reversed(self.numbers.items())]

    def create(self, name: bytes, mode: int, cred: Credentials) -> Inode:
        """Make a regular file."""
        return self._add(name, self._new(mode, cred))

    def mkdir(self, name: bytes, mode: int, cred: Credentials) -> Inode:
        """Make a directory."""
        inode = self._add(name, self._new(mode, cred))
        self.nlink += 1
        return inode

    def mknod(self, name: bytes, mode: int, rdev: int, cred: Credentials) -> Inode:
        """Make a device, a named pipe or a socket."""
        return self._add(name, self._new(mode, cred, rdev))

    def symlink(self, name: bytes, target: bytes, cred: Credentials) -> Inode:
        """Make a symbolic link."""
        inode = self._new(S_IFLNK | 0o777, cred)
        inode.target = target
        inode.size = len(target)
        return self._add(name, inode)

    def link(self, inode: Inode, name: bytes) -> None:
        """Give a file another name. EMLINK."""
        assert isinstance(inode, TmpfsInode)
        if inode.nlink >= LINK_MAX:
            raise EMLINK
        if inode.nlink and self.sb.counts_links:
            self.sb.will_add_inode()
            self.sb.used_inodes += 1
        inode.nlink += 1
        inode.touch_ctime()
        self._add(name, inode)

    def tmpfile(self, mode: int, cred: Credentials) -> Inode:
        """Make a regular file without a name."""
        inode = self._new(mode, cred)
        inode.nlink = 0
        return inode

    def unlink(self, name: bytes, inode: Inode) -> None:
        """Take away a name."""
        self._remove(name)
        if inode.nlink > 1 and self.sb.counts_links:
            self.sb.used_inodes -= 1
        inode.nlink -= 1
        inode.ctime_ns = self.mtime_ns

    def rmdir(self, name: bytes, inode: Inode) -> None:
        """Take away an empty directory."""
        assert isinstance(inode, TmpfsInode)
        if not inode.is_empty():
            raise ENOTEMPTY
        self._remove(name)
        self.nlink -= 1
        inode.nlink = 0
        inode.ctime_ns = self.mtime_ns

    def rename(
        self,
        name: bytes,
        inode: Inode,
        new_directory: Inode,
        new_name: bytes,
        replaced: Inode | None,
        exchange: bool = False,
    ) -> None:
        """Move a name, also of a directory with all in it."""
        assert isinstance(inode, TmpfsInode)
        assert isinstance(new_directory, TmpfsInode)
        if exchange:
            assert isinstance(replaced, TmpfsInode)
            self.children[name], new_directory.children[new_name] = replaced, inode
            moved = inode.is_dir - replaced.is_dir
            self.nlink -= moved
            new_directory.nlink += moved
            self._put_first(name)
            new_directory._put_first(new_name)
            self.touch_mtime()
            replaced.touch_ctime()
        else:
            if replaced is not None:
                if replaced.is_dir:
                    new_directory.rmdir(new_name, replaced)
                else:
                    new_directory.unlink(new_name, replaced)
            self._remove(name)
            new_directory._add(new_name, inode)
            if inode.is_dir:
                self.nlink -= 1
                new_directory.nlink += 1
        new_directory.touch_mtime()
        inode.touch_ctime()

    def is_empty(self) -> bool:
        """Whether a directory holds nothing."""
        return not self.children

    def readlink(self) -> bytes:
        """The text of a symbolic link."""
        if not self.is_symlink:
            raise EINVAL("not a symbolic link")
        return self.target

    def new_whiteout(self, cred: Credentials) -> Inode:
        """A character device 0:0."""
        return self._new(S_IFCHR, cred)

    def put_whiteout(self, name: bytes, whiteout: Inode) -> None:
        """Give it the name."""
        assert isinstance(whiteout, TmpfsInode)
        self._add(name, whiteout)

    @property
    def has_acls(self) -> bool:
        """They are kept in the inode."""
        return True

    def getxattr(self, name: bytes) -> bytes:
        """See `Xattrs.get`."""
        if self.xattrs is None:
            raise ENODATA
        return self.xattrs.get(name)

    def setxattr(self, name: bytes, value: bytes, *, create: bool, replace: bool) -> None:
        """See `Xattrs.set`."""
        if self.xattrs is None:
            self.xattrs = Xattrs()
        self.xattrs.set(name, value, create=create, replace=replace)
        if name == XATTR_NAME_CAPS:
            self.has_file_capabilities = True
        self.touch_ctime()

    def listxattr(self) -> list[bytes]:
        """The names of the extended attributes."""
        return [] if self.xattrs is None else self.xattrs.names()

    def removexattr(self, name: bytes) -> None:
        """See `Xattrs.remove`."""
        if self.xattrs is None:
            raise ENODATA
        self.xattrs.remove(name)
        self.touch_ctime()

    def make_inode(self, mode: int, uid: int, gid: int, rdev: int) -> TmpfsInode:
        """A new inode of this file system."""
        return TmpfsInode(self.sb, mode, uid=uid, gid=gid, rdev=rdev)

    def _new(self, mode: int, cred: Credentials, rdev: int = 0) -> TmpfsInode:
        mode, uid, gid = owner_of_new(self, mode, cred)
        default = self.default_acl
        if default is None or mode & S_IFMT == S_IFLNK:
            return self.make_inode(mode, uid, gid, rdev)
        from emu.kernel.vfs.posix_acl import inherited_acl

        mode, acl = inherited_acl(default, mode)
        inode = self.make_inode(mode, uid, gid, rdev)
        inode.acl = acl
        if inode.is_dir:
            inode.default_acl = default
        return inode

    def _add(self, name: bytes, inode: TmpfsInode) -> TmpfsInode:
        self.children[name] = inode
        self._last_number += 1
        self.numbers[name] = self._last_number
        self.size += BOGO_DIRENT_SIZE
        self.touch_mtime()
        return inode

    def _put_first(self, name: bytes) -> None:
        """Make a name the first that is listed."""
        self.children[name] = self.children.pop(name)
        self.numbers.pop(name, None)
        self._last_number += 1
        self.numbers[name] = self._last_number

    def _remove(self, name: bytes) -> None:
        del self.children[name]
        self.numbers.pop(name, None)
        self.size -= BOGO_DIRENT_SIZE
        self.touch_mtime()
