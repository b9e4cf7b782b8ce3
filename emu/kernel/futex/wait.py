"""Sleeping on words: FUTEX_WAIT, and futex_waitv(2) on several. See kernel/futex/waitwake.c."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from emu.kernel.deadline import Deadline, wait_until
from emu.kernel.errno import EAGAIN, EINVAL, ETIMEDOUT
from emu.kernel.futex.key import futex_key
from emu.kernel.futex.table import FutexWaiter
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.task import Task


class FutexWord(NamedTuple):
    """A word, how it is named, and the value it is to have."""

    address: int
    shared: bool
    value: int


async def futex_wait(task: Task, word: FutexWord, deadline: Deadline | None, bitset: int) -> int:
    """Sleep until woken, if the word still has its value. EAGAIN, ETIMEDOUT, EINVAL, EFAULT."""
    if not bitset:
        raise EINVAL("an empty bitset")
    table = task.kernel.futexes
    key = futex_key(task.mm, word.address, shared=word.shared)
    if task.mm.read_u32(word.address) != word.value:
        raise EAGAIN("the word has changed")
    waiter = FutexWaiter(task, key, bitset)
    table.add(waiter)
    try:
        if not await wait_until(waiter.queue, lambda: waiter.woken, task.kernel.clock, deadline):
            raise ETIMEDOUT
    finally:
        table.remove(waiter)
    return 0


async def futex_wait_multiple(
    task: Task, words: Sequence[FutexWord], deadline: Deadline | None
) -> int:
    """Sleep until one of several is woken: its index; of more than one the last."""
    table, mm = task.kernel.futexes, task.mm
    keys = [futex_key(mm, word.address, shared=word.shared) for word in words]
    for word in words:
        if mm.read_u32(word.address) != word.value:
            raise EAGAIN("a word has changed")
    queue = WaitQueue()
    waiters = [FutexWaiter(task, key, queue=queue) for key in keys]
    for waiter in waiters:
        table.add(waiter)

    def woken() -> bool:
        return any(waiter.woken for waiter in waiters)

    try:
        if not await wait_until(queue, woken, task.kernel.clock, deadline):
            raise ETIMEDOUT
    finally:
        for waiter in waiters:
            table.remove(waiter)
    return max(index for index, waiter in enumerate(waiters) if waiter.woken)
