"""Interval timers: setitimer(2), getitimer(2), alarm(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import FlagFamily, FlagsArg, StructArg, UInt, UserStruct
from emu.kernel.clock import NSEC_PER_SEC, NSEC_PER_USEC
from emu.kernel.errno import EFAULT, EINVAL, EOVERFLOW
from emu.kernel.signal.cpu_interval import CpuInterval
from emu.kernel.signal.real_timer import RealTimer
from emu.kernel.syscall import syscall
from emu.kernel.task import Task

ITIMER_REAL = 0
ITIMER_VIRTUAL = 1
ITIMER_PROF = 2
ITIMERS = FlagFamily(
    "interval timer",
    (
        ("ITIMER_REAL", ITIMER_REAL),
        ("ITIMER_VIRTUAL", ITIMER_VIRTUAL),
        ("ITIMER_PROF", ITIMER_PROF),
    ),
    is_number=True,
)
USEC_PER_SEC = 1_000_000
INT_MAX = (1 << 31) - 1

Which = Annotated[int, FlagsArg(signed=True, family=ITIMERS)]
InItimerval = Annotated[UserStruct, StructArg(layout="__kernel_old_itimerval")]
OutItimerval = Annotated[UserStruct, StructArg(layout="__kernel_old_itimerval", out=True)]
ITIMERVAL32 = {"__kernel_old_itimerval": "old_itimerval32"}


@syscall("sys_getitimer", ("compat_sys_getitimer", ITIMERVAL32))
def getitimer(task: Task, which: Which, value: OutItimerval) -> int:
    """Tell how long a timer still runs, and its interval. See getitimer(2)."""
    timer = timer_of(task, which)
    write_itimerval(value, timer.remaining_ns(), timer.interval_ns)
    return 0


@syscall("sys_setitimer", ("compat_sys_setitimer", ITIMERVAL32))
def setitimer(task: Task, which: Which, value: InItimerval, ovalue: OutItimerval) -> int:
    """Arm or disarm a timer, and tell what it was. See setitimer(2)."""
    new = read_itimerval(value) if value else (0, 0)
    timer = timer_of(task, which)
    old = timer.remaining_ns(), timer.interval_ns
    timer.set(task, *new)
    if ovalue:
        write_itimerval(ovalue, *old)
    return 0


@syscall("sys_alarm")
def alarm(task: Task, seconds: UInt) -> int:
    """Send SIGALRM after so many seconds; answer what an earlier alarm had left. See alarm(2)."""
    if task.abi.isa.word_bits == 32:
        seconds = min(seconds, INT_MAX)
    timer = task.signals.real_timer
    left, rest_ns = divmod(timer.remaining_ns(), NSEC_PER_SEC)
    timer.set(task, seconds * NSEC_PER_SEC, 0)
    # Rounded, but never to 0 while an alarm is due.
    return left + (rest_ns >= NSEC_PER_SEC // 2 or (left == 0 and rest_ns > 0))


def timer_of(task: Task, which: int) -> RealTimer | CpuInterval:
    """A timer by its number. EINVAL."""
    if which == ITIMER_REAL:
        return task.signals.real_timer
    if which == ITIMER_VIRTUAL:
        return task.group.virtual_timer
    if which == ITIMER_PROF:
        return task.group.prof_timer
    raise EINVAL(f"no interval timer {which}")


def read_itimerval(address: UserStruct) -> tuple[int, int]:
    """A user's itimerval as (value, interval) in nanoseconds. EFAULT, EINVAL."""
    given = address.read()
    return _nanoseconds(given["it_value"]), _nanoseconds(given["it_interval"])


def write_itimerval(address: UserStruct, value_ns: int, interval_ns: int) -> None:
    """Store an itimerval. EFAULT; EOVERFLOW if the caller's seconds are too narrow."""
    if not address:
        raise EFAULT("no place for the answer")
    try:
        address.write(it_interval=_timeval(interval_ns), it_value=_timeval(value_ns))
    except OverflowError:
        raise EOVERFLOW("the time does not fit") from None


def _nanoseconds(timeval: dict[str, int]) -> int:
    seconds, microseconds = timeval["tv_sec"], timeval["tv_usec"]
    if seconds < 0 or not 0 <= microseconds < USEC_PER_SEC:
        raise EINVAL("not a valid timeval")
    return seconds * NSEC_PER_SEC + microseconds * NSEC_PER_USEC


def _timeval(time_ns: int) -> dict[str, int]:
    return {
        "tv_sec": time_ns // NSEC_PER_SEC,
        "tv_usec": time_ns % NSEC_PER_SEC // NSEC_PER_USEC,
    }
