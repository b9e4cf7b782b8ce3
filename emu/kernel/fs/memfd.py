"""Files in memory without a name in the tree. See memfd_create(2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.tmpfs.inode import TmpfsInode
from emu.kernel.fs.tmpfs.super_block import TmpfsSuperBlock
from emu.kernel.uapi.fcntl import O_LARGEFILE, O_RDWR
from emu.kernel.uapi.stat import S_IFREG
from emu.kernel.vfs.dentry import Dentry
from emu.kernel.vfs.file import File
from emu.kernel.vfs.path import VfsPath

if TYPE_CHECKING:
    from emu.kernel.task import Task


class MemfdSuperBlock(TmpfsSuperBlock):
    """The kernel's own tmpfs, which no mount shows."""

    def dname(self, dentry: Dentry) -> bytes | None:
        """As /proc/PID/fd shows it."""
        return b"/" + dentry.name + b" (deleted)"


def create_memfd(task: Task, name: bytes) -> File:
    """A new empty file in memory, open to read and write."""
    mount = task.kernel.root_mount.vfs.memfd_mount
    sb = mount.sb
    assert isinstance(sb, MemfdSuperBlock)
    inode = TmpfsInode(sb, S_IFREG | 0o777, uid=task.cred.fsuid, gid=task.cred.fsgid)
    inode.nlink = 0
    inode.write_count = 1
    dentry = Dentry(None, b"memfd:" + name, inode, sb)
    return File(VfsPath(mount, dentry), O_RDWR | O_LARGEFILE, task.cred)
