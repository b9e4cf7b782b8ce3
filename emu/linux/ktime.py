"""Time in nanoseconds. See include/linux/ktime.h and timekeeping.h."""

from __future__ import annotations

from emu.kernel.clock import NSEC_PER_SEC as NSEC_PER_SEC
from emu.kernel.module.ambient import this_kernel

NSEC_PER_USEC, NSEC_PER_MSEC = 1_000, 1_000_000


def ktime_get() -> int:
    """The monotonic time."""
    return this_kernel().clock.monotonic_ns()


ktime_get_ns = ktime_get


def ktime_get_real_ns() -> int:
    """The time since the epoch."""
    return this_kernel().clock.realtime_ns()


def ktime_get_real_seconds() -> int:
    """The same in seconds."""
    return ktime_get_real_ns() // NSEC_PER_SEC


def ktime_get_boottime_ns() -> int:
    """The time since the machine started."""
    return this_kernel().clock.boottime_ns()


def ms_to_ktime(ms: int) -> int:
    """Milliseconds as nanoseconds."""
    return ms * NSEC_PER_MSEC


def ktime_to_ms(kt: int) -> int:
    """Nanoseconds as milliseconds."""
    return kt // NSEC_PER_MSEC
