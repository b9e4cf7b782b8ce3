"""The older calls for the time of day, and CPU times: time(2), gettimeofday(2), times(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import Pointer, StructArg, UserStruct
from emu.kernel.clock import NSEC_PER_SEC, NSEC_PER_USEC
from emu.kernel.cpu_time import process_time_ns
from emu.kernel.errno import EINVAL, EOVERFLOW, EPERM
from emu.kernel.sys.clock import check_settable
from emu.kernel.sys.kinds import IntegersArg
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.time import USER_HZ

OutTimeval = Annotated[UserStruct, StructArg(layout="__kernel_old_timeval", out=True)]
InTimeval = Annotated[UserStruct, StructArg(layout="__kernel_old_timeval")]
OutTimezone = Annotated[UserStruct, StructArg(layout="timezone", out=True)]
InTimezone = Annotated[UserStruct, StructArg(layout="timezone")]
OutTms = Annotated[UserStruct, StructArg(layout="tms", out=True)]
OutTime = Annotated[int, IntegersArg(out=True, item_bits=64)]
OutTime32 = Annotated[int, IntegersArg(out=True)]


@syscall("sys_time")
def time(task: Task, tloc: OutTime) -> int:
    """Tell the seconds since the epoch. See time(2)."""
    seconds = _seconds(task)
    if tloc:
        task.mm.write_u64(tloc, seconds)
    return seconds


@syscall("sys_time32")
def time32(task: Task, tloc: OutTime32) -> int:
    """The same for 32-bit callers, whose seconds wrap in 2038."""
    seconds = _seconds(task) & 0xFFFFFFFF
    if tloc:
        task.mm.write_u32(tloc, seconds)
    return seconds


@syscall("sys_stime", "sys_stime32")
def stime(task: Task, tptr: Pointer) -> int:
    """Refuse to set the clock: EPERM even for root. See stime(2)."""
    task.mm.read_u32(tptr)
    raise EPERM("the machine's clock belongs to its host")


@syscall("sys_gettimeofday")
def gettimeofday(task: Task, tv: OutTimeval, tz: OutTimezone) -> int:
    """Tell the time, and a timezone of zeros. See gettimeofday(2)."""
    if tv:
        seconds, nanoseconds = divmod(task.kernel.clock.realtime_ns(), NSEC_PER_SEC)
        try:
            tv.write(tv_sec=seconds, tv_usec=nanoseconds // NSEC_PER_USEC)
        except OverflowError:
            raise EOVERFLOW("the time does not fit") from None
    if tz:
        tz.write(tz_minuteswest=0, tz_dsttime=0)
    return 0


@syscall("sys_settimeofday", missing="changing the clock, which is the host's: EPERM")
def settimeofday(task: Task, tv: InTimeval, tz: InTimezone) -> int:
    """Refuse to set the clock: EPERM even for root. See settimeofday(2)."""
    if tv:
        value = tv.read()
        if value["tv_sec"] < 0 or not 0 <= value["tv_usec"] < 1_000_000:
            raise EINVAL("not a valid timeval")
        check_settable(value["tv_sec"] * NSEC_PER_SEC)
    if tz:
        tz.read()
    raise EPERM("the machine's clock belongs to its host")


@syscall("sys_times")
def times(task: Task, tbuf: OutTms) -> int:
    """Tell the CPU time used, and the uptime, in ticks of 10 ms. See times(2)."""
    bits = task.abi.word_bits
    if tbuf:
        tbuf.write(
            tms_utime=wrapped(_ticks(process_time_ns(task)), bits),
            tms_cutime=wrapped(_ticks(task.group.children_ns), bits),
        )
    return _ticks(task.kernel.clock.monotonic_ns()) & (1 << bits) - 1


def wrapped(count: int, bits: int) -> int:
    """A count as a signed number of so many bits has it: clock_t wraps after 248 days in 32."""
    sign = 1 << bits - 1
    return (count + sign & (1 << bits) - 1) - sign


def _seconds(task: Task) -> int:
    return task.kernel.clock.realtime_ns() // NSEC_PER_SEC


def _ticks(time_ns: int) -> int:
    return time_ns * USER_HZ // NSEC_PER_SEC
