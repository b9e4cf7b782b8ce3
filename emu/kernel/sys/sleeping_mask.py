"""The signal mask that ppoll(2) and pselect(2) set for as long as they sleep."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from emu.kernel.errno import EINVAL
from emu.kernel.signal.sigset import read_sigset, sigset_size
from emu.kernel.task import Task


def with_mask(
    task: Task, address: int, size: int, act: Callable[[], int | Awaitable[int]]
) -> int | Awaitable[int]:
    """Act under the signal mask at a user address; 0 is no change. EINVAL for a wrong size."""
    if not address:
        return act()
    if size != sigset_size(task.abi):
        raise EINVAL("not the size of a sigset_t")
    signals = task.signals
    old = signals.blocked
    signals.block_only(read_sigset(task, address))
    try:
        result = act()
    except BaseException:
        signals.block_only(old)
        raise
    if isinstance(result, int):
        signals.block_only(old)
        return result
    return _later(task, old, result)


async def _later(task: Task, old: int, result: Awaitable[int]) -> int:
    try:
        return await result
    finally:
        task.signals.block_only(old)
