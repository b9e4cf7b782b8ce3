"""Timers that are read: timerfd_create(2), timerfd_settime(2), timerfd_gettime(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import Fd, FlagsArg
from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.fs.timerfd import TIMER, TimerContext, create_timerfd
from emu.kernel.sys.clock import ClockId
from emu.kernel.sys.itimerspec import (
    ITIMERSPEC32,
    InItimerspec,
    OutItimerspec,
    read_itimerspec,
    write_itimerspec,
)
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_WAKE_ALARM
from emu.kernel.uapi.eventfd import TFD_CLOEXEC, TFD_NONBLOCK, TIMERFD_CREATE_FLAGS
from emu.kernel.uapi.time import (
    CLOCK_BOOTTIME,
    CLOCK_BOOTTIME_ALARM,
    CLOCK_MONOTONIC,
    CLOCK_REALTIME,
    CLOCK_REALTIME_ALARM,
    TFD_SETTIME_FLAGS,
    TFD_TIMER_ABSTIME,
    TFD_TIMER_CANCEL_ON_SET,
)
from emu.kernel.vfs.fdtable import fd_install

CreateFlags = Annotated[int, FlagsArg(family=TIMERFD_CREATE_FLAGS)]
SettimeFlags = Annotated[int, FlagsArg(family=TFD_SETTIME_FLAGS)]

ALARM_CLOCKS = (CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM)
CLOCKS = (CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, *ALARM_CLOCKS)


@syscall("sys_timerfd_create")
def timerfd_create(task: Task, clockid: ClockId, flags: CreateFlags) -> int:
    """Make a timerfd. See timerfd_create(2)."""
    if flags & ~(TFD_CLOEXEC | TFD_NONBLOCK) or clockid not in CLOCKS:
        raise EINVAL("unknown flag, or no clock for timers")
    _check_alarm(task, clockid)
    file = create_timerfd(task, clockid, flags & TFD_NONBLOCK)
    return fd_install(task, file, cloexec=bool(flags & TFD_CLOEXEC))


@syscall("sys_timerfd_settime", ("sys_timerfd_settime32", ITIMERSPEC32))
def timerfd_settime(
    task: Task, ufd: Fd, flags: SettimeFlags, utmr: InItimerspec, otmr: OutItimerspec
) -> int:
    """Arm or disarm a timerfd, and tell what it was. See timerfd_settime(2)."""
    value_ns, interval_ns = read_itimerspec(task, utmr)
    if flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET):
        raise EINVAL("unknown flag")
    context = _context(task, ufd)
    _check_alarm(task, context.timer.which)
    old = context.set(flags, value_ns, interval_ns)
    if otmr:
        write_itimerspec(otmr, *old)
    return 0


@syscall("sys_timerfd_gettime", ("sys_timerfd_gettime32", ITIMERSPEC32))
def timerfd_gettime(task: Task, ufd: Fd, otmr: OutItimerspec) -> int:
    """Tell how long a timerfd still runs, and its interval. See timerfd_gettime(2)."""
    write_itimerspec(otmr, *_context(task, ufd).get())
    return 0


def _context(task: Task, fd: int) -> TimerContext:
    file = task.files[fd]
    if file.f_op is not TIMER:
        raise EINVAL("not a timerfd")
    context: TimerContext = file.private_data
    return context


def _check_alarm(task: Task, clockid: int) -> None:
    if clockid in ALARM_CLOCKS and not task.cred.capable(CAP_WAKE_ALARM):
        raise EPERM("may not wake the machine")
