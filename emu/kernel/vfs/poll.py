"""Waiting until files are ready: what poll(2), select(2) and epoll(7) share. See fs/select.c.

A file's `poll` names the wait queues that tell of its changes. Who waits puts a watcher on them,
once; the watcher is told which events may hold. So a waker does the work for the files that
changed, and those that stay idle cost nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from emu.kernel.restart import Restart, RestartNoHand
from emu.kernel.uapi.poll import POLLERR, POLLHUP, POLLNVAL
from emu.kernel.vfs.file_operations import FileOperations
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File

Wanted = Sequence[tuple["File | None", int]]
"""Open files and the events asked for; None is a descriptor that is not open."""

Answer = Callable[[list[int]], int]
"""Tells the caller the events of each file, and makes the call's result of them."""

ALWAYS_ASKED = POLLERR | POLLHUP


def can_poll(file: File) -> bool:
    """Whether files of this kind can ever be not ready: see file_can_poll."""
    return type(file.f_op).poll is not FileOperations.poll


def poll_files(
    task: Task, wanted: Wanted, timeout_ns: int | None, answer: Answer
) -> int | Awaitable[int]:
    """Answer at once if a file is ready or no time is given, else sleep until one is.

    A signal that breaks the sleep is `RestartNoHand`, unless a file is ready then. So is one that
    is there already, even if no time is given.
    """
    events = [_look(file, asked) for file, asked in wanted]
    if any(events) or (timeout_ns == 0 and not task.signals.ends_sleep()):
        return answer(events)
    return _poll_later(task, wanted, timeout_ns, answer)


class _Watch:
    """One file of a sleeping poll."""

    __slots__ = ("_changed", "_key", "_place", "_queues", "_sleep", "exclusive")

    def __init__(
        self, file: File, asked: int, place: int, changed: set[int], sleep: WaitQueue
    ) -> None:
        self.exclusive = False
        self._key = asked | ALWAYS_ASKED
        self._place = place
        self._changed = changed
        self._sleep = sleep
        self._queues: list[WaitQueue] = []
        if file.f_op.poll(file, self._queues) & self._key:
            changed.add(place)
        for queue in self._queues:
            queue.watch(self)

    @property
    def wanted(self) -> bool:
        return True

    def notify(self, events: int) -> bool:
        if events and not events & self._key:
            return False
        self._changed.add(self._place)
        return self._sleep.wake_up() > 0

    def leave(self) -> None:
        for queue in self._queues:
            queue.unwatch(self)


async def _poll_later(task: Task, wanted: Wanted, timeout_ns: int | None, answer: Answer) -> int:
    clock = task.kernel.clock
    deadline = None if timeout_ns is None else clock.monotonic_ns() + timeout_ns
    events = [0] * len(wanted)
    changed: set[int] = set()
    sleep = WaitQueue()
    broken = False
    watches: list[_Watch] = []
    files = [file.get() for file, _ in wanted if file is not None]
    try:
        for place, (file, asked) in enumerate(wanted):
            if file is not None:
                watches.append(_Watch(file, asked, place, changed, sleep))
        while True:
            for place in changed:
                events[place] = _look(*wanted[place])
            changed.clear()
            if any(events):
                return answer(events)
            if broken or task.signals.ends_sleep():
                raise RestartNoHand
            left = None if deadline is None else deadline - clock.monotonic_ns()
            if left is not None and left <= 0:
                return answer(events)
            try:
                await sleep.wait(left)
            except Restart:
                broken = True
    finally:
        for watch in watches:
            watch.leave()
        for file in files:
            file.put()


def _look(file: File | None, asked: int) -> int:
    if file is None:
        return POLLNVAL
    return file.f_op.poll(file, None) & (asked | ALWAYS_ASKED)
