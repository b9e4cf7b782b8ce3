"""A host folder that keeps what a guest changed, whoever runs the emulator.

Owners, modes, devices, links and extended attributes are the guest's own business: on the host
every file is a plain one of who runs the emulator, and the rest is said in its extended attributes.
So nothing in the folder is set-user-id, a device, or leads anywhere.
"""

from __future__ import annotations

import errno as host_errno  # noqa: TID251
import fcntl
import os
import stat
from collections.abc import Sequence
from typing import TYPE_CHECKING

from emu.kernel.errno import EEXIST, ENODATA
from emu.kernel.fs.host_errors import from_host
from emu.kernel.fs.hostfs.inode import HostfsInode
from emu.kernel.fs.hostfs.super_block import HostfsSuperBlock
from emu.kernel.fs.hostfs.tree import HostNode, HostTree
from emu.kernel.uapi.stat import S_IALLUGO, S_IFDIR, S_IFLNK, S_IFMT
from emu.kernel.vfs.dev import MAJOR, MINOR
from emu.kernel.vfs.inode import owner_of_new

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.fs.layer import LayerInfo
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.vfs import Vfs

ATTRIBUTES = "user.emu.attributes"
XATTR = "user.emu.xattr."
"""Before the name of each of the guest's own extended attributes."""

NO_ATTRIBUTE = (host_errno.ENODATA, host_errno.EOPNOTSUPP)
LONGEST_LINK = 4096


class MappedInfo:
    """What stat(2) tells the guest: the host's, but for what is said in the attribute."""

    def __init__(self, host: os.stat_result, said: bytes | None) -> None:
        self.st_mode, self.st_uid, self.st_gid = host.st_mode, 0, 0
        self.st_rdev = 0
        if said is not None:
            self.st_mode, self.st_uid, self.st_gid, self.st_rdev = _parse(said, host.st_mode)
        self.st_ino, self.st_dev, self.st_nlink = host.st_ino, host.st_dev, host.st_nlink
        self.st_size, self.st_blocks = host.st_size, host.st_blocks
        self.st_atime_ns, self.st_mtime_ns = host.st_atime_ns, host.st_mtime_ns
        self.st_ctime_ns = host.st_ctime_ns


def _parse(said: bytes, host_mode: int) -> tuple[int, int, int, int]:
    """Mode, owner, group and device. A folder stays one, and nothing else becomes one."""
    try:
        octal, *numbers = said.split()
        mode = int(octal, 8)
        uid, gid, rdev = map(int, numbers)
    except ValueError:
        return host_mode, 0, 0, 0
    if stat.S_ISDIR(host_mode) != stat.S_ISDIR(mode):
        return host_mode, 0, 0, 0
    return mode & 0o177777, uid & 0xFFFFFFFF, gid & 0xFFFFFFFF, rdev & (1 << 64) - 1


class MappedNode(HostNode):
    """One file of the folder."""

    __slots__ = ()

    def child(self, name: bytes) -> HostNode | None:
        """The node of a name in this folder."""
        found = super().child(name)
        if found is not None:
            found.look()
        return found

    def look(self) -> LayerInfo:
        """Look at it again. ENOENT if it is gone."""
        fd = self.path_fd()
        try:
            return self.look_at(fd)
        finally:
            os.close(fd)

    def look_at(self, fd: int) -> LayerInfo:
        """Look at it through a descriptor of it."""
        said = _get(f"/proc/self/fd/{fd}", ATTRIBUTES)
        self.info = MappedInfo(os.fstat(fd), said)
        return self.info

    def tell(self, mode: int, uid: int, gid: int, rdev: int) -> None:
        """Say what it is to the guest."""
        _set(self, ATTRIBUTES, b"%o %d %d %d" % (mode, uid, gid, rdev))
        self.look()

    def entries(self) -> Sequence[tuple[bytes, int, int]]:
        """Name, inode number and type of all in this folder, sorted by name."""
        return [
            (name, ino, kind if kind == S_IFDIR else self._kind(name, kind))
            for name, ino, kind in super().entries()
        ]

    def _kind(self, name: bytes, kind: int) -> int:
        node = self.child(name)
        return kind if node is None else S_IFMT & node.info.st_mode

    def readlink(self) -> bytes:
        """The text of a symbolic link: the contents of the host's file."""
        fd = self.open(os.O_RDONLY)
        try:
            return os.pread(fd, LONGEST_LINK, 0)
        finally:
            os.close(fd)


class MappedInode(HostfsInode):
    """One file of the folder. Whoever asks has been checked: the host's modes mean nothing."""

    __slots__ = ()

    def refresh(self) -> None:
        """Look at the host again."""
        node = self.node
        assert isinstance(node, MappedNode)
        if self.descriptors:
            self._take(node.look_at(self.descriptors[0]))
        else:
            super().refresh()

    def create(self, name: bytes, mode: int, cred: Credentials) -> Inode:
        """Make a regular file."""
        return self._make(name, mode, cred)

    def mkdir(self, name: bytes, mode: int, cred: Credentials) -> Inode:
        """Make a folder."""
        return self._make(name, mode, cred)

    def mknod(self, name: bytes, mode: int, rdev: int, cred: Credentials) -> Inode:
        """Make what is any kind of file to the guest."""
        return self._make(name, mode, cred, os.makedev(MAJOR(rdev), MINOR(rdev)))

    def symlink(self, name: bytes, target: bytes, cred: Credentials) -> Inode:
        """Make what is a symbolic link to the guest."""
        return self._make(name, S_IFLNK | 0o777, cred, text=target)

    def _make(
        self, name: bytes, mode: int, cred: Credentials, rdev: int = 0, text: bytes = b""
    ) -> Inode:
        mode, uid, gid = owner_of_new(self, mode, cred)

        def make(folder: int) -> None:
            if mode & S_IFMT == S_IFDIR:
                os.mkdir(name, 0o700, dir_fd=folder)
                return
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
            fd = os.open(name, flags, 0o600, dir_fd=folder)
            try:
                os.write(fd, text)
            finally:
                os.close(fd)

        self._on_host(make, name)
        node = self.node.child(name)
        assert isinstance(node, MappedNode), "a machine has its folder for itself"
        node.tell(mode, uid, gid, rdev)
        return self.sb.inode_of(node)

    def setattr(
        self,
        *,
        mode: int | None = None,
        uid: int | None = None,
        gid: int | None = None,
        atime_ns: int | None = None,
        mtime_ns: int | None = None,
    ) -> None:
        """Change what is said of it, and the host's times."""
        self.refresh()
        node = self.node
        assert isinstance(node, MappedNode)
        if mode is not None or uid is not None or gid is not None:
            new_mode = self.mode if mode is None else self.mode & S_IFMT | mode & S_IALLUGO
            new_uid = self.uid if uid is None else uid
            new_gid = self.gid if gid is None else gid
            node.tell(new_mode, new_uid, new_gid, node.info.st_rdev)
        if atime_ns is not None or mtime_ns is not None:
            with node.path() as path:
                self.set_host_times(path, atime_ns, mtime_ns)
        self.refresh()

    def getxattr(self, name: bytes) -> bytes:
        """The guest's attribute. ENODATA."""
        with self.node.path() as path:
            value = _get(path, XATTR + os.fsdecode(name))
        if value is None:
            raise ENODATA
        return value

    def setxattr(self, name: bytes, value: bytes, *, create: bool, replace: bool) -> None:
        """Set the guest's attribute. EEXIST, ENODATA."""
        known = name in self.listxattr()
        if create and known:
            raise EEXIST
        if replace and not known:
            raise ENODATA
        _set(self.node, XATTR + os.fsdecode(name), value)

    def listxattr(self) -> list[bytes]:
        """The names of the guest's attributes."""
        with self.node.path() as path:
            names = os.listxattr(path)
        return [os.fsencode(name[len(XATTR) :]) for name in names if name.startswith(XATTR)]

    def removexattr(self, name: bytes) -> None:
        """Remove the guest's attribute. ENODATA."""
        with self.node.path() as path:
            os.removexattr(path, XATTR + os.fsdecode(name))


class MappedSuperBlock(HostfsSuperBlock):
    """A folder that one machine has for itself. `OSError` if it cannot, or another one has it."""

    volatile = False

    def __init__(self, vfs: Vfs, path: str) -> None:
        os.makedirs(path, exist_ok=True)
        self._lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.setxattr(self._lock, ATTRIBUTES, b"%o 0 0 0" % (S_IFDIR | 0o755))
        except BlockingIOError:
            raise OSError(f"{path}: another machine keeps its changes there") from None
        except OSError as error:
            raise OSError(f"{path}: no place for extended attributes ({error.strerror})") from None
        super().__init__(vfs, path, writable=True)

    def __del__(self) -> None:
        os.close(self._lock)

    def make_tree(self, path: str) -> HostTree:
        """A tree of nodes of this kind."""
        return HostTree(path, MappedNode)

    def make_inode(self, node: HostNode) -> HostfsInode:
        """An inode of this kind."""
        return MappedInode(self, node)


def _get(path: str, name: str) -> bytes | None:
    """An extended attribute of what `HostNode.path` names."""
    try:
        return os.getxattr(path, name)
    except OSError as error:
        if error.errno in NO_ATTRIBUTE:
            return None
        raise from_host(error) from None


def _set(node: HostNode, name: str, value: bytes) -> None:
    with node.path() as path:
        os.setxattr(path, name, value)
