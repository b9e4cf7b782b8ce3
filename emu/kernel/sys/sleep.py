"""Sleeping: nanosleep(2) and clock_nanosleep(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import FlagsArg
from emu.kernel.clock import KTIME_MAX
from emu.kernel.cpu_timer import CpuTimer
from emu.kernel.errno import EINVAL, EOPNOTSUPP
from emu.kernel.restart import Restart, RestartBlock, RestartNoHand, or_else
from emu.kernel.sys.clock import (
    TIME32,
    ClockId,
    InTimespec,
    OutTimespec,
    cpu_clock_owner,
    is_cpu_clock,
    read_clock,
    read_timespec,
    write_timespec,
)
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.time import (
    CLOCK_BOOTTIME,
    CLOCK_BOOTTIME_ALARM,
    CLOCK_MONOTONIC,
    CLOCK_PROCESS_CPUTIME_ID,
    CLOCK_REALTIME,
    CLOCK_REALTIME_ALARM,
    CLOCK_TAI,
    TIMER_ABSTIME,
    TIMER_FLAGS,
)
from emu.kernel.wait import WaitQueue

TimerFlags = Annotated[int, FlagsArg(family=TIMER_FLAGS)]

SLEEPING_CLOCKS = (
    CLOCK_REALTIME,
    CLOCK_MONOTONIC,
    CLOCK_BOOTTIME,
    CLOCK_TAI,
    CLOCK_PROCESS_CPUTIME_ID,
)


@syscall("sys_nanosleep", ("sys_nanosleep_time32", TIME32))
async def nanosleep(task: Task, rqtp: InTimespec, rmtp: OutTimespec) -> int:
    """Sleep for a time. See nanosleep(2)."""
    deadline_ns = _deadline(task, CLOCK_MONOTONIC, rqtp)
    return await _sleep_for(task, CLOCK_MONOTONIC, deadline_ns, rmtp)


@syscall("sys_clock_nanosleep", ("sys_clock_nanosleep_time32", TIME32))
async def clock_nanosleep(
    task: Task, which_clock: ClockId, flags: TimerFlags, rqtp: InTimespec, rmtp: OutTimespec
) -> int:
    """Sleep for or until a time of a clock. See clock_nanosleep(2)."""
    if which_clock in (CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM):
        raise EOPNOTSUPP("the machine has no alarm clock")
    read_clock(task, which_clock)
    if which_clock >= 0 and which_clock not in SLEEPING_CLOCKS:
        raise EOPNOTSUPP("not a clock to sleep on")
    if is_cpu_clock(which_clock) and cpu_clock_owner(task, which_clock) == (task, True):
        raise EINVAL("who sleeps uses no time")
    if flags & TIMER_ABSTIME:
        deadline_ns = read_timespec(task, rqtp)
        return await or_else(_sleep_until(task, which_clock, deadline_ns), RestartNoHand)
    return await _sleep_for(task, which_clock, _deadline(task, which_clock, rqtp), rmtp)


def _deadline(task: Task, which_clock: int, rqtp: InTimespec) -> int:
    return read_timespec(task, rqtp) + read_clock(task, which_clock)


async def _sleep_for(task: Task, which_clock: int, deadline_ns: int, remaining: OutTimespec) -> int:
    """Sleep for a time that ends then, and tell what is left when a signal ends it."""
    try:
        return await _sleep_until(task, which_clock, deadline_ns)
    except Restart:
        if remaining:
            write_timespec(remaining, max(0, deadline_ns - read_clock(task, which_clock)))
        raise RestartBlock(lambda: _sleep_for(task, which_clock, deadline_ns, remaining)) from None


async def _sleep_until(task: Task, which_clock: int, deadline_ns: int) -> int:
    deadline_ns = min(deadline_ns, KTIME_MAX)
    queue = WaitQueue()
    if is_cpu_clock(which_clock):
        owner, per_thread = cpu_clock_owner(task, which_clock)
        timer = CpuTimer(owner, per_thread, lambda: _wake(queue))
        timer.start(deadline_ns)
        try:
            while timer.active:
                await queue.wait()
        finally:
            timer.cancel()
        return 0
    while (left := deadline_ns - read_clock(task, which_clock)) > 0:
        await queue.wait(left)
    return 0


def _wake(queue: WaitQueue) -> None:
    queue.wake_up_all()
