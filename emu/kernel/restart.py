"""What a call raises that a signal broke: how it may be made again. See signal(7).

The kernel's own ERESTARTSYS and its kin. `emu.kernel.trap` alone decides between making the call
again and EINTR, when it is known whether a handler runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from emu.arch.abi import Abi

T = TypeVar("T")


class Restart(Exception):
    """A signal broke a wait. Made again if the handler has SA_RESTART, or if none runs.

    ERESTARTSYS.
    """


class RestartNoIntr(Restart):
    """Made again whatever happens: ERESTARTNOINTR."""


class RestartNoHand(Restart):
    """Made again only if no handler runs: ERESTARTNOHAND."""


class RestartBlock(RestartNoHand):
    """As that, and made again it is restart_syscall(2), which does the rest: `resume`.

    ERESTART_RESTARTBLOCK.
    """

    def __init__(self, resume: Callable[[], int | Awaitable[int]]) -> None:
        super().__init__()
        self.resume = resume


class RegistersSet(Exception):
    """The call gave all of the user's registers their values: sigreturn(2)."""


class RolledBack(RegistersSet):
    """The call is not made, and the registers are as they were before it: syscall_rollback."""


class WantsTracer(Exception):
    """A filter of system calls wants the task's tracer to look at the call: SECCOMP_RET_TRACE."""

    def __init__(self, data: int) -> None:
        super().__init__()
        self.data = data


def restart_number(abi: Abi) -> int:
    """The number of restart_syscall(2)."""
    return next(row.nr for row in abi.syscalls.values() if row.name == "restart_syscall")


async def or_else(awaitable: Awaitable[T], broken: Callable[[], Exception]) -> T:
    """Await, and raise what `broken` makes when a signal breaks the sleep."""
    try:
        return await awaitable
    except Restart:
        raise broken() from None
