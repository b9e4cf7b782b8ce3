"""Namespaces as files: what /proc/PID/ns leads to. See fs/nsfs.c, namespaces(7), ioctl_ns(2).

Tasks may have mounts of their own. Of the other kinds a machine has one namespace, the first, with
the inode number that Linux gives it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, ENOTTY, EPERM
from emu.kernel.uapi.clone import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWTIME,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
)
from emu.kernel.uapi.ioctl import NS_GET_NSTYPE, NS_GET_OWNER_UID, NS_GET_PARENT, NS_GET_USERNS
from emu.kernel.uapi.mount import NSFS_MAGIC
from emu.kernel.uapi.stat import S_IFDIR, S_IFREG
from emu.kernel.vfs.dentry import Dentry
from emu.kernel.vfs.file import File
from emu.kernel.vfs.file_operations import FileOperations, Result
from emu.kernel.vfs.inode import Inode
from emu.kernel.vfs.mount import Mount
from emu.kernel.vfs.path import VfsPath
from emu.kernel.vfs.super_block import SuperBlock

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.vfs import Vfs

NAMESPACES = {
    b"cgroup": (CLONE_NEWCGROUP, 0xEFFFFFFB),
    b"ipc": (CLONE_NEWIPC, 0xEFFFFFFF),
    b"mnt": (CLONE_NEWNS, 0xF0000001),
    b"net": (CLONE_NEWNET, 0xF0000000),
    b"pid": (CLONE_NEWPID, 0xEFFFFFFC),
    b"time": (CLONE_NEWTIME, 0xEFFFFFFA),
    b"user": (CLONE_NEWUSER, 0xEFFFFFFD),
    b"uts": (CLONE_NEWUTS, 0xEFFFFFFE),
}
"""Kinds: the flag of clone(2), and the first one's inode number."""

HIERARCHIC = (CLONE_NEWPID, CLONE_NEWUSER)
"""Kinds whose namespaces have parents."""


class NsfsSuperBlock(SuperBlock):
    """The file system of all namespaces."""

    fs_type = b"nsfs"
    magic = NSFS_MAGIC

    def __init__(self, vfs: Vfs) -> None:
        super().__init__(vfs)
        self.set_root(Inode(self, S_IFDIR | 0o555))
        self.dentries: dict[tuple[bytes, int], Dentry] = {}

    def namespace(self, kind: bytes, task: Task) -> Dentry:
        """The one of a kind that a task is in."""
        flag, ino = NAMESPACES[kind]
        if kind == b"mnt":
            ino += task.fs.mnt_ns.id - 1  # there may be several; their ids begin with 1
        key = (kind, ino)
        dentry = self.dentries.get(key)
        if dentry is None:
            inode = Inode(self, S_IFREG | 0o444, ino=ino)
            inode.private = flag
            inode.fop = NAMESPACE
            dentry = self.dentries[key] = Dentry(None, b"%s:[%d]" % (kind, ino), inode, self)
        return dentry

    def dname(self, dentry: Dentry) -> bytes | None:
        """As /proc/PID/ns shows it: ``uts:[4026531838]``."""
        return dentry.name


class NamespaceOperations(FileOperations):
    """An open namespace: it can only be asked what it is."""

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """See ioctl_ns(2)."""
        flag = file.inode.private
        assert isinstance(flag, int)
        if cmd == NS_GET_NSTYPE:
            return flag
        if cmd == NS_GET_USERNS:
            if flag == CLONE_NEWUSER:
                raise EPERM("the first namespace has nothing above it")
            return _open(task, b"user")
        if cmd == NS_GET_PARENT:
            raise EPERM("the first") if flag in HIERARCHIC else EINVAL("it has no parents")
        if cmd == NS_GET_OWNER_UID:
            if flag != CLONE_NEWUSER:
                raise EINVAL("not a user namespace")
            task.mm.write_u32(arg, 0)
            return 0
        raise ENOTTY


NAMESPACE = NamespaceOperations()


def namespace_path(task: Task, kind: bytes) -> VfsPath:
    """The place of a namespace that a task is in, by its kind as in /proc/PID/ns."""
    vfs = task.kernel.root_mount.vfs
    if vfs.nsfs_mount is None:
        vfs.nsfs_mount = Mount(NsfsSuperBlock(vfs), flags=0)
    sb = vfs.nsfs_mount.sb
    assert isinstance(sb, NsfsSuperBlock)
    return VfsPath(vfs.nsfs_mount, sb.namespace(kind, task))


def _open(task: Task, kind: bytes) -> int:
    """A new descriptor of a namespace."""
    file = File(namespace_path(task, kind), 0, task.cred)
    return task.files.install(file, task.rlimits["RLIMIT_NOFILE"][0], cloexec=True)
