"""CPU time of tasks, the one that runs now included. See the CPU clocks of clock_gettime(2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.task import Task


def thread_time_ns(task: Task) -> int:
    """What a thread has used."""
    return task.cpu_time_ns + _since_switch_ns(task)


def process_time_ns(task: Task) -> int:
    """What all threads of a task's process have used, those that ended included."""
    current = task.kernel.sched.current
    running = _since_switch_ns(current) if current in task.group.threads else 0
    return task.group.cpu_time_ns + running


def _since_switch_ns(task: Task | None) -> int:
    """How long a task has had the CPU this time; 0 if it does not have it."""
    if task is None or task.kernel.sched.current is not task or not task.alive:
        return 0
    return task.kernel.clock.cpu_ns() - task.kernel.switched_ns
