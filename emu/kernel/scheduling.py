"""A task's scheduling parameters, as sched(7) calls set and report them.

Recorded only: our scheduler serves all tasks in turn.
"""

from __future__ import annotations

from emu.kernel.uapi.sched import SCHED_NORMAL
from emu.record import record, replace

DEFAULT_TIMER_SLACK_NS = 50_000


@record(frozen=False)
class Scheduling:
    """Policy, priorities, and the CPUs a task may use (bit 0 is CPU 0)."""

    policy: int = SCHED_NORMAL
    rt_priority: int = 0
    nice: int = 0
    ioprio: int = 0
    reset_on_fork: bool = False
    affinity: int = 1
    timer_slack_ns: int = DEFAULT_TIMER_SLACK_NS

    def fork(self) -> Scheduling:
        """The parameters of a child: see sched_fork."""
        if not self.reset_on_fork:
            return replace(self)
        return Scheduling(
            nice=max(self.nice, 0),
            ioprio=self.ioprio,
            affinity=self.affinity,
            timer_slack_ns=self.timer_slack_ns,
        )
