"""The interval timer of real time that ends in SIGALRM. See setitimer(2), kernel/time/itimer.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.clock import NSEC_PER_USEC
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.signal import SIGALRM

if TYPE_CHECKING:
    from emu.kernel.task import Task


class RealTimer:
    """ITIMER_REAL of one process. Times are in nanoseconds."""

    __slots__ = ("_arming", "_expires_ns", "interval_ns")

    def __init__(self) -> None:
        self.interval_ns = 0
        self._expires_ns = 0
        self._arming = 0

    def remaining_ns(self, task: Task) -> int:
        """The time until it expires, at least a microsecond; 0 while it is not armed."""
        if not self._expires_ns:
            return 0
        return max(NSEC_PER_USEC, self._expires_ns - task.kernel.clock.monotonic_ns())

    def set(self, task: Task, value_ns: int, interval_ns: int) -> None:
        """Expire once after a time, then at intervals; a time of 0 disarms."""
        self._arming += 1
        self._expires_ns = 0
        self.interval_ns = interval_ns
        if value_ns:
            self._arm(task, task.kernel.clock.monotonic_ns() + value_ns)

    def signal_taken(self, task: Task) -> None:
        """Begin the next interval. Only now, so that a short one does not outrun its program."""
        if self.interval_ns and not self._expires_ns:
            self._arm(task, task.kernel.clock.monotonic_ns() + self.interval_ns)

    def _arm(self, task: Task, expires_ns: int) -> None:
        self._expires_ns = expires_ns
        arming = self._arming

        def expire() -> None:
            if arming == self._arming and task.alive:
                self._expires_ns = 0
                send_signal(task, SIGALRM, SigInfo.from_kernel(SIGALRM))

        task.kernel.sched.call_after(expires_ns - task.kernel.clock.monotonic_ns(), expire)
