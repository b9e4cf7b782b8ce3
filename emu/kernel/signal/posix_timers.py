"""POSIX timers of a process. See timer_create(2), kernel/time/posix-timers.c.

A periodic timer runs on when its signal is taken, so that a short interval does not outrun its
program; the intervals that went by meanwhile are its overruns.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN, EINVAL
from emu.kernel.signal.actions import sigmask
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.signal import SIGEV_NONE, SIGEV_THREAD_ID
from emu.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.kernel.hrtimer import ClockTimer
    from emu.kernel.task import Task

    MakeTimer = Callable[[Callable[[], None]], ClockTimer]

INT_MAX = (1 << 31) - 1
TICK_NSEC = 4_000_000
"""The shortest interval of a timer whose signal is ignored: nobody takes it."""


class PosixTimer:
    """One timer. See struct k_itimer; it sends its signal to `target`, or to that one's process.

    `make(action)` is the timer of the clock that was chosen.
    """

    def __init__(
        self,
        timer_id: int,
        target: Task,
        make: MakeTimer,
        notify: int,
        info: SigInfo,
        clock_id: int = 0,
    ) -> None:
        self._timer = make(self._expire)
        self.target = target
        self.notify = notify
        self.info = replace(info, timer=timer_id, source=self)
        self.clock_id = clock_id
        self._interval_ns = 0
        self._set = False
        self._overrun = -1
        self._last_overrun = 0
        self._waits_for_taker = False

    def set(self, value_ns: int, interval_ns: int, absolute: bool) -> tuple[int, int]:
        """Arm, or disarm with a value of 0; the old (time left, interval)."""
        old = self.get()
        timer = self._timer
        timer.cancel()
        self._waits_for_taker = False
        self._interval_ns = interval_ns
        self._overrun, self._last_overrun = -1, 0
        self._set = bool(value_ns)
        if value_ns:
            expires_ns = value_ns if absolute else timer.now() + value_ns
            if self.notify == SIGEV_NONE:
                timer.expires_ns = expires_ns
            else:
                timer.start(expires_ns)
        return old

    def get(self) -> tuple[int, int]:
        """The (time left, interval). See common_timer_get."""
        timer, interval_ns = self._timer, self._interval_ns
        silent = self.notify == SIGEV_NONE
        if not self._set or not (interval_ns or timer.active or silent):
            return 0, interval_ns
        if interval_ns and (self._waits_for_taker or silent):
            self._overrun += timer.forward(timer.now(), interval_ns)
        remaining = timer.remaining()
        if remaining <= 0:
            # A signal that is not delivered yet: the time is not quite up.
            remaining = 0 if silent else 1
        return remaining, interval_ns

    @property
    def overruns(self) -> int:
        """The intervals that the last signal taken stands for, besides its own."""
        return min(self._last_overrun, INT_MAX)

    def cancel(self) -> None:
        """It does not expire any more."""
        self._timer.cancel()
        self._interval_ns = 0
        self._waits_for_taker = False

    def taken(self, info: SigInfo) -> SigInfo:
        """See posixtimer_rearm."""
        if not (self._interval_ns and self._waits_for_taker):
            return info
        self._waits_for_taker = False
        timer = self._timer
        self._overrun += timer.forward(timer.now(), self._interval_ns)
        timer.start(timer.expires_ns)
        self._last_overrun, self._overrun = self._overrun, -1
        return replace(info, overrun=self.overruns)

    def _expire(self) -> None:
        """See posix_timer_fn."""
        target, info = self.target, self.info
        to_thread = bool(self.notify & SIGEV_THREAD_ID)
        if not target.alive:
            if to_thread or not target.group.alive:
                return
            target = target.group.threads[0]
        signals = target.signals
        if not signals.blocked & sigmask(info.signal) and signals.actions.ignores(info.signal):
            if self._interval_ns:
                timer = self._timer
                late = TICK_NSEC if self._interval_ns < TICK_NSEC else 0
                self._overrun += timer.forward(timer.now() + late, self._interval_ns)
                timer.start(timer.expires_ns)
            return
        self._waits_for_taker = bool(self._interval_ns)
        queue = (signals.private if to_thread else signals.shared).queue
        if any(queued.source is self for queued in queue):
            self._overrun += 1
        else:
            send_signal(target, info.signal, info, to_thread=to_thread)


class PosixTimers:
    """The timers of a process, by id."""

    def __init__(self) -> None:
        self._timers: dict[int, PosixTimer] = {}
        self._next_id = 0

    def __len__(self) -> int:
        return len(self._timers)

    def items(self) -> list[tuple[int, PosixTimer]]:
        """All timers and their ids, in order."""
        return sorted(self._timers.items(), key=itemgetter(0))

    def __getitem__(self, timer_id: int) -> PosixTimer:
        """A timer by its id. EINVAL."""
        timer = self._timers.get(timer_id)
        if timer is None:
            raise EINVAL(f"no timer {timer_id}")
        return timer

    def new_id(self, limit: int) -> int:
        """An id that is free. EAGAIN if the process has its `limit` of timers."""
        if len(self._timers) >= limit:
            raise EAGAIN("too many timers")
        while self._next_id in self._timers:
            self._next_id = self._next_id + 1 & INT_MAX
        timer_id = self._next_id
        self._next_id = timer_id + 1 & INT_MAX
        return timer_id

    def add(self, timer_id: int, timer: PosixTimer) -> None:
        """Keep a new timer under an id of `new_id`."""
        self._timers[timer_id] = timer

    def delete(self, timer_id: int) -> None:
        """Forget a timer. EINVAL."""
        self[timer_id].cancel()
        del self._timers[timer_id]

    def clear(self) -> None:
        """Forget all: the process ends, or runs another program. See exit_itimers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
