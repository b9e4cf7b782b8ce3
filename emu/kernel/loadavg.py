"""How busy the machine is: the load averages and counts that /proc tells.

Linux looks at the run queue every five seconds. Here no timer may go off for that alone, so the
time that tasks ran or waited for the CPU is summed up as they run, and worked into the averages
when enough has come together or somebody asks. See kernel/sched/loadavg.c.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.clock import Clock

NSEC_PER_SEC = 1_000_000_000
PERIODS_S = (60, 300, 900)
WORTH_NOTING_NS = 100_000_000
"""So much running time is worked in at once: it is too little to see in an average."""


class LoadAverage:
    """Counts of one machine since it was started."""

    __slots__ = (
        "_averages", "_clock", "_noted_ns", "_runnable_ns", "_since_noted_ns", "preempted",
        "switches",
    )  # fmt: skip

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._averages = [0.0 for _ in PERIODS_S]
        self._noted_ns = clock.monotonic_ns()
        self._runnable_ns = 0
        self._since_noted_ns = 0
        self.switches = 0
        """How often a task was given the CPU."""
        self.preempted = 0
        """How often it was taken from a task that wanted to go on."""

    def ran(self, used_ns: int, waiting: int) -> None:
        """A task had the CPU for so long while others waited for it."""
        self.switches += 1
        self._runnable_ns += used_ns * (waiting + 1)
        self._since_noted_ns += used_ns
        if self._since_noted_ns > WORTH_NOTING_NS:
            self._note()

    def averages(self) -> tuple[float, ...]:
        """How many tasks ran or waited to, over the last 1, 5 and 15 minutes."""
        self._note()
        return tuple(self._averages)

    def _note(self) -> None:
        now = self._clock.monotonic_ns()
        passed_ns = now - self._noted_ns
        if passed_ns <= 0:
            return
        load = self._runnable_ns / passed_ns
        for i, period_s in enumerate(PERIODS_S):
            keep = exp(-passed_ns / (period_s * NSEC_PER_SEC))
            self._averages[i] = self._averages[i] * keep + load * (1 - keep)
        self._noted_ns = now
        self._runnable_ns = self._since_noted_ns = 0
