"""Sockets as open files. See net/socket.c and sockfs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import ENOTSOCK, ENOTTY
from emu.kernel.net.ioctl import socket_ioctl
from emu.kernel.net.msghdr import MsgHdr
from emu.kernel.net.socket import Socket
from emu.kernel.uapi.fcntl import O_NONBLOCK, O_RDWR
from emu.kernel.uapi.socket import (
    MSG_DONTWAIT,
    MSG_EOR,
    SOCK_NONBLOCK,
    SOCK_SEQPACKET,
    SOCKFS_MAGIC,
)
from emu.kernel.uapi.stat import S_IFDIR, S_IFSOCK
from emu.kernel.vfs.dentry import Dentry
from emu.kernel.vfs.file import File
from emu.kernel.vfs.file_operations import FileOperations, PollTable, Result
from emu.kernel.vfs.inode import Inode
from emu.kernel.vfs.mount import Mount
from emu.kernel.vfs.path import VfsPath
from emu.kernel.vfs.super_block import SuperBlock

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.vfs import Vfs


class SocketOperations(FileOperations):
    """A socket's file operations; the `Socket` is in ``private_data``."""

    seekable = False
    has_fasync = True

    def fasync(self, task: Task, fd: int, file: File, on: bool) -> None:
        """The socket tells of everything itself."""
        socket_of(file).async_fd = fd

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Receive without flags; reading nothing receives nothing."""
        if not buffer.count:
            return 0
        socket = socket_of(file)
        flags = MSG_DONTWAIT if file.flags & O_NONBLOCK else 0
        return socket.recvmsg(MsgHdr(_caller(socket), buffer), flags)

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Send to where it is connected."""
        socket = socket_of(file)
        flags = MSG_DONTWAIT if file.flags & O_NONBLOCK else 0
        if socket.type == SOCK_SEQPACKET:
            flags |= MSG_EOR
        return socket.sendmsg(MsgHdr(_caller(socket), buffer), flags)

    def poll(self, file: File, waits: PollTable | None) -> int:
        """As the family says."""
        return socket_of(file).poll(waits)

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """Commands of all sockets, of the family, and of network devices."""
        return socket_ioctl(file, socket_of(file), task, cmd, arg)

    def release(self, inode: Inode, file: File) -> None:
        """The last descriptor is gone."""
        socket = socket_of(file)
        socket.file = None
        socket.net.sockfs.sockets.pop(inode.ino, None)
        socket.release()

    def show_fdinfo(self, file: File) -> bytes:
        """The family's lines."""
        return socket_of(file).show_fdinfo()


SOCKET = SocketOperations()


class SockFs(SuperBlock):
    """The file system of sockets. `sockets` are those that are open, by inode number."""

    fs_type = b"sockfs"
    magic = SOCKFS_MAGIC

    def __init__(self, vfs: Vfs) -> None:
        super().__init__(vfs)
        self.sockets: dict[int, Socket] = {}
        self.set_root(Inode(self, S_IFDIR | 0o777))

    def dname(self, dentry: Dentry) -> bytes | None:
        """As /proc/PID/fd shows it."""
        return None if dentry.inode is None else b"socket:[%d]" % dentry.inode.ino


def mount_sockfs(vfs: Vfs) -> Mount:
    """The mount of a machine's sockets."""
    return Mount(SockFs(vfs), flags=0)


def socket_file(task: Task, socket: Socket, flags: int) -> File:
    """An open file for a socket. `flags` may hold SOCK_NONBLOCK."""
    net = socket.net
    cred = task.cred
    inode = Inode(net.sock_mount.sb, S_IFSOCK | 0o777, uid=cred.fsuid, gid=cred.fsgid)
    path = VfsPath(net.sock_mount, Dentry(None, b"", inode, inode.sb))
    file = File(path, O_RDWR | (O_NONBLOCK if flags & SOCK_NONBLOCK else 0), cred)
    file.replace_fops(SOCKET)
    file.private_data = socket
    socket.file = file
    net.sockfs.sockets[inode.ino] = socket
    return file


def is_socket(file: File) -> bool:
    """Whether an open file is a socket."""
    return file.f_op is SOCKET


def socket_of(file: File) -> Socket:
    """The socket of an open file. ENOTSOCK."""
    if file.f_op is not SOCKET:
        raise ENOTSOCK
    socket: Socket = file.private_data
    return socket


def inode_number(socket: Socket) -> int:
    """The number by which /proc names a socket; 0 for one that nobody has accepted."""
    return socket.file.inode.ino if socket.file is not None else 0


def _caller(socket: Socket) -> Task:
    task = socket.net.kernel.sched.current
    if task is None:
        raise ENOTTY("sockets belong to tasks")
    return task
