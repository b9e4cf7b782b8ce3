"""Waiting for something to be finished. See include/linux/completion.h."""

from __future__ import annotations

from typing import Any

from emu.linux.wait import (
    wait_event,
    wait_event_interruptible,
    wait_event_interruptible_timeout,
    wait_event_timeout,
    wait_queue_head,
)

ALL = 1 << 31


class completion:
    """What somebody waits for to be finished."""

    def __init__(self) -> None:
        self.done = 0
        self.wait = wait_queue_head()
        self.container: Any = None

    def take(self) -> None:
        """One waiter has seen it."""
        if self.done < ALL:
            self.done -= 1


def DECLARE_COMPLETION(name: str = "") -> completion:
    """A new one."""
    return completion()


def init_completion(x: completion) -> None:
    """Make it ready."""
    x.done = 0


reinit_completion = init_completion


def complete(x: completion) -> None:
    """Let one who waits go on."""
    x.done += 1
    x.wait.queue.wake_up(1)


def complete_all(x: completion) -> None:
    """Let all who wait, and all who will, go on."""
    x.done = ALL
    x.wait.queue.wake_up_all()


async def wait_for_completion(x: completion) -> None:
    """Sleep until it is finished."""
    await wait_event(x.wait, lambda: x.done)
    x.take()


async def wait_for_completion_interruptible(x: completion) -> Any:
    """The same: 0, or -ERESTARTSYS when a signal came."""
    broken = await wait_event_interruptible(x.wait, lambda: x.done)
    if not broken:
        x.take()
    return broken


async def wait_for_completion_timeout(x: completion, timeout: int) -> int:
    """The same for so many jiffies: 0 if they went by, else how many are left."""
    left = await wait_event_timeout(x.wait, lambda: x.done, timeout)
    if left:
        x.take()
    return left


async def wait_for_completion_interruptible_timeout(x: completion, timeout: int) -> Any:
    """The same, or -ERESTARTSYS when a signal came."""
    left = await wait_event_interruptible_timeout(x.wait, lambda: x.done, timeout)
    if left > 0:
        x.take()
    return left


def try_wait_for_completion(x: completion) -> bool:
    """Whether it is finished, without a wait."""
    if not x.done:
        return False
    x.take()
    return True


def completion_done(x: completion) -> bool:
    """Whether nobody has to wait."""
    return x.done > 0
