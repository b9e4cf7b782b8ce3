"""Pipes: pipe(2), pipe2(2)."""

from __future__ import annotations

from emu.kernel.args import Pointer
from emu.kernel.errno import EFAULT, EINVAL, EMFILE
from emu.kernel.fs.pipefs import create_pipe
from emu.kernel.sys.file_kinds import OpenFlags
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import O_CLOEXEC, O_DIRECT, O_NONBLOCK
from emu.kernel.vfs.fdtable import fd_install


@syscall("sys_pipe")
def pipe(task: Task, fildes: Pointer) -> int:
    """Make a pipe. See pipe(2)."""
    return pipe2(task, fildes, 0)


@syscall("sys_pipe2", missing="O_NOTIFICATION_PIPE")
def pipe2(task: Task, fildes: Pointer, flags: OpenFlags) -> int:
    """Make a pipe, with flags. Notification pipes are EINVAL. See pipe2(2)."""
    read_fd, write_fd = _pipe(task, flags)
    try:
        task.mm.write_u32(fildes, read_fd)
        task.mm.write_u32(fildes + 4, write_fd)
    except EFAULT:
        task.files.close(read_fd)
        task.files.close(write_fd)
        raise
    return 0


@syscall("sysm_pipe")
def mips_pipe(task: Task) -> int:
    """pipe of MIPS, which gives the second descriptor in v1."""
    read_fd, write_fd = _pipe(task, 0)
    task.set_second_result(write_fd)
    return read_fd


def _pipe(task: Task, flags: int) -> tuple[int, int]:
    if flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT):
        raise EINVAL("unknown or unsupported flag")
    reader, writer = create_pipe(task, flags)
    cloexec = bool(flags & O_CLOEXEC)
    try:
        read_fd = fd_install(task, reader, cloexec=cloexec)
    except EMFILE:
        writer.put()
        raise
    try:
        return read_fd, fd_install(task, writer, cloexec=cloexec)
    except EMFILE:
        task.files.close(read_fd)
        raise
