"""Waiting until files are ready: what poll(2) and select(2) share. See fs/select.c."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from emu.kernel.restart import Restart, RestartNoHand
from emu.kernel.uapi.poll import POLLERR, POLLHUP, POLLNVAL
from emu.kernel.wait import Wait, WaitQueue

if TYPE_CHECKING:
    from emu.kernel.clock import Clock
    from emu.kernel.vfs.file import File

Wanted = Sequence[tuple["File | None", int]]
"""Open files and the events asked for; None is a descriptor that is not open."""

Answer = Callable[[list[int]], int]
"""Tells the caller the events of each file, and makes the call's result of them."""


def poll_files(
    clock: Clock, wanted: Wanted, timeout_ns: int | None, answer: Answer
) -> int | Awaitable[int]:
    """Answer at once if a file is ready or no time is given, else sleep until one is.

    A signal that breaks the sleep is `RestartNoHand`.
    """
    events = _look(wanted, None)
    if any(events) or timeout_ns == 0:
        return answer(events)
    return _poll_later(clock, wanted, timeout_ns, answer)


async def _poll_later(clock: Clock, wanted: Wanted, timeout_ns: int | None, answer: Answer) -> int:
    deadline = None if timeout_ns is None else clock.monotonic_ns() + timeout_ns
    for file, _ in wanted:
        if file is not None:
            file.get()
    try:
        while True:
            waits: list[WaitQueue] = []
            events = _look(wanted, waits)
            if any(events):
                return answer(events)
            left = None if deadline is None else deadline - clock.monotonic_ns()
            if left is not None and left <= 0:
                return answer(events)
            await Wait(waits, left)
    except Restart:
        raise RestartNoHand from None
    finally:
        for file, _ in wanted:
            if file is not None:
                file.put()


def _look(wanted: Wanted, waits: list[WaitQueue] | None) -> list[int]:
    return [
        POLLNVAL if file is None else file.f_op.poll(file, waits) & (asked | POLLERR | POLLHUP)
        for file, asked in wanted
    ]
