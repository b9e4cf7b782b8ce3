"""Sleeping until something holds. See include/linux/wait.h.

A condition is a function, because it is looked at again and again:
``await wait_event_interruptible(queue, lambda: ready)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.guard import RestartValue
from emu.kernel.restart import Restart
from emu.kernel.wait import Wait, WaitQueue
from emu.linux.jiffies import jiffies_to_ns, ns_to_jiffies

Condition = Callable[[], Any]


class wait_queue_head:
    """Who waits for something."""

    def __init__(self) -> None:
        self.queue = WaitQueue()
        self.container: Any = None

    def __len__(self) -> int:
        return len(self.queue)


wait_queue_head_t = wait_queue_head


def DECLARE_WAIT_QUEUE_HEAD(name: str = "") -> wait_queue_head:
    """A new queue."""
    return wait_queue_head()


def init_waitqueue_head(wq_head: wait_queue_head) -> None:
    """Make a queue ready: it is."""


async def _wait(wq: wait_queue_head, condition: Condition, timeout: int | None) -> bool:
    """Sleep until the condition holds, or the time is over: whether it holds. `Restart`."""
    this_module().check_may_sleep()
    clock = this_kernel().clock
    deadline = None if timeout is None else clock.monotonic_ns() + jiffies_to_ns(timeout)
    while not condition():
        left = None if deadline is None else deadline - clock.monotonic_ns()
        if left is not None and left <= 0:
            return False
        await wq.queue.wait(left)
    return True


async def wait_event(wq_head: wait_queue_head, condition: Condition) -> None:
    """Sleep until the condition holds; only a fatal signal ends it before."""
    while not condition():
        await Wait((wq_head.queue,), killable=True)


async def wait_event_interruptible(wq_head: wait_queue_head, condition: Condition) -> Any:
    """Sleep until the condition holds: 0, or -ERESTARTSYS when a signal came."""
    try:
        await _wait(wq_head, condition, None)
    except Restart:
        return RestartValue()
    return 0


wait_event_killable = wait_event_interruptible


def _remaining(started_ns: int, timeout: int, held: bool) -> int:
    if not held:
        return 0
    spent = ns_to_jiffies(this_kernel().clock.monotonic_ns() - started_ns)
    return max(1, timeout - spent)


async def wait_event_timeout(wq_head: wait_queue_head, condition: Condition, timeout: int) -> int:
    """The same for so many jiffies at most: 0 if it does not hold, else how many are left."""
    started = this_kernel().clock.monotonic_ns()
    return _remaining(started, timeout, await _wait(wq_head, condition, timeout))


async def wait_event_interruptible_timeout(
    wq_head: wait_queue_head, condition: Condition, timeout: int
) -> Any:
    """The same, or -ERESTARTSYS when a signal came."""
    started = this_kernel().clock.monotonic_ns()
    try:
        return _remaining(started, timeout, await _wait(wq_head, condition, timeout))
    except Restart:
        return RestartValue()


def wake_up(wq_head: wait_queue_head) -> None:
    """Have those who wait look at their conditions."""
    wq_head.queue.wake_up_all()


wake_up_all = wake_up_interruptible = wake_up_interruptible_all = wake_up


def wake_up_poll(wq_head: wait_queue_head, mask: int) -> None:
    """The same, telling pollers what may have come."""
    wq_head.queue.wake_up_all(mask)


wake_up_interruptible_poll = wake_up_poll


def waitqueue_active(wq_head: wait_queue_head) -> bool:
    """Whether anybody waits."""
    return len(wq_head.queue) > 0 or bool(wq_head.queue.watchers)
