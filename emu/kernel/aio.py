"""Asynchronous I/O: contexts with requests under way and events of those that ended. See fs/aio.c.

Requests to read and write are done when they are submitted, as Linux does where a file knows no
other way; requests to poll wait for the file.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from emu.kernel.errno import EAGAIN, EINVAL
from emu.kernel.uapi.poll import POLLERR, POLLHUP
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.fs.eventfd import EventCounter
    from emu.kernel.vfs.file import File

ALWAYS_ASKED = POLLERR | POLLHUP


class IoEvent(NamedTuple):
    """struct io_event: what became of a request."""

    data: int
    obj: int
    res: int


class AioContext:
    """struct kioctx: the requests of one io_setup(2), at most `limit` at a time."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.events: deque[IoEvent] = deque()
        self.wait = WaitQueue()
        self.polls: dict[int, AioPoll] = {}

    def take_slot(self) -> None:
        """EAGAIN if there is no room for one more request."""
        if len(self.events) + len(self.polls) >= self.limit:
            raise EAGAIN("too many requests")

    def complete(self, event: IoEvent, counter: EventCounter | None) -> None:
        """A request ended."""
        self.events.append(event)
        if counter is not None and counter.has_room(1):
            counter.add(1)
        self.wait.wake_up_all()

    def cancel(self, obj: int) -> None:
        """End a request that waits. EINVAL if there is none such."""
        poll = self.polls.get(obj)
        if poll is None:
            raise EINVAL("no such request waits")
        poll.end(0)

    def destroy(self) -> None:
        """End everything, and wake who waits for it."""
        for poll in list(self.polls.values()):
            poll.leave()
        self.polls.clear()
        self.wait.wake_up_all()


class AioPoll:
    """A request that ends when a file is ready; it stays on the file's queues until then."""

    exclusive = False

    def __init__(
        self, context: AioContext, file: File, events: int, event: IoEvent,
        counter: EventCounter | None,
    ) -> None:  # fmt: skip
        self._context = context
        self._file = file.get()
        self._asked = events | ALWAYS_ASKED
        self._event = event
        self._counter = counter
        self._queues: list[WaitQueue] = []

    @property
    def wanted(self) -> bool:
        """Somebody may sleep until it ends."""
        return True

    def start(self) -> None:
        """Wait, unless the file is ready already."""
        self._context.polls[self._event.obj] = self
        ready = self._file.f_op.poll(self._file, self._queues) & self._asked
        if ready:
            self.end(ready)
            return
        for queue in self._queues:
            queue.watch(self)

    def notify(self, events: int) -> bool:
        """The file changed."""
        if events and not events & self._asked:
            return False
        ready = self._file.f_op.poll(self._file, None) & self._asked
        if not ready:
            return False
        self.end(ready)
        return True

    def end(self, ready: int) -> None:
        """It is over."""
        self.leave()
        self._context.polls.pop(self._event.obj, None)
        self._context.complete(self._event._replace(res=ready), self._counter)

    def leave(self) -> None:
        """Look at the file no longer."""
        for queue in self._queues:
            queue.unwatch(self)
        self._queues.clear()
        self._file.put()
