"""Time in ticks. See include/linux/jiffies.h and ktime.h."""

from __future__ import annotations

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.module.ambient import this_kernel

HZ = 250
NSEC_PER_JIFFY = NSEC_PER_SEC // HZ
MSEC_PER_SEC = 1000


class Jiffies:
    """C's ``jiffies``, which changes by itself: ``int(jiffies)``, or ``jiffies + HZ``."""

    def __int__(self) -> int:
        return this_kernel().clock.monotonic_ns() // NSEC_PER_JIFFY

    __index__ = __int__

    def __add__(self, other: int) -> int:
        return int(self) + int(other)

    __radd__ = __add__

    def __sub__(self, other: int) -> int:
        return int(self) - int(other)

    def __rsub__(self, other: int) -> int:
        return int(other) - int(self)

    def __lt__(self, other: int) -> bool:
        return int(self) < int(other)

    def __gt__(self, other: int) -> bool:
        return int(self) > int(other)

    def __repr__(self) -> str:
        return str(int(self))

    @property
    def value(self) -> int:
        """The number."""
        return int(self)


jiffies = Jiffies()


def get_jiffies_64() -> int:
    """The number."""
    return int(jiffies)


def jiffies_to_ns(count: int) -> int:
    """Ticks as nanoseconds."""
    return int(count) * NSEC_PER_JIFFY


def ns_to_jiffies(ns: int) -> int:
    """Nanoseconds as whole ticks."""
    return ns // NSEC_PER_JIFFY


def msecs_to_jiffies(m: int) -> int:
    """Milliseconds as ticks, rounded up."""
    return -(-m * HZ // MSEC_PER_SEC)


def secs_to_jiffies(s: int) -> int:
    """Seconds as ticks."""
    return s * HZ


def jiffies_to_msecs(j: int) -> int:
    """Ticks as milliseconds."""
    return int(j) * MSEC_PER_SEC // HZ


def time_after(a: int, b: int) -> bool:
    """Whether one time is after another."""
    return int(a) > int(b)


def time_before(a: int, b: int) -> bool:
    """Whether one time is before another."""
    return int(a) < int(b)


def time_after_eq(a: int, b: int) -> bool:
    """Whether one time is not before another."""
    return int(a) >= int(b)


def time_before_eq(a: int, b: int) -> bool:
    """Whether one time is not after another."""
    return int(a) <= int(b)
