"""Pipes and named pipes. See fs/pipe.c and pipe(7)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EAGAIN,
    EFAULT,
    EINVAL,
    ENOMEM,
    ENOTTY,
    ENXIO,
    EPIPE,
    KernelError,
    Restart,
)
from emu.kernel.fs.pipe_buffer import Pipe, PipeMemory, pipe_of
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.capability import CAP_SYS_RESOURCE
from emu.kernel.uapi.fcntl import (
    O_ACCMODE,
    O_DIRECT,
    O_NOATIME,
    O_NONBLOCK,
    O_RDONLY,
    O_RDWR,
    O_WRONLY,
)
from emu.kernel.uapi.ioctl import FIONREAD
from emu.kernel.uapi.mount import PIPEFS_MAGIC
from emu.kernel.uapi.poll import (
    POLLERR,
    POLLHUP,
    POLLIN,
    POLLOUT,
    POLLRDNORM,
    POLLWRNORM,
)
from emu.kernel.uapi.signal import SI_USER, SIGPIPE
from emu.kernel.uapi.stat import S_IFDIR, S_IFIFO
from emu.kernel.vfs.dentry import Dentry
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE, File
from emu.kernel.vfs.file_operations import FileOperations, PollTable, Result
from emu.kernel.vfs.inode import Inode
from emu.kernel.vfs.mount import Mount, touch_atime
from emu.kernel.vfs.path import VfsPath
from emu.kernel.vfs.super_block import SuperBlock

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.vfs import Vfs


class PipeOperations(FileOperations):
    """Both ends of a pipe, and a named pipe."""

    seekable = False
    nowait = True
    has_fasync = True

    def fasync(self, task: Task, fd: int, file: File, on: bool) -> None:
        """Each side tells of what it can do."""
        from emu.kernel.vfs.fasync import watch_itself

        watch_itself(fd, file, on)

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """Open a named pipe; a side waits for the other, unless O_NONBLOCK: see fifo_open.

        One without a name, opened again by its link in /proc, never waits: it once had both.
        """
        pipe = pipe_of(inode)
        has_name = inode.sb.magic != PIPEFS_MAGIC
        access = file.flags & O_ACCMODE
        nonblocking = file.flags & O_NONBLOCK
        if access == O_RDWR:
            self._join(pipe, file)
            return None
        if access == O_RDONLY:
            self._join(pipe, file)
            if pipe.writers or not has_name:
                return None
            if nonblocking:
                file.private_data = pipe.writer_opens
                return None
            return self._wait_for_writer(pipe, file)
        if access == O_WRONLY:
            if has_name and nonblocking and not pipe.readers:
                raise ENXIO("nobody reads the pipe")
            self._join(pipe, file)
            if pipe.readers or not has_name:
                return None
            return self._wait_for_reader(pipe, file)
        raise EINVAL("neither to read nor to write")

    def _join(self, pipe: Pipe, file: File) -> None:
        if file.mode & FMODE_READ:
            pipe.readers += 1
            pipe.reader_opens += 1
            pipe.write_wait.wake_up_all()
        if file.mode & FMODE_WRITE:
            pipe.writers += 1
            pipe.writer_opens += 1
            pipe.read_wait.wake_up_all()

    async def _wait_for_writer(self, pipe: Pipe, file: File) -> None:
        opens = pipe.writer_opens
        try:
            while pipe.writer_opens == opens:
                await pipe.read_wait.wait()
        except BaseException:
            self._leave(pipe, file)
            raise

    async def _wait_for_reader(self, pipe: Pipe, file: File) -> None:
        opens = pipe.reader_opens
        try:
            while pipe.reader_opens == opens:
                await pipe.write_wait.wait()
        except BaseException:
            self._leave(pipe, file)
            raise

    def release(self, inode: Inode, file: File) -> None:
        """One side less; the other one is told."""
        pipe = pipe_of(inode)
        self._leave(pipe, file)
        if not pipe.readers and not pipe.writers:
            pipe.discard()
            inode.private = None

    def _leave(self, pipe: Pipe, file: File) -> None:
        if file.mode & FMODE_READ:
            pipe.readers -= 1
        if file.mode & FMODE_WRITE:
            pipe.writers -= 1
        if bool(pipe.readers) != bool(pipe.writers):
            pipe.read_wait.wake_up_all()
            pipe.write_wait.wake_up_all()

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """What is there; 0 when nobody writes any more; else wait, or EAGAIN."""
        pipe = pipe_of(file.inode)
        if not buffer.count:
            return 0
        if pipe.used:
            return _taken(pipe, file, buffer)
        if not pipe.writers:
            return 0
        if file.flags & O_NONBLOCK:
            raise EAGAIN
        return self._read_later(pipe, file, buffer)

    async def _read_later(self, pipe: Pipe, file: File, buffer: Buffer) -> int:
        while not pipe.used and pipe.writers:
            await pipe.read_wait.wait()
        return _taken(pipe, file, buffer)

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """All of it, waiting for room; up to PIPE_BUF bytes go in one piece.

        ENOMEM if all pipes of the machine together hold too much.
        """
        pipe = pipe_of(file.inode)
        if not buffer.count:
            return 0
        task = file.inode.sb.vfs.kernel.sched.current
        if not pipe.readers:
            raise broken_pipe(task)
        done = pipe.merge_from(buffer)
        try:
            done += _fill(pipe, file, buffer)
        except (EFAULT, ENOMEM):
            if not done:
                raise
            return _put(file, done)
        if not buffer.count:
            return _put(file, done)
        if not file.flags & O_NONBLOCK:
            return self._write_rest(pipe, file, buffer, task, done)
        if not done:
            raise EAGAIN
        return _put(file, done)

    async def _write_rest(
        self, pipe: Pipe, file: File, buffer: Buffer, task: Task | None, done: int
    ) -> int:
        try:
            while buffer.count:
                if pipe.is_full and pipe.readers:
                    await pipe.write_wait.wait()
                elif not pipe.readers:
                    raise broken_pipe(task)
                else:
                    done += _fill(pipe, file, buffer)
        except (KernelError, Restart):
            if not done:
                raise
        return _put(file, done)

    def poll(self, file: File, waits: PollTable | None) -> int:
        """By what is in the pipe and who has its other end."""
        pipe = pipe_of(file.inode)
        events = 0
        if file.mode & FMODE_READ:
            if waits is not None:
                waits.append(pipe.read_wait)
            if pipe.used:
                events |= POLLIN | POLLRDNORM
            # Who opened it before any writer is not told of their absence.
            if not pipe.writers and file.private_data != pipe.writer_opens:
                events |= POLLHUP
        if file.mode & FMODE_WRITE:
            if waits is not None:
                waits.append(pipe.write_wait)
            if not pipe.is_full:
                events |= POLLOUT | POLLWRNORM
            if not pipe.readers:
                events |= POLLERR
        return events

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """FIONREAD tells how many bytes are there."""
        if cmd != FIONREAD:
            raise ENOTTY
        task.mm.write_u32(arg, pipe_of(file.inode).used)
        return 0


PIPE = PipeOperations()


def _taken(pipe: Pipe, file: File, buffer: Buffer) -> int:
    done = pipe.take_into(buffer)
    if done and not file.flags & O_NOATIME:
        touch_atime(file.path.mount, file.inode)
    return done


def _put(file: File, done: int) -> int:
    file.inode.touch_mtime()
    return done


class PipeFs(SuperBlock):
    """The file system of pipes without names."""

    fs_type = b"pipefs"
    magic = PIPEFS_MAGIC

    def __init__(self, vfs: Vfs) -> None:
        super().__init__(vfs)
        self.set_root(Inode(self, S_IFDIR | 0o555))

    def dname(self, dentry: Dentry) -> bytes | None:
        """As /proc/PID/fd shows it."""
        return None if dentry.inode is None else b"pipe:[%d]" % dentry.inode.ino


def mount_pipefs(vfs: Vfs) -> None:
    """Let the machine have pipes, which may fill an eighth of what it has as memory."""
    vfs.pipe_memory = PipeMemory(vfs.kernel.ram.size // 8)
    vfs.fifo_operations = PIPE
    vfs.pipe_mount = Mount(PipeFs(vfs), flags=0)


def create_pipe(task: Task, flags: int) -> tuple[File, File]:
    """The two ends of a new pipe: to read, to write.

    `flags` may hold O_NONBLOCK, and O_DIRECT for one whose writes are packets.
    """
    mount = task.kernel.root_mount.vfs.pipe_mount
    cred = task.cred
    inode = Inode(mount.sb, S_IFIFO | 0o600, uid=cred.fsuid, gid=cred.fsgid)
    pipe = pipe_of(inode)
    pipe.readers = pipe.writers = pipe.reader_opens = pipe.writer_opens = 1
    path = VfsPath(mount, Dentry(None, b"", inode, mount.sb))
    reader = File(path, O_RDONLY | flags & O_NONBLOCK, cred)
    return reader, File(path, O_WRONLY | flags & (O_NONBLOCK | O_DIRECT), cred)


def may_exceed_pipe_size(task: Task) -> bool:
    """Whether a task may make pipes larger than fs.pipe-max-size."""
    return task.cred.capable(CAP_SYS_RESOURCE)


def _fill(pipe: Pipe, file: File, buffer: Buffer) -> int:
    """Take what there is room for. EFAULT or ENOMEM, unless some of it was taken."""
    done = 0
    packets = bool(file.flags & O_DIRECT)
    try:
        while buffer.count and not pipe.is_full:
            if pipe.memory.used >= pipe.memory.limit:
                raise ENOMEM("the pipes of the machine hold too much")
            written = pipe.put_from(buffer, packets)
            done += written
            if not written:
                break
    except (EFAULT, ENOMEM):
        if not done:
            raise
    return done


def broken_pipe(task: Task | None) -> EPIPE:
    """Tell the writer of a pipe that nobody reads it."""
    if task is not None:
        info = SigInfo(SIGPIPE, SI_USER, pid=task.tgid, uid=task.cred.uid)
        send_signal(task, SIGPIPE, info, to_thread=True)
    return EPIPE("nobody reads the pipe")
