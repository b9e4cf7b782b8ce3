"""What the kernel tells those who watch it. Nobody watching costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from emu.record import record

if TYPE_CHECKING:
    from emu.arch.cpu import Fault
    from emu.kernel.errno import KernelError
    from emu.kernel.restart import Restart
    from emu.kernel.signal.pending import SigInfo
    from emu.kernel.syscall import Syscall
    from emu.kernel.task import Task


@record(frozen=False)
class SyscallEvent:
    """One system call. `arguments` are the raw words, one for each declared parameter.

    `syscall` is None for a call without a handler. `result` or `error` are set when it leaves,
    `broken` when a signal ended it.
    """

    task: Task
    name: str
    number: int
    syscall: Syscall | None
    arguments: tuple[int, ...]
    result: int | None = None
    error: KernelError | None = None
    broken: Restart | None = None


class Tracer(Protocol):
    """Somebody who watches."""

    def enter(self, event: SyscallEvent) -> None:
        """A call was decoded and is about to run."""

    def leave(self, event: SyscallEvent) -> None:
        """A call ended; not called when the task ended inside it."""

    def fault(self, task: Task, fault: Fault) -> None:
        """User code raised an exception."""

    def signal(self, task: Task, info: SigInfo) -> None:
        """A task takes a signal, which it does not ignore."""

    def created(self, task: Task) -> None:
        """A task made another one, this one."""

    def exited(self, task: Task) -> None:
        """A task ended; see its ``exit_status``."""
