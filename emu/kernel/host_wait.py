"""Waiting for the host: descriptors of the outside that a guest's read or write sleeps on."""

from __future__ import annotations

import select

from emu.kernel.wait import WaitQueue

_READ = select.POLLIN | select.POLLHUP | select.POLLERR
_WRITE = select.POLLOUT | select.POLLERR

# What the host's poll takes, 24 days; the scheduler polls again.
_LONGEST_MS = (1 << 31) - 1


class HostQueue(WaitQueue):
    """A wait queue that the host wakes.

    Its watchers are told once and then only after somebody has used or looked at the descriptor
    again (`armed`): the host says what is, not what changed.
    """

    __slots__ = ("armed",)

    def __init__(self) -> None:
        super().__init__()
        self.armed = True

    @property
    def is_waited_for(self) -> bool:
        """Whether a task sleeps until the host's descriptor is ready."""
        return len(self) > 0 or (self.armed and any(w.wanted for w in self.watchers))

    @property
    def is_watched(self) -> bool:
        """Whether anybody would be told."""
        return len(self) > 0 or (self.armed and bool(self.watchers))


class HostWaits:
    """Wait queues keyed by host descriptor and direction."""

    def __init__(self) -> None:
        self._queues: dict[tuple[int, int], HostQueue] = {}

    def __bool__(self) -> bool:
        """Whether anybody waits for the host."""
        return any(queue.is_waited_for for queue in self._queues.values())

    def readable(self, fd: int) -> HostQueue:
        """The queue that wakes when `fd` can be read."""
        return self._queues.setdefault((fd, _READ), HostQueue())

    def writable(self, fd: int) -> HostQueue:
        """The queue that wakes when `fd` can be written."""
        return self._queues.setdefault((fd, _WRITE), HostQueue())

    def is_readable(self, fd: int) -> bool:
        """Whether reading `fd` would not block."""
        return _is_ready(fd, _READ)

    def is_writable(self, fd: int) -> bool:
        """Whether writing `fd` would not block."""
        return _is_ready(fd, _WRITE)

    def poll(self, timeout_ns: int | None) -> None:
        """Wake whoever waits for a descriptor that is ready, within `timeout_ns` (None: ever)."""
        waiting = {key: queue for key, queue in self._queues.items() if queue.is_watched}
        if not waiting and not timeout_ns:
            return
        poller = select.poll()
        wanted: dict[int, int] = {}
        for fd, events in waiting:
            wanted[fd] = wanted.get(fd, 0) | events
        for fd, events in wanted.items():
            poller.register(fd, events)
        # Rounded up: a poll that ends early would spin until the timer is due.
        timeout_ms = None if timeout_ns is None else min(-(-timeout_ns // 1_000_000), _LONGEST_MS)
        for fd, events in poller.poll(timeout_ms):
            for (waited, mask), queue in waiting.items():
                if waited == fd and events & (mask | select.POLLNVAL):
                    queue.armed = False
                    queue.wake_up_all()


def _is_ready(fd: int, events: int) -> bool:
    poller = select.poll()
    poller.register(fd, events)
    return bool(poller.poll(0))
