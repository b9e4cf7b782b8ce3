"""Moments at which a sleep ends, on whichever clock the caller named."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.clock import KTIME_MAX
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.clock import Clock
    from emu.kernel.wait import WaitQueue


@record
class Deadline:
    """A time of CLOCK_MONOTONIC, or of CLOCK_REALTIME."""

    time_ns: int
    realtime: bool = False

    @classmethod
    def after(cls, clock: Clock, delay_ns: int) -> Deadline:
        """The moment so long from now."""
        return cls(min(clock.monotonic_ns() + delay_ns, KTIME_MAX))

    def left_ns(self, clock: Clock) -> int:
        """How long it is until then; not positive once it is past."""
        return self.time_ns - (clock.realtime_ns() if self.realtime else clock.monotonic_ns())


async def wait_until(
    queue: WaitQueue, done: Callable[[], bool], clock: Clock, deadline: Deadline | None
) -> bool:
    """Sleep on a queue until `done()`, which is asked first: False if the deadline came before."""
    while not done():
        left = None if deadline is None else deadline.left_ns(clock)
        if left is not None and left <= 0:
            return False
        await queue.wait(left)
    return True
