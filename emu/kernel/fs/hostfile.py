"""Open files that are descriptors of the host: a program's standard input and output.

A read or write that would block on the host puts only its task to sleep.
"""

from __future__ import annotations

import fcntl
import os
import select
import stat
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.arch.cpu import ACCESS_READ, ACCESS_WRITE
from emu.kernel.errno import EAGAIN, EINVAL, ENOTTY, EPIPE
from emu.kernel.fs import hosttty
from emu.kernel.fs.host_errors import from_host
from emu.kernel.fs.hostfs.data import read_host, write_host
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.fcntl import O_APPEND, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY
from emu.kernel.uapi.ioctl import FIONREAD
from emu.kernel.uapi.poll import POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM
from emu.kernel.uapi.signal import SIGPIPE
from emu.kernel.vfs.file import File
from emu.kernel.vfs.file_operations import FileOperations, PollTable, Result, seek
from emu.kernel.vfs.inode import Inode

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.sched import Scheduler
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.path import VfsPath
    from emu.kernel.vfs.super_block import SuperBlock

HOST_PIPE_BUF = 4096
"""What a host pipe that is ready takes without blocking."""

BIG = 1 << 16


class HostInode(Inode):
    """What fstat tells of a host descriptor: its real type, size and times."""

    __slots__ = ("fd",)

    def __init__(self, sb: SuperBlock, fd: int) -> None:
        self.fd = fd
        info = os.fstat(fd)
        super().__init__(sb, info.st_mode, uid=info.st_uid, gid=info.st_gid)
        self.refresh()

    def default_fop(self) -> FileOperations:
        """Regular files have a position; nothing else has one."""
        return REGULAR if self.is_regular else STREAM

    @property
    def size(self) -> int:
        """The size on the host now: others may write there."""
        return os.fstat(self.fd).st_size

    @size.setter
    def size(self, size: int) -> None:
        """The host keeps it."""

    def refresh(self) -> None:
        """Look at the host again."""
        info = os.fstat(self.fd)
        self.nlink = info.st_nlink
        self.atime_ns, self.mtime_ns = info.st_atime_ns, info.st_mtime_ns
        self.ctime_ns = info.st_ctime_ns

    def truncate(self, size: int) -> None:
        """Cut the host's file. EINVAL unless it is a regular one."""
        if not self.is_regular:
            raise EINVAL("it has no contents to cut")
        try:
            os.ftruncate(self.fd, size)
        except OSError as error:
            raise from_host(error) from None


class HostFile(File):
    """An open regular file of the host's.

    Its position is the host's own: another of the guest's descriptors, or another program of the
    host, may share it and move it.
    """

    __slots__ = ("_fd",)

    def __init__(self, path: VfsPath, flags: int, cred: Credentials, fd: int) -> None:
        self._fd = -1
        super().__init__(path, flags, cred)
        self._fd = self.private_data = fd

    @property
    def pos(self) -> int:
        """Where the host is."""
        return os.lseek(self._fd, 0, os.SEEK_CUR)

    @pos.setter
    def pos(self, pos: int) -> None:
        if self._fd >= 0:
            try:
                os.lseek(self._fd, pos, os.SEEK_SET)
            except OSError as error:
                raise from_host(error) from None


class HostFileOperations(FileOperations):
    """What both kinds have in common."""

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """Opened again through /proc/self/fd: it stays the same host descriptor."""
        if isinstance(inode, HostInode):
            file.private_data = inode.fd
        return None


class HostRegular(HostFileOperations):
    """A regular file."""

    write_checks = True

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Read at a position."""
        return read_host(host_fd(file), buffer, pos, buffer.count)

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Write at a position, or at what is the end on the host."""
        return write_host(host_fd(file), buffer, pos)

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """As for any file."""
        return seek(file, offset, whence, file.inode.size)

    def fsync(self, file: File, datasync: bool) -> None:
        """Have the host store it."""
        try:
            os.fsync(host_fd(file))
        except OSError as error:
            raise from_host(error) from None

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """FIONREAD: what is left of the file."""
        if cmd != FIONREAD:
            raise ENOTTY
        task.mm.write_u32(arg, max(0, file.inode.size - file.pos) & 0xFFFFFFFF)
        return 0


class HostStream(HostFileOperations):
    """A terminal, pipe, socket or device of the host."""

    seekable = False

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """What the host has, or wait for it; EAGAIN with O_NONBLOCK."""
        if not buffer.count:
            return 0
        fd = host_fd(file)
        scheduler_of(file).host_readable_queue(fd).armed = True
        if ready(fd, select.POLLIN):
            return read_some(fd, buffer)
        if file.flags & O_NONBLOCK:
            raise EAGAIN
        return self._read_later(scheduler_of(file), fd, buffer)

    async def _read_later(self, sched: Scheduler, fd: int, buffer: Buffer) -> int:
        await sched.host_readable(fd)
        return read_some(fd, buffer)

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """All of it, waiting where the host has no room."""
        fd = host_fd(file)
        scheduler_of(file).host_writable_queue(fd).armed = True
        task = scheduler_of(file).current
        done = 0
        while buffer.count:
            if not ready(fd, select.POLLOUT):
                if file.flags & O_NONBLOCK:
                    if done:
                        return done
                    raise EAGAIN
                return self._write_later(scheduler_of(file), fd, buffer, task, done)
            written = write_some(fd, buffer, task, done)
            if not written:
                break
            done += written
        return done

    async def _write_later(
        self, sched: Scheduler, fd: int, buffer: Buffer, task: Task | None, done: int
    ) -> int:
        while buffer.count:
            try:
                await sched.host_writable(fd)
            except BaseException:
                if done:
                    return done
                raise
            written = write_some(fd, buffer, task, done)
            if not written:
                break
            done += written
        return done

    def poll(self, file: File, waits: PollTable | None) -> int:
        """What the host says of it."""
        fd = host_fd(file)
        readable, writable = queues = scheduler_of(file).host_queues(fd)
        if waits is not None:
            waits += queues
        poller = select.poll()
        poller.register(fd, select.POLLIN | select.POLLOUT)
        found = dict(poller.poll(0)).get(fd, 0)
        events = 0
        if found & select.POLLIN:
            events |= POLLIN | POLLRDNORM
        else:
            readable.armed = True
        if found & select.POLLOUT:
            events |= POLLOUT | POLLWRNORM
        else:
            writable.armed = True
        if found & select.POLLHUP:
            events |= POLLHUP
        if found & (select.POLLERR | select.POLLNVAL):
            events |= POLLERR
        return events

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """Terminal commands for a terminal; FIONREAD for all."""
        fd = host_fd(file)
        if cmd == FIONREAD:
            task.mm.write_u32(arg, hosttty.bytes_waiting(fd))
            return 0
        if not os.isatty(fd):
            raise ENOTTY
        return hosttty.ioctl(fd, task, cmd, arg)


REGULAR = HostRegular()
STREAM = HostStream()


def host_fd(file: File) -> int:
    """The host's descriptor of an open file."""
    fd: int = file.private_data
    return fd


def scheduler_of(file: File) -> Scheduler:
    """Who waits for the host."""
    return file.inode.sb.vfs.kernel.sched


def ready(fd: int, events: int) -> bool:
    """Whether reading or writing would not block."""
    poller = select.poll()
    poller.register(fd, events)
    return bool(poller.poll(0))


def read_some(fd: int, buffer: Buffer) -> int:
    """One read of the host's. EIO and the like by the host's own name."""
    views = buffer.views(ACCESS_WRITE, BIG)
    try:
        got = os.readv(fd, views)
    except BlockingIOError:
        raise EAGAIN from None
    except OSError as error:
        raise from_host(error) from None
    buffer.advance(got)
    return got


def write_some(fd: int, buffer: Buffer, task: Task | None, done: int) -> int:
    """One write of the host's, small enough not to block; 0 ends a call that did something."""
    views = buffer.views(ACCESS_READ, HOST_PIPE_BUF)
    try:
        put = os.writev(fd, views)
    except BlockingIOError:
        return 0
    except BrokenPipeError:
        if task is not None:
            send_signal(task, SIGPIPE)
        if done:
            return 0
        raise EPIPE("the host's reader is gone") from None
    except OSError as error:
        if done:
            return 0
        raise from_host(error) from None
    buffer.advance(put)
    return put


def open_flags_of(fd: int) -> int:
    """The flags a host descriptor was opened with, in the kernel's own values. `OSError`."""
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    access = {os.O_RDONLY: O_RDONLY, os.O_WRONLY: O_WRONLY}.get(flags & os.O_ACCMODE, O_RDWR)
    if flags & os.O_APPEND:
        access |= O_APPEND
    return access | (O_NONBLOCK if flags & os.O_NONBLOCK else 0)


def is_terminal(fd: int) -> bool:
    """Whether a host descriptor is a terminal."""
    return stat.S_ISCHR(os.fstat(fd).st_mode) and os.isatty(fd)
