"""The interval timer of real time that ends in SIGALRM. See setitimer(2), kernel/time/itimer.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.clock import NSEC_PER_USEC
from emu.kernel.hrtimer import HrTimer
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.signal import SIGALRM
from emu.kernel.uapi.time import CLOCK_MONOTONIC

if TYPE_CHECKING:
    from emu.kernel.task import Task


class RealTimer:
    """ITIMER_REAL of one process. Times are in nanoseconds."""

    __slots__ = ("_timer", "interval_ns")

    def __init__(self) -> None:
        self._timer: HrTimer | None = None
        self.interval_ns = 0

    def remaining_ns(self) -> int:
        """The time until it expires, at least a microsecond; 0 while it is not armed."""
        if self._timer is None or not self._timer.active:
            return 0
        return max(NSEC_PER_USEC, self._timer.remaining())

    def set(self, task: Task, value_ns: int, interval_ns: int) -> None:
        """Expire once after a time, then at intervals; a time of 0 disarms."""
        if self._timer is not None:
            self._timer.cancel()
        self.interval_ns = interval_ns
        if not value_ns:
            return
        group, kernel = task.group, task.kernel

        def expire() -> None:
            if group.alive:
                send_signal(group.threads[0], SIGALRM, SigInfo.from_kernel(SIGALRM))

        self._timer = HrTimer(kernel.clock, kernel.sched, CLOCK_MONOTONIC, expire)
        self._timer.start(self._timer.now() + value_ns)

    def signal_taken(self) -> None:
        """Begin the next interval. Only now, so that a short one does not outrun its program."""
        timer = self._timer
        if self.interval_ns and timer is not None and not timer.active:
            timer.forward(timer.now(), self.interval_ns)
            timer.start(timer.expires_ns)
