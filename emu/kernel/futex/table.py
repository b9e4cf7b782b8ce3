"""All futexes that somebody sleeps on."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.uapi.futex import FUTEX_BITSET_MATCH_ANY
from emu.kernel.wait import WaitQueue
from emu.record import field, record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emu.kernel.futex.key import FutexKey
    from emu.kernel.futex.pi_state import PiState
    from emu.kernel.task import Task


@record(frozen=False, eq=False)
class FutexWaiter:
    """One sleeper; woken by those whose bits meet its `bitset`. See struct futex_q.

    `pi_state` is the lock it waits for, if it waits for one. One of FUTEX_WAIT_REQUEUE_PI names
    in `requeue_key` the lock that it may be moved to, which lies at `lock_address`.
    """

    task: Task
    key: FutexKey
    bitset: int = FUTEX_BITSET_MATCH_ANY
    queue: WaitQueue = field(default_factory=WaitQueue)
    woken: bool = False
    pi_state: PiState | None = None
    requeue_key: FutexKey | None = None
    lock_address: int = 0

    @property
    def priority(self) -> int:
        """Who is woken first: real-time tasks by their priority, then all others."""
        return -self.task.scheduling.rt_priority

    def wake(self) -> None:
        """Let it go on; it must have left the table."""
        self.woken = True
        self.queue.wake_up_all()


class Bucket:
    """The sleepers of one futex, in the order in which they are to be woken."""

    __slots__ = ("_mixed", "_waiters")

    def __init__(self) -> None:
        self._waiters: dict[FutexWaiter, None] = {}
        self._mixed = False

    def __bool__(self) -> bool:
        return bool(self._waiters)

    def in_order(self) -> Iterable[FutexWaiter]:
        """By priority, and those of equal priority as they came."""
        if self._mixed:
            return sorted(self._waiters, key=lambda waiter: waiter.priority)
        return self._waiters

    def add(self, waiter: FutexWaiter) -> None:
        """Enter somebody."""
        self._waiters[waiter] = None
        self._mixed = self._mixed or waiter.priority != 0

    def remove(self, waiter: FutexWaiter) -> None:
        """Take somebody out who may not be in."""
        self._waiters.pop(waiter, None)


class FutexTable:
    """The sleepers of a machine by futex: whom a wake does not concern, it does not look at."""

    def __init__(self) -> None:
        self._buckets: dict[FutexKey, Bucket] = {}
        self.held: dict[Task, dict[PiState, None]] = {}
        """Locks with sleepers, by the task that holds them."""
        self.blocked: dict[Task, FutexWaiter] = {}
        """Who sleeps for a lock."""

    def __len__(self) -> int:
        return len(self._buckets)

    def add(self, waiter: FutexWaiter) -> None:
        """Enter somebody who is about to sleep on the waiter's queue."""
        bucket = self._buckets.get(waiter.key)
        if bucket is None:
            bucket = self._buckets[waiter.key] = Bucket()
        bucket.add(waiter)

    def remove(self, waiter: FutexWaiter) -> None:
        """Take somebody out who may not be in."""
        bucket = self._buckets.get(waiter.key)
        if bucket is not None:
            bucket.remove(waiter)
            if not bucket:
                del self._buckets[waiter.key]

    def waiters(self, key: FutexKey) -> Iterable[FutexWaiter]:
        """The sleepers of a futex, first to wake first. Not to be changed while it is read."""
        bucket = self._buckets.get(key)
        return () if bucket is None else bucket.in_order()

    def top_waiter(self, key: FutexKey) -> FutexWaiter | None:
        """The one to wake first."""
        return next(iter(self.waiters(key)), None)

    def wake(self, key: FutexKey, count: int, bitset: int = FUTEX_BITSET_MATCH_ANY) -> int:
        """Wake up to `count` sleepers whose bits match: how many. EINVAL if one wants a lock."""
        # A count of 0 or less wakes one, as in Linux, which counts after waking.
        matching = (w for w in self.waiters(key) if w.bitset & bitset or wants_lock(w))
        chosen = list(islice(matching, max(1, count)))
        for index, waiter in enumerate(chosen):
            if wants_lock(waiter):
                raise EINVAL(f"a sleeper that waits for a lock, after {index} others")
            self.remove(waiter)
            waiter.wake()
        return len(chosen)

    def requeue(self, key: FutexKey, other: FutexKey, nr_wake: int, nr_requeue: int) -> int:
        """Wake some sleepers and move more to another futex: how many in all. EINVAL."""
        chosen = list(islice(self.waiters(key), nr_wake + nr_requeue))
        for index, waiter in enumerate(chosen):
            if wants_lock(waiter):
                raise EINVAL("a sleeper that waits for a lock")
            if index < nr_wake:
                self.remove(waiter)
                waiter.wake()
            elif other != key:
                self.move(waiter, other)
        return len(chosen)

    def move(self, waiter: FutexWaiter, key: FutexKey) -> None:
        """Let somebody sleep on another futex."""
        self.remove(waiter)
        waiter.key = key
        self.add(waiter)


def wants_lock(waiter: FutexWaiter) -> bool:
    """Whether only the operations on locks may wake it."""
    return waiter.pi_state is not None or waiter.requeue_key is not None
