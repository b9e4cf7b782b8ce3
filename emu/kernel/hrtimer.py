"""Timers of one clock, which expire once and are moved on by whoever owns them. See hrtimer.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.clock import KTIME_MAX
from emu.kernel.uapi.time import (
    CLOCK_BOOTTIME,
    CLOCK_BOOTTIME_ALARM,
    CLOCK_REALTIME,
    CLOCK_REALTIME_ALARM,
    CLOCK_TAI,
)

if TYPE_CHECKING:
    from emu.kernel.clock import Clock
    from emu.kernel.sched import Scheduler
    from emu.kernel.timer_queue import Timer


def clock_time(clock: Clock, which: int) -> int:
    """The time of a clock that timers can run on."""
    if which in (CLOCK_REALTIME, CLOCK_REALTIME_ALARM, CLOCK_TAI):  # nobody sets the TAI offset
        return clock.realtime_ns()
    if which in (CLOCK_BOOTTIME, CLOCK_BOOTTIME_ALARM):
        return clock.boottime_ns()
    return clock.monotonic_ns()


class ClockTimer:
    """One timer. `expires_ns` is when it expires or did, in its clock's time."""

    __slots__ = ("_action", "expires_ns")

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action
        self.expires_ns = 0

    @property
    def active(self) -> bool:
        """Whether it will expire."""
        raise NotImplementedError

    def now(self) -> int:
        """Its clock's time."""
        raise NotImplementedError

    def start(self, expires_ns: int) -> None:
        """Expire at a time, also one that is past."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Do not expire."""
        raise NotImplementedError

    def remaining(self) -> int:
        """The time until it expires; 0 or less when that is past."""
        return self.expires_ns - self.now()

    def forward(self, now: int, interval_ns: int) -> int:
        """Move the time on by intervals, until it is after `now`: by how many."""
        late = now - self.expires_ns
        if late < 0:
            return 0
        steps = late // interval_ns + 1
        self.expires_ns = min(self.expires_ns + steps * interval_ns, KTIME_MAX)
        return steps


class HrTimer(ClockTimer):
    """A timer of a clock that runs by itself. See struct hrtimer."""

    __slots__ = ("_clock", "_sched", "_timer", "which")

    def __init__(
        self, clock: Clock, sched: Scheduler, which: int, action: Callable[[], None]
    ) -> None:
        super().__init__(action)
        self._clock = clock
        self._sched = sched
        self._timer: Timer | None = None
        self.which = which

    @property
    def active(self) -> bool:
        """Whether it will expire."""
        return self._timer is not None

    def now(self) -> int:
        """Its clock's time."""
        return clock_time(self._clock, self.which)

    def start(self, expires_ns: int) -> None:
        """Expire at a time, also one that is past."""
        self.cancel()
        self.expires_ns = min(expires_ns, KTIME_MAX)
        self._timer = self._sched.call_after(max(0, self.expires_ns - self.now()), self._expire)

    def cancel(self) -> None:
        """Do not expire."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._timer = None
        if self.expires_ns > self.now():  # the host's clock was set back
            self.start(self.expires_ns)
        else:
            self._action()
