"""Moving bytes through pipes inside the kernel: splice(2), tee(2), vmsplice(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import Fd, FlagsArg, IovecArg, Pointer, Size, ULong
from emu.kernel.errno import EBADF, EINVAL, ESPIPE
from emu.kernel.fs.pipe_buffer import Pipe, pipe_of
from emu.kernel.fs.splice import (
    file_to_pipe,
    pipe_to_file,
    pipe_to_pipe,
    pipe_to_user,
    user_to_pipe,
)
from emu.kernel.sys.read_write import iovec_pieces
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import O_APPEND, O_NONBLOCK
from emu.kernel.uapi.fs import MAX_RW_COUNT, SPLICE_F_ALL, SPLICE_F_NONBLOCK, SPLICE_FLAGS
from emu.kernel.uapi.stat import S_IFCHR, S_IFIFO, S_IFMT, S_IFSOCK
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE, File

Iovec = Annotated[int, IovecArg(length="nr_segs")]
SpliceFlags = Annotated[int, FlagsArg(family=SPLICE_FLAGS)]


@syscall("sys_splice")
async def splice(
    task: Task,
    fd_in: Fd,
    off_in: Pointer,
    fd_out: Fd,
    off_out: Pointer,
    len: Size,
    flags: SpliceFlags,
) -> int:
    """Move bytes from or to a pipe. See splice(2)."""
    if not len:
        return 0
    if flags & ~SPLICE_F_ALL:
        raise EINVAL("unknown flag")
    source, target = task.files[fd_in], task.files[fd_out]
    if not source.mode & FMODE_READ or not target.mode & FMODE_WRITE:
        raise EBADF("not open for that")
    in_pipe, out_pipe = _pipe(source), _pipe(target)
    count = min(len, MAX_RW_COUNT)
    if (in_pipe and off_in) or (out_pipe and off_out):
        raise ESPIPE
    if in_pipe and out_pipe:
        if in_pipe is out_pipe:
            raise EINVAL("the same pipe")
        wait = not (flags & SPLICE_F_NONBLOCK or (source.flags | target.flags) & O_NONBLOCK)
        return await pipe_to_pipe(task, in_pipe, out_pipe, count, wait, keep=False)
    if in_pipe:
        pos = _offset(task, target, off_out)
        if target.flags & O_APPEND:
            raise EINVAL("the target appends")
        _check_kind(target)
        wait = not (flags & SPLICE_F_NONBLOCK or source.flags & O_NONBLOCK)
        done = await pipe_to_file(task, in_pipe, target, pos, count, wait)
        _store(task, off_out, pos, done)
        return done
    if out_pipe:
        pos = _offset(task, source, off_in)
        _check_kind(source)
        wait = not (flags & SPLICE_F_NONBLOCK or target.flags & O_NONBLOCK)
        done = await file_to_pipe(task, source, pos, out_pipe, count, wait)
        _store(task, off_in, pos, done)
        return done
    raise EINVAL("neither is a pipe")


@syscall("sys_tee")
async def tee(task: Task, fdin: Fd, fdout: Fd, len: Size, flags: SpliceFlags) -> int:
    """Copy what is in a pipe to another pipe. See tee(2)."""
    if flags & ~SPLICE_F_ALL:
        raise EINVAL("unknown flag")
    if not len:
        return 0
    source, target = task.files[fdin], task.files[fdout]
    if not source.mode & FMODE_READ or not target.mode & FMODE_WRITE:
        raise EBADF("not open for that")
    in_pipe, out_pipe = _pipe(source), _pipe(target)
    if in_pipe is None or out_pipe is None or in_pipe is out_pipe:
        raise EINVAL("not two pipes")
    wait = not (flags & SPLICE_F_NONBLOCK or (source.flags | target.flags) & O_NONBLOCK)
    count = min(len, MAX_RW_COUNT)
    return await pipe_to_pipe(task, in_pipe, out_pipe, count, wait, keep=True)


@syscall("sys_vmsplice")
async def vmsplice(task: Task, fd: Fd, uiov: Iovec, nr_segs: ULong, flags: SpliceFlags) -> int:
    """Put a program's own bytes into a pipe, or what is in a pipe to them. See vmsplice(2).

    They are copied, so that what the program does to them later does not show.
    """
    if flags & ~SPLICE_F_ALL:
        raise EINVAL("unknown flag")
    file = task.files[fd]
    if not file.mode & (FMODE_READ | FMODE_WRITE):
        raise EBADF("not open for that")
    pieces = iovec_pieces(task, uiov, nr_segs)
    if not any(length for _, length in pieces):
        return 0
    pipe = _pipe(file)
    if pipe is None:
        raise EBADF("not a pipe")
    wait = not flags & SPLICE_F_NONBLOCK
    if file.mode & FMODE_WRITE:
        return await user_to_pipe(task, pieces, pipe, wait)
    return await pipe_to_user(task, pipe, pieces, wait)


def _pipe(file: File) -> Pipe | None:
    return pipe_of(file.inode) if file.inode.mode & S_IFMT == S_IFIFO and _is_ours(file) else None


def _is_ours(file: File) -> bool:
    """Not a pipe of the host."""
    return file.f_op is file.inode.sb.vfs.fifo_operations


def _check_kind(file: File) -> None:
    """EINVAL for files whose kind has no way to splice: directories, eventfds and the like."""
    if not (file.inode.is_regular or file.inode.mode & S_IFMT in (S_IFCHR, S_IFIFO, S_IFSOCK)):
        raise EINVAL("a file of this kind cannot be spliced")


def _offset(task: Task, file: File, address: int) -> int | None:
    """The offset at a user address; None stands for the file's own. EINVAL, EFAULT."""
    if not address:
        return None
    if not file.seekable:
        raise EINVAL("the file has no positions")
    offset = task.mm.read_u64(address)
    if offset >> 63:
        raise EINVAL("position before the start")
    return offset


def _store(task: Task, address: int, pos: int | None, done: int) -> None:
    if pos is not None:
        task.mm.write_u64(address, pos + done)
