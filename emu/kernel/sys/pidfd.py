"""Processes by descriptor: pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import Fd, FlagsArg, Pid, UInt
from emu.kernel.errno import EBADF, EINVAL, EPERM, ESRCH
from emu.kernel.fs.pidfd import create_pidfd, living_task, signalled_task
from emu.kernel.ptrace_access import PTRACE_MODE_ATTACH, check_ptrace_access
from emu.kernel.sys.kill import (
    Siginfo,
    belongs_to_kernel,
    read_numbered_siginfo,
    send_as,
    send_to_all,
)
from emu.kernel.sys.kinds import Signal
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.pidfd import (
    PIDFD_NONBLOCK,
    PIDFD_OPEN_FLAGS,
    PIDFD_SIGNAL_FLAGS,
    PIDFD_SIGNAL_PROCESS_GROUP,
    PIDFD_SIGNAL_THREAD,
    PIDFD_SIGNAL_THREAD_GROUP,
    PIDFD_THREAD,
)
from emu.kernel.vfs.fdtable import fd_install

OpenFlags = Annotated[int, FlagsArg(family=PIDFD_OPEN_FLAGS)]
SignalFlags = Annotated[int, FlagsArg(family=PIDFD_SIGNAL_FLAGS)]

SCOPES = (0, PIDFD_SIGNAL_THREAD, PIDFD_SIGNAL_THREAD_GROUP, PIDFD_SIGNAL_PROCESS_GROUP)


@syscall("sys_pidfd_open")
def pidfd_open(task: Task, pid: Pid, flags: OpenFlags) -> int:
    """A descriptor of a process, or of a thread. See pidfd_open(2)."""
    if flags & ~(PIDFD_NONBLOCK | PIDFD_THREAD) or pid <= 0:
        raise EINVAL("unknown flag, or not a process id")
    found = task.kernel.tasks.get(pid)
    if found is None:
        raise ESRCH(f"no process {pid}")
    if found is not found.group.leader and not flags & PIDFD_THREAD:
        raise EINVAL("not a thread group's leader")
    return fd_install(task, create_pidfd(task, found, flags & PIDFD_NONBLOCK), cloexec=True)


@syscall("sys_pidfd_send_signal")
def pidfd_send_signal(task: Task, pidfd: Fd, sig: Signal, info: Siginfo, flags: SignalFlags) -> int:
    """Send a signal to the process of a descriptor, also of /proc/PID. See pidfd_send_signal(2)."""
    if flags not in SCOPES:
        raise EINVAL("one scope at most")
    target = signalled_task(task.files[pidfd])
    said = None
    if info:
        number, said = read_numbered_siginfo(task, info)
        if number != sig:
            raise EINVAL("the siginfo is another signal's")
        if belongs_to_kernel(said) and target is not task:
            raise EPERM("the code belongs to the kernel")
    if flags == PIDFD_SIGNAL_PROCESS_GROUP:
        members = [g.leader for g in task.kernel.groups() if g.pgid == target.tgid]
        return send_to_all(task, members, sig)
    send_as(task, target, sig, said, to_thread=flags == PIDFD_SIGNAL_THREAD)
    return 0


@syscall("sys_pidfd_getfd")
def pidfd_getfd(task: Task, pidfd: Fd, fd: Fd, flags: UInt) -> int:
    """A copy of another process's descriptor. See pidfd_getfd(2)."""
    if flags:
        raise EINVAL("there are no flags")
    target = living_task(task.files[pidfd])
    if not target.alive:
        raise ESRCH("the process has ended")
    check_ptrace_access(task, target, PTRACE_MODE_ATTACH)
    file = target.files.get(fd)
    if file is None:
        raise EBADF
    return fd_install(task, file.get(), cloexec=True)
