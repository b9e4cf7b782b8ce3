"""How long a call sleeps on a socket: for ever, or as SO_RCVTIMEO and SO_SNDTIMEO say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN, EINTR
from emu.kernel.restart import Restart
from emu.kernel.wait import Wait, WaitQueue

if TYPE_CHECKING:
    from emu.kernel.clock import Clock


class Patience:
    """The time that is left of one call's timeout; None has no end.

    A signal makes a call that has a timeout answer EINTR, for it must not be made again with all
    of its time: see sock_intr_errno.
    """

    __slots__ = ("_clock", "_deadline_ns")

    def __init__(self, clock: Clock, timeout_ns: int | None) -> None:
        self._clock = clock
        self._deadline_ns = None if timeout_ns is None else clock.monotonic_ns() + timeout_ns

    async def wait(self, *queues: WaitQueue) -> None:
        """Sleep until one of the queues wakes. EAGAIN when the time is over; EINTR; `Restart`."""
        if self._deadline_ns is None:
            await Wait(queues)
            return
        left = self._deadline_ns - self._clock.monotonic_ns()
        if left <= 0:
            raise EAGAIN("the socket's timeout is over")
        try:
            woken = await Wait(queues, left)
        except Restart:
            raise EINTR from None
        if not woken:
            raise EAGAIN("the socket's timeout is over")
