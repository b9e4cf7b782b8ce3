"""Process ids, groups and sessions: getpid(2), setpgid(2), setsid(2)."""

from __future__ import annotations

from emu.kernel.args import Pid
from emu.kernel.errno import EACCES, EINVAL, EPERM, ESRCH
from emu.kernel.syscall import syscall
from emu.kernel.task import INIT_PID, Task


@syscall("sys_getpid")
def getpid(task: Task) -> int:
    """The thread group's id. See getpid(2)."""
    return task.tgid


@syscall("sys_gettid")
def gettid(task: Task) -> int:
    """The thread's id. See gettid(2)."""
    return task.pid


@syscall("sys_getppid")
def getppid(task: Task) -> int:
    """The parent's process id. See getppid(2)."""
    parent = task.parent
    return INIT_PID if parent is None else parent.tgid


@syscall("sys_getpgid")
def getpgid(task: Task, pid: Pid) -> int:
    """A process's group. See getpgid(2)."""
    return find_task(task, pid).pgid


@syscall("sys_getpgrp")
def getpgrp(task: Task) -> int:
    """The caller's process group. See getpgrp(2)."""
    return task.pgid


@syscall("sys_getsid")
def getsid(task: Task, pid: Pid) -> int:
    """A process's session. See getsid(2)."""
    return find_task(task, pid).sid


@syscall("sys_setsid")
def setsid(task: Task) -> int:
    """Become the leader of a new session and group. See setsid(2)."""
    group = task.group
    if any(other.pgid == group.tgid for other in task.kernel.groups()):
        raise EPERM("already leads a process group")
    group.sid = group.pgid = group.tgid
    group.tty = None
    return group.sid


@syscall("sys_setpgid")
def setpgid(task: Task, pid: Pid, pgid: Pid) -> int:
    """Put a process into a group of its session. See setpgid(2)."""
    pid = pid or task.tgid
    pgid = pgid or pid
    if pgid < 0:
        raise EINVAL("a group id is positive")
    member = find_task(task, pid)
    if member.tgid != member.pid:
        raise EINVAL("not a thread group's leader")
    if member.parent is not None and member.parent.tgid == task.tgid:
        if member.sid != task.sid:
            raise EPERM("a child in another session")
        if member.attributes.executed:
            raise EACCES("the child runs another program")
    elif member.tgid != task.tgid:
        raise ESRCH("neither the caller nor its child")
    if member.sid == member.tgid:
        raise EPERM("a session leader")
    if pgid != pid and not any(
        other.pgid == pgid and other.sid == task.sid for other in task.kernel.groups()
    ):
        raise EPERM("no such group in this session")
    member.group.pgid = pgid
    return 0


def find_task(task: Task, pid: int) -> Task:
    """The task of a pid; the caller for 0. ESRCH."""
    if pid == 0:
        return task
    found = task.kernel.tasks.get(pid)
    if found is None:
        raise ESRCH(f"no process {pid}")
    return found
