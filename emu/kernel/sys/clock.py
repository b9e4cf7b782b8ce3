"""Reading clocks: clock_gettime(2) and its relatives. The clocks cannot be set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from emu.kernel.args import FlagsArg, StructArg, UserStruct
from emu.kernel.clock import NSEC_PER_SEC, NSEC_PER_USEC
from emu.kernel.cpu_time import process_time_ns, thread_time_ns
from emu.kernel.errno import EINVAL, EOPNOTSUPP, EOVERFLOW, EPERM
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.time import (
    ADJ_ADJTIME,
    ADJ_OFFSET,
    ADJ_OFFSET_READONLY,
    CLOCK_BOOTTIME,
    CLOCK_MONOTONIC,
    CLOCK_MONOTONIC_COARSE,
    CLOCK_MONOTONIC_RAW,
    CLOCK_PROCESS_CPUTIME_ID,
    CLOCK_REALTIME,
    CLOCK_REALTIME_COARSE,
    CLOCK_TAI,
    CLOCK_THREAD_CPUTIME_ID,
    CLOCKS,
    STA_UNSYNC,
    TIME_ERROR,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

ClockId = Annotated[int, FlagsArg(signed=True, family=CLOCKS)]
OutTimespec = Annotated[UserStruct, StructArg(layout="__kernel_timespec", out=True)]
InTimespec = Annotated[UserStruct, StructArg(layout="__kernel_timespec")]
Timex = Annotated[UserStruct, StructArg(layout="__kernel_timex", out=True)]

TIME32: Mapping[str, str] = {"__kernel_timespec": "old_timespec32"}
TIMEX32: Mapping[str, str] = {"__kernel_timex": "old_timex32"}

COARSE_NS = 4_000_000
"""The tick of a kernel with CONFIG_HZ=250."""

CPUCLOCK_PERTHREAD = 4
TIME_SETTOD_SEC_MAX = (1 << 63) // NSEC_PER_SEC - 30 * 365 * 24 * 3600


@syscall(
    "sys_clock_gettime",
    ("sys_clock_gettime32", TIME32),
    missing="clocks of devices (dynamic POSIX clocks)",
)
def clock_gettime(task: Task, which_clock: ClockId, tp: OutTimespec) -> int:
    """Read a clock. See clock_gettime(2)."""
    write_timespec(tp, read_clock(task, which_clock))
    return 0


@syscall("sys_clock_getres", ("sys_clock_getres_time32", TIME32))
def clock_getres(task: Task, which_clock: ClockId, tp: OutTimespec) -> int:
    """Tell a clock's resolution. See clock_getres(2)."""
    read_clock(task, which_clock)
    coarse = which_clock in (CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE)
    if tp:
        write_timespec(tp, COARSE_NS if coarse else 1)
    return 0


@syscall(
    "sys_clock_settime",
    ("sys_clock_settime32", TIME32),
    missing="changing the clock, which is the host's: EPERM",
)
def clock_settime(task: Task, which_clock: ClockId, tp: InTimespec) -> int:
    """Refuse to set a clock: EPERM even for root. See clock_settime(2)."""
    if which_clock != CLOCK_REALTIME:
        raise EINVAL("not a clock that can be set")
    check_settable(read_timespec(task, tp))
    raise EPERM("the machine's clock belongs to its host")


@syscall(
    "sys_adjtimex",
    ("sys_adjtimex_time32", TIMEX32),
    missing="changing the clock, which is the host's: EPERM",
)
def adjtimex(task: Task, txc_p: Timex) -> int:
    """Tell the state of the clock, which nothing tunes. See adjtimex(2)."""
    return _adjust(task, txc_p)


@syscall(
    "sys_clock_adjtime",
    ("sys_clock_adjtime32", TIMEX32),
    missing="changing the clock, which is the host's: EPERM",
)
def clock_adjtime(task: Task, which_clock: ClockId, utx: Timex) -> int:
    """Tell the state of a clock. See clock_adjtime(2)."""
    utx.read()
    if which_clock != CLOCK_REALTIME:
        read_clock(task, which_clock)
        raise EOPNOTSUPP("not a clock that can be tuned")
    return _adjust(task, utx)


def read_clock(task: Task, which_clock: int) -> int:
    """A clock's time in nanoseconds. EINVAL if there is no such clock."""
    clock = task.kernel.clock
    if which_clock in (CLOCK_REALTIME, CLOCK_TAI):  # nobody has set the TAI offset
        return clock.realtime_ns()
    if which_clock in (CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW):
        return clock.monotonic_ns()
    if which_clock == CLOCK_BOOTTIME:
        return clock.boottime_ns()
    if which_clock == CLOCK_REALTIME_COARSE:
        return _coarse(clock.realtime_ns())
    if which_clock == CLOCK_MONOTONIC_COARSE:
        return _coarse(clock.monotonic_ns())
    if is_cpu_clock(which_clock):
        owner, per_thread = cpu_clock_owner(task, which_clock)
        return thread_time_ns(owner) if per_thread else process_time_ns(owner)
    raise EINVAL(f"no clock {which_clock}")


def read_timespec(task: Task, address: UserStruct) -> int:
    """A user's timespec in nanoseconds. EFAULT; EINVAL unless it is a valid time span."""
    value = address.read()
    seconds, nanoseconds = value["tv_sec"], value["tv_nsec"]
    if task.abi.word_bits == 32:
        nanoseconds &= 0xFFFFFFFF  # the upper half of a 64-bit field is padding
    if seconds < 0 or not 0 <= nanoseconds < NSEC_PER_SEC:
        raise EINVAL("not a valid timespec")
    return int(seconds) * NSEC_PER_SEC + int(nanoseconds)


def write_timespec(address: UserStruct, time_ns: int) -> None:
    """Store a time as the caller's timespec. EFAULT; EOVERFLOW if it has too few bits."""
    seconds, nanoseconds = divmod(time_ns, NSEC_PER_SEC)
    try:
        address.write(tv_sec=seconds, tv_nsec=nanoseconds)
    except OverflowError:
        raise EOVERFLOW("the time does not fit") from None


def check_settable(time_ns: int) -> None:
    """EINVAL for a time that no clock may be set to: timespec64_valid_settod."""
    if time_ns // NSEC_PER_SEC >= TIME_SETTOD_SEC_MAX:
        raise EINVAL("too far in the future")


def _coarse(time_ns: int) -> int:
    return time_ns - time_ns % COARSE_NS


def is_cpu_clock(which_clock: int) -> bool:
    """Whether a clock tells CPU time."""
    return which_clock < 0 or which_clock in (CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID)


def cpu_clock_owner(task: Task, which_clock: int) -> tuple[Task, bool]:
    """Whose time a CPU clock tells, and whether that is one thread's only. EINVAL.

    A negative one is of clock_getcpuclockid(3), which names its process. See posix-timers.h.
    """
    if which_clock >= 0:
        return task, which_clock == CLOCK_THREAD_CPUTIME_ID
    pid, kind = ~(which_clock >> 3), which_clock & 3
    if kind == 3:
        raise EINVAL("clock devices are not supported")
    owner = task if pid == 0 else task.kernel.tasks.get(pid)
    per_thread = bool(which_clock & CPUCLOCK_PERTHREAD)
    if owner is None or (not per_thread and owner is not owner.group.leader):
        raise EINVAL(f"no process {pid}")
    if per_thread and owner.group is not task.group:
        raise EINVAL("another process's thread")
    return owner, per_thread


def _adjust(task: Task, timex: UserStruct) -> int:
    modes = timex.read()["modes"]
    if modes & ADJ_ADJTIME and not modes & ADJ_OFFSET:
        raise EINVAL("adjtime changes an offset")
    if modes and not (modes & ADJ_ADJTIME and modes & ADJ_OFFSET_READONLY):
        raise EPERM("the machine's clock belongs to its host")
    seconds, nanoseconds = divmod(task.kernel.clock.realtime_ns(), NSEC_PER_SEC)
    # The values that ntp_clear and its neighbours in kernel/time/ntp.c start with.
    try:
        timex.write(
            modes=modes,
            maxerror=16_000_000,
            esterror=16_000_000,
            status=STA_UNSYNC,
            constant=2,
            precision=1,
            tolerance=32_768_000,
            time={"tv_sec": seconds, "tv_usec": nanoseconds // NSEC_PER_USEC},
            tick=10_000,
        )
    except OverflowError:
        raise EOVERFLOW("the time does not fit") from None
    return TIME_ERROR
