"""What is to be done at a time: timers in order of their deadlines, which may be cancelled."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from emu.kernel.clock import KTIME_MAX

Action = Callable[[], None]

_FEW = 64
"""So many cancelled timers are kept, before it is worth the time to take them out."""


class Timer:
    """One action to come; false once it was done or cancelled."""

    __slots__ = ("_queue", "action")

    def __init__(self, queue: TimerQueue, action: Action) -> None:
        self._queue = queue
        self.action: Action | None = action

    def __bool__(self) -> bool:
        return self.action is not None

    def cancel(self) -> None:
        """Let it not happen, if it has not happened yet."""
        if self.action is not None:
            self.action = None
            self._queue.forget_one()


class TimerQueue:
    """Timers by deadline; of equal ones the first made is the first done."""

    __slots__ = ("_cancelled", "_heap", "_sequence")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Timer]] = []
        self._sequence = 0
        self._cancelled = 0

    def __len__(self) -> int:
        return len(self._heap) - self._cancelled

    def add(self, deadline_ns: int, action: Action) -> Timer:
        """Do something at a time, at KTIME_MAX at most."""
        timer = Timer(self, action)
        self._sequence += 1
        heapq.heappush(self._heap, (min(deadline_ns, KTIME_MAX), self._sequence, timer))
        return timer

    def next_deadline(self) -> int | None:
        """When the next action is due; None if there is none."""
        heap = self._heap
        while heap and not heap[0][2]:
            heapq.heappop(heap)
            self._cancelled -= 1
        return heap[0][0] if heap else None

    def expire(self, now: Callable[[], int]) -> None:
        """Do all that is due, what comes due meanwhile too."""
        while (deadline := self.next_deadline()) is not None and deadline <= now():
            timer = heapq.heappop(self._heap)[2]
            action, timer.action = timer.action, None
            assert action is not None
            action()

    def forget_one(self) -> None:
        """A timer was cancelled. The heap stays as small as what is in it: see `_FEW`."""
        self._cancelled += 1
        if self._cancelled > _FEW and self._cancelled * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2]]
            heapq.heapify(self._heap)
            self._cancelled = 0
