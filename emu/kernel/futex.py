"""Futexes: who sleeps on which word of user memory. See futex(7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace

FutexKey = tuple["AddressSpace", int]
"""An address space and the word's address in it."""


@dataclass(eq=False, slots=True)
class FutexWaiter:
    """One sleeper; woken by those whose bits meet its `bitset`."""

    key: FutexKey
    bitset: int
    queue: WaitQueue = field(default_factory=WaitQueue)
    woken: bool = False


class FutexTable:
    """All sleepers of a machine, in the order in which they came."""

    def __init__(self) -> None:
        self._waiters: dict[FutexKey, list[FutexWaiter]] = {}

    def add(self, key: FutexKey, bitset: int) -> FutexWaiter:
        """Enter somebody who is about to sleep on the waiter's queue."""
        waiter = FutexWaiter(key, bitset)
        self._waiters.setdefault(key, []).append(waiter)
        return waiter

    def remove(self, waiter: FutexWaiter) -> None:
        """Take a waiter out that was not woken."""
        waiters = self._waiters.get(waiter.key, [])
        if waiter in waiters:
            waiters.remove(waiter)
        if not waiters:
            self._waiters.pop(waiter.key, None)

    def wake(self, key: FutexKey, count: int, bitset: int) -> int:
        """Wake up to `count` sleepers whose bits match; answers how many."""
        chosen = [w for w in self._waiters.get(key, []) if w.bitset & bitset][:count]
        for waiter in chosen:
            self.remove(waiter)
            waiter.woken = True
            waiter.queue.wake_up_all()
        return len(chosen)

    def requeue(self, key: FutexKey, other: FutexKey, count: int) -> int:
        """Move up to `count` sleepers to another word; answers how many."""
        moved = self._waiters.get(key, [])[:count]
        for waiter in moved:
            self.remove(waiter)
            waiter.key = other
            self._waiters.setdefault(other, []).append(waiter)
        return len(moved)
