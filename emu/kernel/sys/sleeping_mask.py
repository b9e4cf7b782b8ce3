"""The signal mask that ppoll(2) and pselect(2) set for as long as they sleep.

A signal that breaks the sleep is taken under that mask; only then is the old one put back, by
`emu.kernel.signal.delivery` or the handler's return. See set_user_sigmask in kernel/signal.c.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from emu.kernel.errno import EINTR, EINVAL
from emu.kernel.restart import Restart
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
    signals.sleep_with(read_sigset(task, address))
    try:
        result = act()
    except BaseException:
        signals.restore_blocked()
        raise
    if isinstance(result, int):
        signals.restore_blocked()
        return result
    return _later(task, result)


async def _later(task: Task, result: Awaitable[int]) -> int:
    broken = False
    try:
        return await result
    except (Restart, EINTR):
        broken = task.work = True
        raise
    finally:
        if not broken:
            task.signals.restore_blocked()
