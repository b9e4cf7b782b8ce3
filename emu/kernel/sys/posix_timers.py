"""POSIX timers: timer_create(2), timer_settime(2) and their relatives."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

from emu.kernel.args import FlagsArg, Int, StructArg, UserStruct
from emu.kernel.cpu_timer import CpuTimer
from emu.kernel.errno import EINVAL, EOPNOTSUPP
from emu.kernel.hrtimer import ClockTimer, HrTimer
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.posix_timers import PosixTimer
from emu.kernel.sys.clock import ClockId, cpu_clock_owner, is_cpu_clock
from emu.kernel.sys.itimerspec import (
    ITIMERSPEC32,
    InItimerspec,
    OutItimerspec,
    read_itimerspec,
    write_itimerspec,
)
from emu.kernel.sys.kinds import OutInt
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.signal import (
    SIGALRM,
    SIGEV_NONE,
    SIGEV_SIGNAL,
    SIGEV_THREAD,
    SIGEV_THREAD_ID,
)
from emu.kernel.uapi.time import (
    CLOCK_BOOTTIME,
    CLOCK_BOOTTIME_ALARM,
    CLOCK_MONOTONIC,
    CLOCK_MONOTONIC_COARSE,
    CLOCK_MONOTONIC_RAW,
    CLOCK_REALTIME,
    CLOCK_REALTIME_ALARM,
    CLOCK_REALTIME_COARSE,
    CLOCK_TAI,
    TIMER_ABSTIME,
    TIMER_FLAGS,
)

TimerFlags = Annotated[int, FlagsArg(family=TIMER_FLAGS)]
InSigevent = Annotated[UserStruct, StructArg(layout="sigevent")]

TIMER_CLOCKS = (CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI)
OTHER_CLOCKS = (
    CLOCK_MONOTONIC_RAW,
    CLOCK_REALTIME_COARSE,
    CLOCK_MONOTONIC_COARSE,
    CLOCK_REALTIME_ALARM,
    CLOCK_BOOTTIME_ALARM,
)
"""Not for timers; the machine has no alarm clock."""

_SIGEV_UN = "_sigev_un"


@syscall("sys_timer_create", "compat_sys_timer_create")
def timer_create(
    task: Task, which_clock: ClockId, timer_event_spec: InSigevent, created_timer_id: OutInt
) -> int:
    """Make a timer. See timer_create(2)."""
    event = timer_event_spec.read() if timer_event_spec else None
    if which_clock in OTHER_CLOCKS:
        raise EOPNOTSUPP("not a clock for timers")
    make = _timer_of_clock(task, which_clock)
    timers = task.group.posix_timers
    timer_id = timers.new_id(task.rlimits["RLIMIT_SIGPENDING"][0])
    code = task.abi.constants["SI_TIMER"]
    if event is None:
        target, notify = task, SIGEV_SIGNAL
        value = _int_value(task, timer_id)
        info = SigInfo(SIGALRM, code, value=value, timer=timer_id)
    else:
        notify = event["sigev_notify"]
        target = _target(task, notify, event)
        signal = 0
        if notify != SIGEV_NONE:
            number = event["sigev_signo"]
            signal = signal_numbers(task.abi).decode(number) if number else 0
            if not signal:
                raise EINVAL("no signal")
        value = _pointer_value(event["sigev_value"])
        info = SigInfo(signal, code, value=value, timer=timer_id)
    task.mm.write_u32(created_timer_id, timer_id)
    timers.add(timer_id, PosixTimer(timer_id, target, make, notify, info, which_clock))
    return 0


@syscall("sys_timer_settime", ("sys_timer_settime32", ITIMERSPEC32))
def timer_settime(
    task: Task,
    timer_id: Int,
    flags: TimerFlags,
    new_setting: InItimerspec,
    old_setting: OutItimerspec,
) -> int:
    """Arm or disarm a timer, and tell what it was. See timer_settime(2)."""
    if not new_setting:
        raise EINVAL("no time")
    value_ns, interval_ns = read_itimerspec(task, new_setting)
    timer = task.group.posix_timers[timer_id]
    old = timer.set(value_ns, interval_ns, bool(flags & TIMER_ABSTIME))
    if old_setting:
        write_itimerspec(old_setting, *old)
    return 0


@syscall("sys_timer_gettime", ("sys_timer_gettime32", ITIMERSPEC32))
def timer_gettime(task: Task, timer_id: Int, setting: OutItimerspec) -> int:
    """Tell how long a timer still runs, and its interval. See timer_gettime(2)."""
    write_itimerspec(setting, *task.group.posix_timers[timer_id].get())
    return 0


@syscall("sys_timer_getoverrun")
def timer_getoverrun(task: Task, timer_id: Int) -> int:
    """Tell how many intervals the last signal stood for. See timer_getoverrun(2)."""
    return task.group.posix_timers[timer_id].overruns


@syscall("sys_timer_delete")
def timer_delete(task: Task, timer_id: Int) -> int:
    """Forget a timer. See timer_delete(2)."""
    task.group.posix_timers.delete(timer_id)
    return 0


def _timer_of_clock(task: Task, which_clock: int) -> Callable[[Callable[[], None]], ClockTimer]:
    """Who makes a timer of a clock. EINVAL."""
    if is_cpu_clock(which_clock):
        return partial(CpuTimer, *cpu_clock_owner(task, which_clock))
    if which_clock not in TIMER_CLOCKS:
        raise EINVAL("no such clock")
    return partial(HrTimer, task.kernel.clock, task.kernel.sched, which_clock)


def _target(task: Task, notify: int, event: dict[str, dict[str, int]]) -> Task:
    """Who gets the signal: see good_sigevent. EINVAL."""
    if notify == SIGEV_SIGNAL | SIGEV_THREAD_ID:
        thread = task.kernel.tasks.get(event[_SIGEV_UN]["_tid"])
        if thread is None or thread.tgid != task.tgid:
            raise EINVAL("not a thread of the process")
        return thread
    if notify not in (SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD):
        raise EINVAL("no such way to notify")
    return task


def _pointer_value(sigval: dict[str, int]) -> int:
    return sigval["sival_ptr"]


def _int_value(task: Task, number: int) -> int:
    """A sigval with an int, as the pointer that it shares its place with."""
    return number << task.abi.word_bits - 32 if task.abi.big_endian else number
