"""A program of many threads that becomes another one. See de_thread in fs/exec.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.exit import end_other_threads
from emu.kernel.uapi.signal import SIGCHLD

if TYPE_CHECKING:
    from emu.kernel.task import Task


def de_thread(task: Task) -> None:
    """End all other threads of a task's process, and make it the leader with the process's id."""
    group, kernel = task.group, task.kernel
    end_other_threads(task)
    leader = group.leader
    if leader is not task:
        if task.ptrace is not None:
            task.ptrace.forget_former_self(task.pid)
        if leader.ptrace is not None:
            leader.ptrace.unlink()
        kernel.forget_pid(task.pid)
        kernel.forget_pid(leader.pid)
        task.pid = leader.pid
        kernel.tasks[task.pid] = task
        task.start_time_ns = leader.start_time_ns
        group.leader = task
        if task.parent is not None:
            siblings = task.parent.group.children
            siblings.pop(leader, None)
            siblings[task] = None
    group.exit_signal = SIGCHLD
