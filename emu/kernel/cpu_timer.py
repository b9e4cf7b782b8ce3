"""Timers of the CPU time of threads and processes. See kernel/time/posix-cpu-timers.c.

They are looked at whenever a thread of the process leaves its CPU, at each tick at the latest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.clock import KTIME_MAX
from emu.kernel.cpu_time import process_time_ns, thread_time_ns
from emu.kernel.hrtimer import ClockTimer

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.kernel.task import Task
    from emu.kernel.thread_group import ThreadGroup


class CpuTimer(ClockTimer):
    """A timer of what a thread uses, or its whole process."""

    __slots__ = ("_owner", "_per_thread")

    def __init__(self, owner: Task, per_thread: bool, action: Callable[[], None]) -> None:
        super().__init__(action)
        self._owner = owner
        self._per_thread = per_thread

    @property
    def active(self) -> bool:
        """Whether it will expire."""
        return self in self._owner.group.cpu_timers

    def now(self) -> int:
        """What was used so far."""
        return thread_time_ns(self._owner) if self._per_thread else process_time_ns(self._owner)

    def start(self, expires_ns: int) -> None:
        """Expire when so much was used; at once if it was."""
        self.expires_ns = min(expires_ns, KTIME_MAX)
        self._owner.group.cpu_timers[self] = None
        self.look()

    def cancel(self) -> None:
        """Do not expire."""
        self._owner.group.cpu_timers.pop(self, None)

    def look(self) -> None:
        """Expire if it is time."""
        if self.active and self.expires_ns <= self.now():
            self.cancel()
            self._action()


def run_cpu_timers(group: ThreadGroup) -> None:
    """A thread of the process has used time: see run_posix_cpu_timers."""
    for timer in list(group.cpu_timers):
        timer.look()
