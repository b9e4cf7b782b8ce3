"""A lock that is held over a sleep: two readers of one terminal must not mix their lines."""

from __future__ import annotations

from emu.kernel.wait import WaitQueue


class Mutex:
    """Held by one coroutine at a time. See mutex_lock_interruptible."""

    __slots__ = ("_queue", "held")

    def __init__(self) -> None:
        self.held = False
        self._queue = WaitQueue()

    async def acquire(self) -> None:
        """Take it, or sleep until it is free. Raises `Restart` when a signal comes."""
        while self.held:
            await self._queue.wait()
        self.held = True

    def release(self) -> None:
        """Let the next one have it."""
        self.held = False
        self._queue.wake_up()
