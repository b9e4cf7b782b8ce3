"""Waits of centuries, which a guest may ask for."""

import os

from emu.kernel.clock import KTIME_MAX, VirtualClock
from emu.kernel.host_wait import HostWaits
from emu.kernel.sched import Scheduler


def test_the_host_is_polled_for_as_long_as_it_can():
    outside, inside = os.pipe()
    os.write(inside, b"x")
    waits = HostWaits()
    woken = []

    class Sleeper:
        exclusive = False

        def wake(self):
            woken.append(True)

    waits.readable(outside).add(Sleeper())
    waits.poll(1 << 63)
    assert woken == [True]
    os.close(outside)
    os.close(inside)


def test_no_timer_is_due_after_the_end_of_time():
    clock = VirtualClock()
    scheduler = Scheduler(clock)
    clock.advance(5)
    due = []
    scheduler.call_after(KTIME_MAX, lambda: due.append(clock.monotonic_ns()))
    scheduler.call_after(1 << 100, lambda: due.append(clock.monotonic_ns()))
    clock.advance(KTIME_MAX - 5)
    scheduler.expire_timers()
    assert due == [KTIME_MAX, KTIME_MAX]
