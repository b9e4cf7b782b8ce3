"""Clocks: where all of the kernel's time comes from. Every time is in nanoseconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

NSEC_PER_SEC = 1_000_000_000
NSEC_PER_USEC = 1_000
NSEC_PER_BLOCK = 10
"""What a block of code takes by a clock that counts work."""
KTIME_MAX = (1 << 63) - 1
"""The last nanosecond of any clock."""


HostWait = Callable[["int | None"], None]
"""``wait(timeout_ns)``: sleep on the host until one of its descriptors is ready, or so long."""


class Clock(Protocol):
    """A source of time."""

    def monotonic_ns(self) -> int:
        """Time since an arbitrary start; never goes back (CLOCK_MONOTONIC)."""

    def realtime_ns(self) -> int:
        """Time since the epoch (CLOCK_REALTIME)."""

    def boottime_ns(self) -> int:
        """Time since the machine was started (CLOCK_BOOTTIME, the uptime)."""

    def cpu_ns(self) -> int:
        """CPU time that the machine's tasks have used."""

    def idle(self, timeout_ns: int | None, wait: HostWait) -> None:
        """Let time pass while all tasks sleep: until `wait` returns, or for the timeout."""

    def worked(self, blocks: int) -> None:
        """A CPU has run so many blocks of code: time for a clock that counts work."""


class HostClock:
    """The host's time, with a machine that was started when the clock was made."""

    def __init__(self) -> None:
        self._start = time.monotonic_ns()
        self._cpu_start = time.process_time_ns()

    def monotonic_ns(self) -> int:
        """Time since the clock was made."""
        return time.monotonic_ns() - self._start

    def realtime_ns(self) -> int:
        """The host's idea of now."""
        return time.time_ns()

    def boottime_ns(self) -> int:
        """The same as the monotonic time: the machine is never suspended."""
        return self.monotonic_ns()

    def cpu_ns(self) -> int:
        """What this host process used since the clock was made."""
        return time.process_time_ns() - self._cpu_start

    def idle(self, timeout_ns: int | None, wait: HostWait) -> None:
        """Sleep on the host."""
        wait(timeout_ns)

    def worked(self, blocks: int) -> None:
        """Nothing: the host's time has passed by itself."""


class VirtualClock:
    """Time that passes by work done and by sleep skipped, not by itself: for repeatable runs.

    It begins in the year 2000. All of it but the skipped sleep is CPU time.
    """

    EPOCH_NS = 946_684_800 * NSEC_PER_SEC  # 2000-01-01

    def __init__(self, realtime_ns: int = EPOCH_NS) -> None:
        self._start = realtime_ns
        self._now = 0
        self._idle = 0

    def monotonic_ns(self) -> int:
        """What `advance` has added up to."""
        return self._now

    def realtime_ns(self) -> int:
        """The start and the time since."""
        return self._start + self._now

    def boottime_ns(self) -> int:
        """The same as the monotonic time."""
        return self._now

    def cpu_ns(self) -> int:
        """The time without that of idling."""
        return self._now - self._idle

    def advance(self, duration_ns: int) -> None:
        """Let time pass. `ValueError` if it were to go back."""
        if duration_ns < 0:
            raise ValueError("time does not go back")
        self._now += duration_ns

    def idle(self, timeout_ns: int | None, wait: HostWait) -> None:
        """Skip to the next timer; without one, only the host can end the sleep."""
        if timeout_ns is None:
            wait(None)
        else:
            wait(0)
            self.advance(timeout_ns)
            self._idle += timeout_ns

    def worked(self, blocks: int) -> None:
        """Let the time pass that a modest processor would need."""
        self._now += blocks * NSEC_PER_BLOCK
