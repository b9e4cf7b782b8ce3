"""A task's secure computing: its mode and its filters. See struct seccomp."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EACCES, EINVAL
from emu.kernel.seccomp.filter import SeccompFilter
from emu.kernel.uapi.capability import CAP_SYS_ADMIN

if TYPE_CHECKING:
    from emu.kernel.task import Task


class Seccomp:
    """What a task may call. A task that may call everything has none."""

    __slots__ = ("filter", "mode", "rechecks")

    def __init__(self, mode: int, filter: SeccompFilter | None = None) -> None:
        self.mode = mode
        self.filter = filter
        self.rechecks = False
        """Whether its tracer has just been told of the call: SECCOMP_RET_TRACE passes then."""

    def fork(self) -> Seccomp:
        """What a new task may call."""
        if self.filter is not None:
            self.filter.users += 1
        return Seccomp(self.mode, self.filter)

    def release(self) -> None:
        """The task ended, or gets other filters."""
        if self.filter is not None:
            self.filter.release()


def assign_mode(task: Task, mode: int, filter: SeccompFilter | None = None) -> None:
    """Put a task into a mode, or another filter before those it has. EINVAL for another mode."""
    check_mode(task, mode)
    task.seccomp = Seccomp(mode, filter)
    task.work = True  # its way into the kernel is another one from now on


def check_mode(task: Task, mode: int) -> None:
    """EINVAL if a task is in another mode, which it never leaves."""
    if task.seccomp is not None and task.seccomp.mode != mode:
        raise EINVAL("it is in another mode")


def check_may_filter(task: Task) -> None:
    """EACCES for who could confuse a program with more privileges by a filter."""
    if not task.attributes.no_new_privs and not task.cred.capable(CAP_SYS_ADMIN):
        raise EACCES("set PR_SET_NO_NEW_PRIVS first, or have CAP_SYS_ADMIN")


def thread_out_of_sync(task: Task) -> Task | None:
    """A thread of the process that cannot have the task's filters, if there is one."""
    own = task.seccomp.filter if task.seccomp is not None else None
    for thread in task.group.threads:
        other = thread.seccomp
        if thread is task or other is None:
            continue
        if other.filter is None or not other.filter.is_ancestor_of(own):
            return thread
    return None


def sync_threads(task: Task) -> None:
    """Give all threads of the process the task's filters. `thread_out_of_sync` was None."""
    assert task.seccomp is not None
    for thread in task.group.threads:
        if thread is not task:
            if task.attributes.no_new_privs:
                thread.attributes.no_new_privs = True
            if thread.seccomp is not None:
                thread.seccomp.release()
            thread.seccomp = task.seccomp.fork()
            thread.work = True
