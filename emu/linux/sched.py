"""The running task: ``current``. See include/linux/sched.h and cred.h."""

from __future__ import annotations

from typing import Any

from emu.kernel.module.ambient import current_task, this_module
from emu.kernel.module.kthread import running_thread
from emu.kernel.wait import Wait
from emu.linux.kthread import schedule_timeout as schedule_timeout
from emu.linux.kthread import schedule_timeout_interruptible as schedule_timeout_interruptible

TASK_COMM_LEN = 16


class Current:
    """The task, or the kernel thread, that runs: C's macro."""

    @property
    def pid(self) -> int:
        """The thread's id; 0 in a kernel thread."""
        return 0 if running_thread(this_module()) is not None else current_task().pid

    @property
    def tgid(self) -> int:
        """The process's id; 0 in a kernel thread."""
        return 0 if running_thread(this_module()) is not None else current_task().tgid

    @property
    def comm(self) -> str:
        """The name."""
        thread = running_thread(this_module())
        return thread.name if thread is not None else current_task().comm.decode(errors="replace")

    @property
    def task(self) -> Any:
        """The kernel's own object."""
        return current_task()


current = Current()


def task_pid_nr(task: Any) -> int:
    """A task's id."""
    return int(task.pid)


def signal_pending(task: Any) -> bool:
    """Whether a signal waits for the task."""
    return bool(current_task().signals.ends_sleep())


def capable(cap: int) -> bool:
    """Whether the running task has a capability."""
    return current_task().cred.capable(cap)


def current_uid() -> int:
    """The running task's user."""
    return current_task().cred.uid


def current_euid() -> int:
    """Its effective user."""
    return current_task().cred.euid


async def schedule() -> None:
    """Let others run."""
    await Wait((), 0)


cond_resched = schedule
