"""The interval timers of CPU time: ITIMER_VIRTUAL and ITIMER_PROF. See setitimer(2).

All CPU time counts as the user's, as in times(2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.cpu_timer import CpuTimer
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import send_signal

if TYPE_CHECKING:
    from emu.kernel.task import Task

TICK_NSEC = 4_000_000


class CpuInterval:
    """One such timer of a process. Times are in nanoseconds."""

    __slots__ = ("_signal", "_timer", "interval_ns")

    def __init__(self, signal: int) -> None:
        self._signal = signal
        self._timer: CpuTimer | None = None
        self.interval_ns = 0

    def remaining_ns(self) -> int:
        """The time until it expires, a tick if that is past; 0 while it is not armed."""
        timer = self._timer
        if timer is None or not timer.active:
            return 0
        remaining = timer.remaining()
        return remaining if remaining > 0 else TICK_NSEC

    def set(self, task: Task, value_ns: int, interval_ns: int) -> None:
        """Expire once after a time, then at intervals; a time of 0 disarms."""
        if self._timer is not None:
            self._timer.cancel()
        self.interval_ns = interval_ns
        group = task.group

        def expire() -> None:
            if self.interval_ns:
                timer.forward(timer.now(), self.interval_ns)
                group.cpu_timers[timer] = None
            if group.alive:
                send_signal(group.threads[0], self._signal, SigInfo.from_kernel(self._signal))

        timer = self._timer = CpuTimer(task, False, expire)
        if value_ns:
            timer.start(timer.now() + value_ns)
