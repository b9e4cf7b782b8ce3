"""Commands to files: ioctl(2). The files' own commands are with their `FileOperations`."""

from __future__ import annotations

from collections.abc import Awaitable

from emu.kernel.args import Fd, ULong
from emu.kernel.errno import EINVAL, ENOTTY
from emu.kernel.sys.file_kinds import IoctlCommand
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi import ioctl as ioctls
from emu.kernel.uapi.fcntl import FASYNC, O_NONBLOCK
from emu.kernel.vfs.fasync import set_fasync


@syscall("sys_ioctl")
def ioctl(task: Task, fd: Fd, cmd: IoctlCommand, arg: ULong) -> int | Awaitable[int]:
    """Give a file a command: the general ones are answered here. See ioctl(2)."""
    file = task.files[fd]
    inode = file.inode
    match cmd:
        case ioctls.FIOCLEX:
            task.files.set_cloexec(fd, True)
        case ioctls.FIONCLEX:
            task.files.set_cloexec(fd, False)
        case ioctls.FIONBIO:
            on = task.mm.read_u32(arg)
            file.flags = file.flags | O_NONBLOCK if on else file.flags & ~O_NONBLOCK
        case ioctls.FIOASYNC:
            on = task.mm.read_u32(arg)
            if file.f_op.has_fasync:
                set_fasync(task, fd, file, bool(on))
            elif on and not file.flags & FASYNC:
                raise ENOTTY("no SIGIO from this file")
        case ioctls.FIOQSIZE:
            if not (inode.is_dir or inode.is_regular or inode.is_symlink):
                raise ENOTTY
            task.mm.write_u64(arg, inode.size)
        case ioctls.FIGETBSZ:
            if not inode.blksize:
                raise EINVAL("no block size")
            task.mm.write_u32(arg, inode.blksize)
        case ioctls.FIONREAD if inode.is_regular and file.seekable:
            task.mm.write_u32(arg, inode.size - file.pos)
        case _:
            return file.f_op.unlocked_ioctl(file, task, cmd, arg)
    return 0
