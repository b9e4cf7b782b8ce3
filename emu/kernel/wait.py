"""Wait queues: the one way in which a task sleeps.

A handler that sleeps is a coroutine. Awaiting a `Wait` hands it to the scheduler, which puts the
task on the named queues; nothing else runs between a handler's check and its sleep, so there is
no lost wake-up. See wait_event(9).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Protocol


class Waiter(Protocol):
    """A sleeping task, as a wait queue sees it."""

    exclusive: bool

    def wake(self) -> None:
        """Make the task runnable; its wait answers True. Leaves every queue it is on."""


class Watcher(Protocol):
    """Who stays on a queue and is told of every change: a poll's file, an epoll's entry.

    An `exclusive` one is told only if no other exclusive one has woken somebody.
    """

    exclusive: bool

    @property
    def wanted(self) -> bool:
        """Whether a task sleeps until this watcher is told."""

    def notify(self, events: int) -> bool:
        """Some poll events may hold now; 0 is any. Answers whether that woke a task."""


class WaitQueue:
    """Tasks that wait for one condition, in the order in which they came, and its watchers."""

    __slots__ = ("_waiters", "watchers")

    def __init__(self) -> None:
        self._waiters: dict[Waiter, None] = {}
        self.watchers: dict[Watcher, None] = {}

    def add(self, waiter: Waiter) -> None:
        """Put a sleeper at the end of the queue."""
        self._waiters[waiter] = None

    def remove(self, waiter: Waiter) -> None:
        """Take a sleeper off the queue, if it is there."""
        self._waiters.pop(waiter, None)

    def __len__(self) -> int:
        return len(self._waiters)

    def watch(self, watcher: Watcher) -> None:
        """Tell somebody of every change from now on."""
        self.watchers[watcher] = None

    def unwatch(self, watcher: Watcher) -> None:
        """Tell them no longer, if they were told."""
        self.watchers.pop(watcher, None)

    def wake_up(self, count: int = 1, events: int = 0) -> int:
        """Wake the first `count` sleepers; answers how many there were.

        `events` are the poll events that may hold now, for the watchers; 0 is any.
        """
        if self.watchers:
            self._notify(events)
        woken = list(self._waiters)[:count]
        for waiter in woken:
            waiter.wake()
        return len(woken)

    def wake_up_all(self, events: int = 0) -> int:
        """Wake every sleeper; answers how many there were."""
        if not self._waiters and not self.watchers:
            return 0
        return self.wake_up(len(self._waiters), events)

    def _notify(self, events: int) -> None:
        """All watchers that are not exclusive, then the others until one has woken somebody."""
        watchers = list(self.watchers)
        for watcher in watchers:
            if not watcher.exclusive:
                watcher.notify(events)
        for watcher in watchers:
            if watcher.exclusive and watcher.notify(events):
                break

    def wait(self, timeout_ns: int | None = None) -> Wait:
        """Await this to sleep here: True when woken, False when `timeout_ns` went by.

        Raises `Restart` when a signal ends the sleep.
        """
        return Wait((self,), timeout_ns)


class Wait:
    """One sleep on any of several queues, for at most `timeout_ns` (None: for ever).

    A `killable` one is ended by no signal but SIGKILL.
    """

    __slots__ = ("killable", "queues", "timeout_ns")

    def __init__(
        self, queues: Iterable[WaitQueue], timeout_ns: int | None = None, *, killable: bool = False
    ) -> None:
        self.queues = tuple(queues)
        self.timeout_ns = timeout_ns
        self.killable = killable

    def __await__(self) -> Generator[Wait, bool, bool]:
        return (yield self)
