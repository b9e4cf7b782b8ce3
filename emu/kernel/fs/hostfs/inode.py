"""Files of a host folder. Owners and modes are the host's."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SHIFT, PAGE_SIZE
from emu.kernel.errno import EINVAL, EIO, EPERM, ESTALE, KernelError
from emu.kernel.fs.host_errors import from_host
from emu.kernel.fs.hostfs.file import REGULAR
from emu.kernel.fs.hostfs.super_block import HostfsSuperBlock
from emu.kernel.fs.hostfs.tree import HostNode, check_name
from emu.kernel.mm.page_cache import PageCache
from emu.kernel.uapi.stat import S_IALLUGO, S_IFIFO, S_IFMT, S_IFREG
from emu.kernel.vfs.dev import MKDEV
from emu.kernel.vfs.inode import DirEntry, Inode, special_fop

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.fs.layer import LayerInfo
    from emu.kernel.vfs.file_operations import FileOperations


class HostfsInode(Inode):
    """One host file. `descriptors` are those that open files hold: writable ones come first."""

    __slots__ = ("_cache", "_seen", "descriptors", "host_blocks", "node")

    sb: HostfsSuperBlock

    def __init__(self, sb: HostfsSuperBlock, node: HostNode) -> None:
        self.node = node
        self.descriptors: list[int] = []
        self._cache: PageCache | None = None
        info = node.info
        self._seen = (info.st_mtime_ns, info.st_size)
        rdev = MKDEV(os.major(info.st_rdev), os.minor(info.st_rdev))
        super().__init__(sb, info.st_mode, rdev=rdev, ino=sb.ino_of(node.key))
        self._take(info)

    def default_fop(self) -> FileOperations:
        """Regular files are the host's; devices and pipes of that name are the guest's own."""
        if self.mode & S_IFMT == S_IFREG:
            return REGULAR
        return special_fop(self.sb.vfs, self.mode)

    def found_again(self, node: HostNode) -> None:
        """A look-up came here, perhaps by another name."""
        self.node.parent, self.node.name, self.node.info = node.parent, node.name, node.info
        self._take(node.info)

    def refresh(self) -> None:
        """Look at the host again."""
        try:
            if self.descriptors:
                self._take(os.fstat(self.descriptors[0]))
            else:
                self._take(self.node.look())
        except (OSError, KernelError):
            self.nlink = 0

    def _take(self, info: LayerInfo) -> None:
        self.mode, self.uid, self.gid = info.st_mode, info.st_uid, info.st_gid
        self.nlink, self.size = info.st_nlink, info.st_size
        self.atime_ns, self.mtime_ns = info.st_atime_ns, info.st_mtime_ns
        self.ctime_ns = info.st_ctime_ns
        self.host_blocks = info.st_blocks
        seen = (info.st_mtime_ns, info.st_size)
        if seen != self._seen and self._cache is not None and not self._cache.dirty:
            self._cache.drop()
        self._seen = seen

    @property
    def blocks(self) -> int:
        """As the host counts them."""
        return self.host_blocks

    @property
    def mapping(self) -> PageCache | None:
        """Pages for mappings; plain reads and writes go past them."""
        if not self.is_regular:
            return None
        if self._cache is None:
            writer = None if self.sb.read_only else self._write_page
            self._cache = PageCache(self.sb.vfs.kernel.ram, self._read_page, writer)
        return self._cache

    @property
    def cached(self) -> PageCache | None:
        """The pages, if there are any."""
        return self._cache

    def _read_page(self, index: int, page: memoryview) -> int:
        fd = self.descriptors[0] if self.descriptors else self.node.file_fd()
        try:
            return os.preadv(fd, [page], index << PAGE_SHIFT)
        except OSError:
            # A descriptor that is only for writing; another one can read.
            try:
                return os.preadv(self.node.file_fd(), [page], index << PAGE_SHIFT)
            except OSError as error:
                raise from_host(error) from None

    def _write_page(self, index: int, page: memoryview) -> None:
        pos = index << PAGE_SHIFT
        count = min(PAGE_SIZE, self.size - pos)
        if count <= 0:
            return
        own = None if self.descriptors else self.node.open(os.O_RDWR)
        try:
            os.pwritev(self.descriptors[0] if own is None else own, [page[:count]], pos)
        except OSError as error:
            raise EIO(str(error)) from None
        finally:
            if own is not None:
                os.close(own)

    def lookup(self, name: bytes) -> Inode | None:
        """Ask the host."""
        node = self.node.child(name)
        return None if node is None else self.sb.inode_of(node)

    def iterate(self) -> Sequence[DirEntry]:
        """As the host has it, in order of names."""
        dev = self.node.info.st_dev
        return [
            DirEntry(name, self.sb.ino_of((dev, ino)), kind)
            for name, ino, kind in self.node.entries()
        ]

    def readlink(self) -> bytes:
        """The text of a symbolic link."""
        if not self.is_symlink:
            raise EINVAL("not a symbolic link")
        return self.node.readlink()

    def create(self, name: bytes, mode: int, cred: Credentials) -> Inode:
        """Make a regular file; it belongs to who runs the emulator."""
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC

        def make(folder: int) -> None:
            os.close(os.open(name, flags, mode & 0o777, dir_fd=folder))

        return self._made(name, make, mode)

    def mkdir(self, name: bytes, mode: int, cred: Credentials) -> Inode:
        """Make a folder."""
        return self._made(
            name,
            lambda folder: os.mkdir(name, mode & 0o777, dir_fd=folder),
            mode,
        )

    def mknod(self, name: bytes, mode: int, rdev: int, cred: Credentials) -> Inode:
        """Make a regular file or a named pipe. EPERM: no devices on the host."""
        if mode & S_IFMT == S_IFREG:
            return self.create(name, mode, cred)
        if mode & S_IFMT != S_IFIFO:
            raise EPERM("no devices are made on the host")
        return self._made(name, lambda folder: os.mkfifo(name, mode & 0o777, dir_fd=folder), mode)

    def symlink(self, name: bytes, target: bytes, cred: Credentials) -> Inode:
        """Make a symbolic link, with the text as it is."""
        return self._made(
            name,
            lambda folder: os.symlink(target, name, dir_fd=folder),
            None,
        )

    def link(self, inode: Inode, name: bytes) -> None:
        """Give a file another name, never following a link."""
        assert isinstance(inode, HostfsInode)
        node = inode.node
        if node.parent is None:
            raise EPERM("folders have one name")
        source = node.parent.folder_fd()

        def make(folder: int) -> None:
            os.link(node.name, name, src_dir_fd=source, dst_dir_fd=folder, follow_symlinks=False)

        self._made(name, make, None)

    def unlink(self, name: bytes, inode: Inode) -> None:
        """Take away a name."""
        self._on_host(lambda folder: os.unlink(name, dir_fd=folder))
        inode.refresh()

    def rmdir(self, name: bytes, inode: Inode) -> None:
        """Take away an empty folder."""
        self._on_host(lambda folder: os.rmdir(name, dir_fd=folder))
        inode.nlink = 0

    def rename(
        self,
        name: bytes,
        inode: Inode,
        new_directory: Inode,
        new_name: bytes,
        replaced: Inode | None,
        exchange: bool = False,
    ) -> None:
        """Move a name on the host. EINVAL for an exchange."""
        assert isinstance(inode, HostfsInode)
        assert isinstance(new_directory, HostfsInode)
        if exchange:
            raise EINVAL("the host's names cannot be exchanged")
        check_name(new_name)
        target = new_directory.node.folder_fd()
        self._on_host(
            lambda folder: os.rename(name, new_name, src_dir_fd=folder, dst_dir_fd=target)
        )
        inode.node.parent, inode.node.name = new_directory.node, new_name
        if replaced is not None:
            replaced.refresh()
        self.refresh()
        new_directory.refresh()

    def setattr(
        self,
        *,
        mode: int | None = None,
        uid: int | None = None,
        gid: int | None = None,
        atime_ns: int | None = None,
        mtime_ns: int | None = None,
    ) -> None:
        """Change the host's attributes, as far as the host lets us."""
        with self.node.path() as path:
            if os.stat(path).st_ino != self.node.info.st_ino:
                raise ESTALE("another file has this name now")
            if uid is not None or gid is not None:
                os.chown(path, -1 if uid is None else uid, -1 if gid is None else gid)
            if mode is not None and not self.is_symlink:
                os.chmod(path, mode & S_IALLUGO)
            if atime_ns is not None or mtime_ns is not None:
                self.set_host_times(path, atime_ns, mtime_ns)
        self.refresh()

    def set_host_times(self, path: str, atime_ns: int | None, mtime_ns: int | None) -> None:
        """Set the host's times that are not None. EINVAL."""
        times = (
            self.atime_ns if atime_ns is None else atime_ns,
            self.mtime_ns if mtime_ns is None else mtime_ns,
        )
        try:
            os.utime(path, ns=times)
        except OverflowError:
            raise EINVAL("the host cannot hold this time") from None

    def truncate(self, size: int) -> None:
        """Cut or extend the host's file."""
        own = None if self.descriptors else self.node.open(os.O_WRONLY)
        try:
            os.ftruncate(self.descriptors[0] if own is None else own, size)
        except OSError as error:
            raise from_host(error) from None
        finally:
            if own is not None:
                os.close(own)
        self.size = size
        if self._cache is not None:
            self._cache.truncate(size)
        self.refresh()

    def touch_atime(self) -> None:
        """The host keeps its own times."""

    def touch_atime_always(self) -> None:
        """The host keeps its own times."""

    def touch_mtime(self) -> None:
        """The host keeps its own times."""
        self.refresh()

    def _made(self, name: bytes, make: Callable[[int], None], mode: int | None) -> Inode:
        self._on_host(make, name)
        node = self.node.child(name)
        if node is None:
            raise ESTALE("somebody removed it at once")
        inode = self.sb.inode_of(node)
        # The host applied its own umask; the guest's has been applied already.
        if mode is not None and (node.info.st_mode ^ mode) & 0o777:
            inode.setattr(mode=mode & 0o777)
        return inode

    def _on_host(self, act: Callable[[int], None], name: bytes = b"-") -> None:
        check_name(name)
        try:
            act(self.node.folder_fd())
        except OSError as error:
            raise from_host(error) from None
        self.refresh()
