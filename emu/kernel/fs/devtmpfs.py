"""/dev: the nodes that every machine has. See drivers/base/devtmpfs.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.cred import Credentials
from emu.kernel.fs.tmpfs.inode import TmpfsInode
from emu.kernel.fs.tmpfs.super_block import TmpfsSuperBlock
from emu.kernel.uapi.stat import S_IFCHR, S_IFDIR
from emu.kernel.vfs.dev import MEM_MAJOR, MKDEV, TTYAUX_MAJOR

if TYPE_CHECKING:
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.vfs import Vfs

TTY_GID = 5
ROOT = Credentials()

NODES = (
    (b"null", MKDEV(MEM_MAJOR, 3), 0o666, 0),
    (b"zero", MKDEV(MEM_MAJOR, 5), 0o666, 0),
    (b"full", MKDEV(MEM_MAJOR, 7), 0o666, 0),
    (b"random", MKDEV(MEM_MAJOR, 8), 0o666, 0),
    (b"urandom", MKDEV(MEM_MAJOR, 9), 0o666, 0),
    (b"kmsg", MKDEV(MEM_MAJOR, 11), 0o600, 0),
    (b"tty", MKDEV(TTYAUX_MAJOR, 0), 0o666, TTY_GID),
    (b"ptmx", MKDEV(TTYAUX_MAJOR, 2), 0o666, TTY_GID),
    (b"console", MKDEV(TTYAUX_MAJOR, 1), 0o620, TTY_GID),
)

LINKS = (
    (b"fd", b"/proc/self/fd"),
    (b"stdin", b"/proc/self/fd/0"),
    (b"stdout", b"/proc/self/fd/1"),
    (b"stderr", b"/proc/self/fd/2"),
)


class DevtmpfsSuperBlock(TmpfsSuperBlock):
    """A tmpfs with another name. Drivers put their nodes here: see `add_node`."""

    fs_type = b"devtmpfs"

    def __init__(self, vfs: Vfs) -> None:
        super().__init__(vfs, mode=0o755)

    def add_node(self, name: bytes, rdev: int, mode: int, gid: int = 0) -> None:
        """A character device, in place of anything that had this name.

        A name may have a directory before it, which is made: ``input/event0``.
        """
        directory: Inode | None = self.root.inode
        assert directory is not None
        *folders, last = name.split(b"/")
        for folder in folders:
            directory = directory.lookup(folder) or directory.mkdir(folder, S_IFDIR | 0o755, ROOT)
        inode = directory.mknod(last, S_IFCHR | mode, rdev, ROOT)
        inode.gid = gid
        self._forget(name.split(b"/")[0])

    def remove_node(self, name: bytes) -> None:
        """Take a device away, if it is still there."""
        path = name.split(b"/")
        directories = [self.root.inode]
        for folder in path[:-1]:
            above = directories[-1]
            directories.append(above.lookup(folder) if above is not None else None)
        directory = directories.pop()
        if not isinstance(directory, TmpfsInode):
            return
        inode = directory.children.get(path[-1])
        if inode is not None:
            directory.unlink(path[-1], inode)
        for folder, above in zip(path[-2::-1], reversed(directories), strict=True):
            assert above is not None
            if isinstance(directory, TmpfsInode) and directory.is_empty():
                above.rmdir(folder, directory)
        self._forget(path[0])

    def _forget(self, name: bytes) -> None:
        dentry = self.root.children.get(name)
        if dentry is not None:
            dentry.drop()


def make_devtmpfs(vfs: Vfs) -> DevtmpfsSuperBlock:
    """A /dev with all nodes and links."""
    sb = DevtmpfsSuperBlock(vfs)
    vfs.devtmpfs = vfs.devtmpfs or sb
    for name, rdev, mode, gid in NODES:
        sb.add_node(name, rdev, mode, gid)
    root = sb.root.inode
    assert root is not None
    for name, target in LINKS:
        root.symlink(name, target, ROOT)
    root.mkdir(b"shm", S_IFDIR | 0o1777, ROOT)
    return sb
