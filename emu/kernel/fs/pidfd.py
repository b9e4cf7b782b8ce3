"""Descriptors that stand for processes. See pidfd_open(2), fs/pidfs.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EBADF, ESRCH
from emu.kernel.fs.anon_inode import AnonFile, anon_inode_file
from emu.kernel.uapi.fcntl import O_RDWR
from emu.kernel.uapi.poll import POLLHUP, POLLIN

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import PollTable


class PidfdOperations(AnonFile):
    """A pidfd's file operations; its task is in ``private_data``."""

    def poll(self, file: File, waits: PollTable | None) -> int:
        """Readable once the process has ended, and hung up once somebody has waited for it."""
        task: Task = file.private_data
        if waits is not None:
            waits.append(task.group.exited)
        if is_reaped(task):
            return POLLIN | POLLHUP
        return 0 if task.group.alive else POLLIN

    def show_fdinfo(self, file: File) -> bytes:
        """The process id; -1 once it is free for others."""
        task: Task = file.private_data
        pid = -1 if is_reaped(task) else task.pid
        return b"Pid:\t%d\nNSpid:\t%d\n" % (pid, pid)


PIDFD = PidfdOperations()


def create_pidfd(opener: Task, task: Task, flags: int = 0) -> File:
    """A new pidfd of a task. `flags` may hold O_NONBLOCK."""
    return anon_inode_file(opener, b"[pidfd]", PIDFD, task, O_RDWR | flags)


def pidfd_task(file: File) -> Task:
    """The task that a pidfd stands for. EBADF if it is another kind of file."""
    if file.f_op is not PIDFD:
        raise EBADF("not a pidfd")
    task: Task = file.private_data
    return task


def living_task(file: File) -> Task:
    """The same, unless it is gone. ESRCH; EBADF."""
    task = pidfd_task(file)
    if is_reaped(task):
        raise ESRCH("the process is gone")
    return task


def signalled_task(file: File) -> Task:
    """The same for a signal, for which an open /proc/PID will do. ESRCH; EBADF."""
    if file.f_op is PIDFD:
        return living_task(file)
    inode = file.inode
    if inode.sb.fs_type != b"proc" or not inode.is_dir or inode.private is None:
        raise EBADF("neither a pidfd nor a directory of a process")
    task: Task = inode.private  # type: ignore[assignment]
    if is_reaped(task):
        raise ESRCH("the process is gone")
    return task


def is_reaped(task: Task) -> bool:
    """Whether nothing of the task is left but this descriptor."""
    return task.kernel.tasks.get(task.pid) is not task
