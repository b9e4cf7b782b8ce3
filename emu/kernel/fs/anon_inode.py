"""Open files without a name or an inode of their own: eventfd(2) and its kin. See fs/anon_inodes.c.

All of a machine's share one inode, which has no type; what they are is their file operations.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from emu.kernel.uapi.fcntl import O_ACCMODE, O_NONBLOCK
from emu.kernel.uapi.mount import ANON_INODE_FS_MAGIC
from emu.kernel.uapi.stat import S_IFDIR
from emu.kernel.vfs.dentry import Dentry
from emu.kernel.vfs.file import File
from emu.kernel.vfs.file_operations import FileOperations
from emu.kernel.vfs.inode import Inode
from emu.kernel.vfs.mount import Mount
from emu.kernel.vfs.path import VfsPath
from emu.kernel.vfs.super_block import SuperBlock

if TYPE_CHECKING:
    from typing import Literal

    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.vfs import Vfs

COUNT_BYTES = 8
"""The size of the counts that eventfds and timerfds are read as."""

EP_ITEM_COST = 640
"""What an epoll's entry costs in memory, about; all of a user's may cost 4 % of it."""


class AnonInodeFs(SuperBlock):
    """The file system of the one inode.

    `epoll_watches` counts the entries of epolls by user, who may have `max_user_watches`.
    """

    fs_type = b"anon_inodefs"
    magic = ANON_INODE_FS_MAGIC

    def __init__(self, vfs: Vfs) -> None:
        super().__init__(vfs)
        self.set_root(Inode(self, S_IFDIR | 0o555))
        self.inode = Inode(self, 0o600)
        self.epoll_watches: dict[int, int] = {}
        self.max_user_watches = vfs.kernel.ram.size // 25 // EP_ITEM_COST
        self._freed_ids: list[int] = []
        self._next_id = 0

    def allocate_id(self) -> int:
        """The lowest number that no eventfd has."""
        if self._freed_ids:
            return heapq.heappop(self._freed_ids)
        self._next_id += 1
        return self._next_id - 1

    def free_id(self, number: int) -> None:
        """An eventfd is gone."""
        heapq.heappush(self._freed_ids, number)

    def dname(self, dentry: Dentry) -> bytes | None:
        """As /proc/PID/fd shows it."""
        return b"anon_inode:" + dentry.name


class AnonFile(FileOperations):
    """What these files have in common: a position that always is 0, and none for pread."""

    seekable = False
    ignores_llseek = True


def mount_anon_inodes(vfs: Vfs) -> None:
    """Let the machine have such files."""
    vfs.anon_inode_mount = Mount(AnonInodeFs(vfs), flags=0)


def anon_inode_fs(file: File) -> AnonInodeFs:
    """The file system of an open file of this kind."""
    sb = file.inode.sb
    assert isinstance(sb, AnonInodeFs)
    return sb


def caller(file: File) -> Task:
    """The task whose system call is under way."""
    task = file.inode.sb.vfs.kernel.sched.current
    assert task is not None
    return task


def byte_order(file: File) -> Literal["little", "big"]:
    """How the caller stores a number."""
    return caller(file).abi.byte_order


def put_u64(file: File, buffer: Buffer, number: int) -> int:
    """Give a reader a number of 8 bytes. EFAULT."""
    return buffer.copy_to(number.to_bytes(COUNT_BYTES, byte_order(file)))


def anon_inode_file(
    task: Task, name: bytes, operations: FileOperations, private: Any, flags: int
) -> File:
    """A new open file: `name` is what /proc shows, as in ``[eventfd]``; see anon_inode_getfile."""
    mount = task.kernel.root_mount.vfs.anon_inode_mount
    assert isinstance(mount.sb, AnonInodeFs)
    path = VfsPath(mount, Dentry(None, name, mount.sb.inode, mount.sb))
    file = File(path, flags & (O_ACCMODE | O_NONBLOCK), task.cred)
    file.replace_fops(operations)
    file.private_data = private
    return file
