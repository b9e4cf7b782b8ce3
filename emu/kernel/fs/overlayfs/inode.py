"""Files and directories of an overlay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EINVAL, EISDIR, ENOTEMPTY, EXDEV
from emu.kernel.fs.overlayfs import real
from emu.kernel.fs.overlayfs.copy_up import copy_up
from emu.kernel.fs.overlayfs.file import OVERLAYFS_FILE
from emu.kernel.uapi.stat import S_IFCHR, S_IFMT, S_IFREG
from emu.kernel.vfs.dentry import Dentry
from emu.kernel.vfs.inode import DirEntry, Inode, special_fop
from emu.kernel.vfs.path import VfsPath

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.fs.overlayfs.super_block import OverlayfsSuperBlock
    from emu.kernel.mm.page_cache import PageCache
    from emu.kernel.vfs.file_operations import FileOperations


class OverlayfsInode(Inode):
    """`upper` is where it is in the upper directory; `lowers` where it is, or is merged, below.

    `parent` and `name` say where a copy of it goes. `hidden_links` is how many names it has more
    (or less) than the real file.
    """

    __slots__ = ("hidden_links", "lowers", "name", "parent", "upper")

    sb: OverlayfsSuperBlock

    def __init__(
        self,
        sb: OverlayfsSuperBlock,
        parent: OverlayfsInode | None,
        name: bytes,
        upper: VfsPath | None,
        lowers: list[VfsPath],
    ) -> None:
        self.parent = parent
        self.name = name
        self.upper = upper
        self.lowers = lowers
        self.hidden_links = 0
        found = self.real.inode
        super().__init__(sb, found.mode, rdev=found.rdev, ino=sb.ino_of(found))
        self.refresh()

    @property
    def real(self) -> VfsPath:
        """Where the file is that this one stands for."""
        return self.lowers[0] if self.upper is None else self.upper

    def default_fop(self) -> FileOperations:
        """Regular files are the real ones; the type decides the rest."""
        if self.mode & S_IFMT == S_IFREG:
            return OVERLAYFS_FILE
        return special_fop(self.sb.vfs, self.mode)

    def refresh(self) -> None:
        """Take over what the real file is now."""
        found = self.real.inode
        found.refresh()
        self.mode, self.uid, self.gid, self.size = found.mode, found.uid, found.gid, found.size
        self.atime_ns, self.mtime_ns = found.atime_ns, found.mtime_ns
        self.ctime_ns = found.ctime_ns
        if self.is_dir and found.nlink:
            self.nlink = 1 if self.lowers and self.upper else found.nlink
        else:
            self.nlink = found.nlink + self.hidden_links

    def copied_up(self, path: VfsPath) -> None:
        """It is in the upper directory now, under one of its names."""
        if not self.is_dir:
            self.hidden_links = max(self.nlink - 1, 0)
            self.lowers = []
        self.upper = path
        self.sb.remember(self, path.inode)
        self.refresh()

    @property
    def mapping(self) -> PageCache | None:
        """The real file's pages."""
        return self.real.inode.mapping

    @property
    def blocks(self) -> int:
        """As the real file has them."""
        return self.real.inode.blocks

    @property
    def blksize(self) -> int:
        """As the real file has it."""
        return self.real.inode.blksize

    def lookup(self, name: bytes) -> Inode | None:
        """The inode of a name, merged of all directories that have it."""
        upper, lowers = self._find(name)
        if upper is None and not lowers:
            return None
        return self.sb.inode_of(self, name, upper, lowers)

    def _find(self, name: bytes) -> tuple[VfsPath | None, list[VfsPath]]:
        upper = None
        if self.upper is not None:
            dentry = self.upper.dentry.lookup(name)
            if dentry.inode is not None:
                if real.is_whiteout(dentry.inode):
                    return None, []
                upper = VfsPath(self.upper.mount, dentry)
                if not dentry.inode.is_dir or self.sb.is_opaque(dentry.inode):
                    return upper, []
        return upper, self._find_below(name, only_folders=upper is not None)

    def _find_below(self, name: bytes, *, only_folders: bool = False) -> list[VfsPath]:
        found: list[VfsPath] = []
        for lower in self.lowers:
            dentry = lower.dentry.lookup(name)
            inode = dentry.inode
            if inode is None:
                continue
            if real.is_whiteout(inode):
                break
            if not inode.is_dir:
                if not found and not only_folders:
                    found.append(VfsPath(lower.mount, dentry))
                break
            found.append(VfsPath(lower.mount, dentry))
            if self.sb.is_opaque(inode):
                break
        return found

    def iterate(self) -> Sequence[DirEntry]:
        """The upper directory's names, then those of each lower one that nothing hides."""
        lines: dict[bytes, DirEntry] = {}
        hidden: set[bytes] = set()
        for layer in [*([self.upper] if self.upper else []), *self.lowers]:
            directory = layer.inode
            dev = directory.sb.dev
            for name, ino, kind in directory.iterate():
                if name in lines or name in hidden:
                    continue
                if kind == S_IFCHR and real.is_whiteout(real.inode_of(layer.dentry.lookup(name))):
                    hidden.add(name)
                else:
                    lines[name] = DirEntry(name, self.sb.ino_at(dev, ino), kind)
        return list(lines.values())

    def create(self, name: bytes, mode: int, cred: Credentials) -> Inode:
        """Make a regular file."""
        return self._make(name, lambda directory: directory.create(name, mode, cred))

    def mkdir(self, name: bytes, mode: int, cred: Credentials) -> Inode:
        """Make a directory; it hides those of its name below."""
        inode = self._make(name, lambda directory: directory.mkdir(name, mode, cred))
        if self._find_below(name):
            self.sb.set_opaque(inode.real.inode)
        return inode

    def mknod(self, name: bytes, mode: int, rdev: int, cred: Credentials) -> Inode:
        """Make a device, a named pipe or a socket."""
        return self._make(name, lambda directory: directory.mknod(name, mode, rdev, cred))

    def symlink(self, name: bytes, target: bytes, cred: Credentials) -> Inode:
        """Make a symbolic link."""
        return self._make(name, lambda directory: directory.symlink(name, target, cred))

    def _make(self, name: bytes, how: Callable[[Inode], Inode]) -> OverlayfsInode:
        upper = self._writable()
        dentry = real.make(upper.dentry, name, how)
        self.refresh()
        return self.sb.inode_of(self, name, VfsPath(upper.mount, dentry), [])

    def link(self, inode: Inode, name: bytes) -> None:
        """Give a file another name."""
        assert isinstance(inode, OverlayfsInode)
        origin = copy_up(inode).inode

        def how(directory: Inode) -> Inode:
            directory.link(origin, name)
            return origin

        real.make(self._writable().dentry, name, how)
        inode.parent, inode.name = self, name
        inode.refresh()
        self.refresh()

    def tmpfile(self, mode: int, cred: Credentials) -> Inode:
        """Make a regular file without a name."""
        upper = self._writable()
        inode = upper.inode.tmpfile(mode, cred)
        inode.linkable = True
        dentry = Dentry(upper.dentry, b"#%d" % inode.ino, inode, inode.sb)
        dentry.dead = True
        return self.sb.inode_of(self, dentry.name, VfsPath(upper.mount, dentry), [])

    def unlink(self, name: bytes, inode: Inode) -> None:
        """Take away a name; a whiteout takes the place of one that is below."""
        assert isinstance(inode, OverlayfsInode)
        upper = self._writable()
        self._take_away(upper, name, inode)
        if self._find_below(name):
            real.make_whiteout(upper.dentry, name)
        inode.refresh()
        self.refresh()

    def rmdir(self, name: bytes, inode: Inode) -> None:
        """Take away an empty directory."""
        assert isinstance(inode, OverlayfsInode)
        if inode.iterate():
            raise ENOTEMPTY
        self.unlink(name, inode)
        inode.nlink = 0

    def _take_away(self, upper: VfsPath, name: bytes, inode: OverlayfsInode) -> None:
        """Remove what the upper directory has of a name, if it has anything."""
        dentry = upper.dentry.lookup(name)
        if dentry.inode is None:
            inode.hidden_links -= 1
            return
        if dentry.inode.is_dir:
            _remove_whiteouts(dentry)
        real.remove(dentry)

    def rename(
        self,
        name: bytes,
        inode: Inode,
        new_directory: Inode,
        new_name: bytes,
        replaced: Inode | None,
        exchange: bool = False,
    ) -> None:
        """Move a name. EXDEV for a directory that is, or is merged with, one below."""
        assert isinstance(inode, OverlayfsInode)
        assert isinstance(new_directory, OverlayfsInode)
        assert replaced is None or isinstance(replaced, OverlayfsInode)
        if _is_below(inode) or (exchange and _is_below(replaced)):
            raise EXDEV("a directory of a lower layer")
        if replaced is not None and replaced.is_dir and not exchange and replaced.iterate():
            raise ENOTEMPTY
        copy_up(inode)
        source, target = self._writable(), new_directory._writable()
        if inode.is_dir and new_directory._find_below(new_name):
            self.sb.set_opaque(inode.real.inode)
        if exchange:
            assert replaced is not None
            copy_up(replaced)
            if replaced.is_dir and self._find_below(name):
                self.sb.set_opaque(replaced.real.inode)
            real.exchange(source.dentry.lookup(name), target.dentry.lookup(new_name))
            replaced.parent, replaced.name = self, name
        else:
            if replaced is not None:
                new_directory._take_away(target, new_name, replaced)
            whiteout = target.dentry.lookup(new_name)
            if whiteout.inode is not None:
                real.remove(whiteout)
            real.rename(source.dentry.lookup(name), target.dentry, new_name)
            if self._find_below(name):
                real.make_whiteout(source.dentry, name)
        inode.parent, inode.name = new_directory, new_name
        for changed in (inode, replaced, self, new_directory):
            if changed is not None:
                changed.refresh()
        if replaced is not None and replaced.is_dir and not exchange:
            replaced.nlink = 0

    def _writable(self) -> VfsPath:
        """This directory in the upper one. EROFS."""
        upper = copy_up(self)
        upper.mount.want_write()
        return upper

    def readlink(self) -> bytes:
        """The text of a symbolic link."""
        if not self.is_symlink:
            raise EINVAL("not a symbolic link")
        return self.real.inode.readlink()

    def setattr(self, **changes: Any) -> None:
        """Change attributes of the copy in the upper directory."""
        copy_up(self).inode.setattr(**changes)
        self.refresh()

    def truncate(self, size: int) -> None:
        """Cut or extend the copy in the upper directory."""
        if self.is_dir:
            raise EISDIR
        copy_up(self).inode.truncate(size)
        self.refresh()

    def getxattr(self, name: bytes) -> bytes:
        """Of the real file; the overlay's own marks are out of sight."""
        return self.real.inode.getxattr(self.sb.escaped(name))

    def setxattr(self, name: bytes, value: bytes, *, create: bool, replace: bool) -> None:
        """Of the copy in the upper directory."""
        upper = copy_up(self).inode
        upper.setxattr(self.sb.escaped(name), value, create=create, replace=replace)
        self.refresh()

    def listxattr(self) -> list[bytes]:
        """Those of the real file that are not the overlay's."""
        names = self.real.inode.listxattr()
        return [self.sb.unescaped(name) for name in names if not self.sb.is_private(name)]

    def removexattr(self, name: bytes) -> None:
        """Of the copy in the upper directory."""
        self.getxattr(name)
        copy_up(self).inode.removexattr(self.sb.escaped(name))
        self.refresh()

    def touch_atime(self) -> None:
        """Only what is in the upper directory keeps such times."""
        if self.upper is not None:
            self.upper.inode.touch_atime()
            self.atime_ns = self.upper.inode.atime_ns

    def touch_atime_always(self) -> None:
        """Only what is in the upper directory keeps such times."""
        if self.upper is not None:
            self.upper.inode.touch_atime_always()
            self.atime_ns = self.upper.inode.atime_ns

    def touch_mtime(self) -> None:
        """Note that its contents changed."""
        if self.upper is not None:
            self.upper.inode.touch_mtime()
            self.refresh()

    def touch_ctime(self) -> None:
        """Note that its attributes changed."""
        if self.upper is not None:
            self.upper.inode.touch_ctime()
            self.refresh()


def _is_below(inode: OverlayfsInode | None) -> bool:
    """Whether it is a directory that a layer below has, alone or too."""
    return inode is not None and inode.is_dir and bool(inode.lowers)


def _remove_whiteouts(directory: Dentry) -> None:
    """Empty a directory that holds nothing else."""
    for name, _, _ in list(real.inode_of(directory).iterate()):
        real.remove(directory.lookup(name))
