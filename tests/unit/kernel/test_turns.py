"""How long a task's turn is: the knobs of /sys/kernel/debug/sched."""

from types import SimpleNamespace

import pytest

from emu.kernel.clock import VirtualClock
from emu.kernel.sched import Scheduler

MS = 1_000_000


def task():
    return SimpleNamespace(queued=False, work=False, alive=True, call=None)


@pytest.mark.parametrize(
    ("granularity_ms", "ran_ms", "ends"), [(4, 3, False), (4, 4, True), (3, 3, True), (0, 0, True)]
)
def test_a_wake_up_ends_a_turn_that_lasted_long_enough(granularity_ms, ran_ms, ends):
    clock = VirtualClock()
    sched = Scheduler(clock)
    assert sched.wakeup_granularity_ns == 4 * MS
    sched.wakeup_granularity_ns = granularity_ms * MS
    sched.current = running = task()
    sleeper = task()
    clock.advance(ran_ms * MS)
    sched.woken(sleeper)
    assert sleeper.queued
    assert running.work == ends
