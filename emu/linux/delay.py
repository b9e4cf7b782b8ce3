"""Sleeping for a time: ``await msleep(10)``. See include/linux/delay.h."""

from __future__ import annotations

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.restart import Restart
from emu.kernel.wait import Wait, WaitQueue

NSEC_PER_MSEC, NSEC_PER_USEC = 1_000_000, 1_000


async def _sleep(ns: int, *, killable: bool) -> int:
    """Sleep: how much was left when a signal came."""
    this_module().check_may_sleep()
    clock = this_kernel().clock
    deadline = clock.monotonic_ns() + ns
    while (left := deadline - clock.monotonic_ns()) > 0:
        try:
            await Wait((WaitQueue(),), left, killable=killable)
        except Restart:
            if killable:
                raise
            return max(0, deadline - clock.monotonic_ns())
    return 0


async def msleep(msecs: int) -> None:
    """Sleep for so many milliseconds."""
    await _sleep(msecs * NSEC_PER_MSEC, killable=True)


async def msleep_interruptible(msecs: int) -> int:
    """The same until a signal comes: how many milliseconds were left."""
    return -(-await _sleep(msecs * NSEC_PER_MSEC, killable=False) // NSEC_PER_MSEC)


async def ssleep(seconds: int) -> None:
    """Sleep for so many seconds."""
    await _sleep(seconds * NSEC_PER_SEC, killable=True)


async def usleep_range(min: int, max: int) -> None:
    """Sleep for so many microseconds."""
    await _sleep(min * NSEC_PER_USEC, killable=True)


fsleep = usleep_range


def udelay(usecs: int) -> None:
    """Keep the CPU busy: no time passes for programs, so nothing is to be done."""


mdelay = ndelay = udelay
