"""What the kernel tells those who watch it. Nobody watching costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emu.record import record

if TYPE_CHECKING:
    from emu.arch.cpu import Fault
    from emu.kernel.errno import KernelError
    from emu.kernel.injection import Injection
    from emu.kernel.restart import Restart
    from emu.kernel.signal.pending import SigInfo
    from emu.kernel.syscall import Syscall
    from emu.kernel.task import Task


@record(frozen=False)
class SyscallEvent:
    """One system call. `arguments` are the raw words, one for each declared parameter.

    `syscall` is None for a call without a handler. `result` or `error` are set when it leaves,
    `broken` when a signal ended it. `way` is the trap instruction that made it (``int80``).
    A tracer may set `injected` when the call enters.
    """

    task: Task
    name: str
    number: int
    syscall: Syscall | None
    arguments: tuple[int, ...]
    result: int | None = None
    error: KernelError | None = None
    broken: Restart | None = None
    way: str = ""
    injected: Injection | None = None


class Tracer:
    """Somebody who watches; here they do nothing with what they see."""

    sees_traps: bool = False
    """Whether `trapped` and `returned` are to be called, which costs every trap."""

    def trapped(self, task: Task, way: str) -> None:
        """A trap instruction was executed; all registers are still the user's."""

    def enter(self, event: SyscallEvent) -> None:
        """A call was decoded and is about to run."""

    def leave(self, event: SyscallEvent) -> None:
        """A call ended; not called when the task ended inside it."""

    def returned(self, task: Task) -> None:
        """A trap that did not leave the CPU is over; `running` comes after one that did."""

    def fault(self, task: Task, fault: Fault) -> None:
        """User code raised an exception."""

    def signal(self, task: Task, info: SigInfo) -> None:
        """A task takes a signal, which it does not ignore."""

    def ignored(self, task: Task, info: SigInfo) -> None:
        """A signal was sent to a task that ignores it, so that it never was pending."""

    def stopped(self, task: Task, signal: int) -> None:
        """A signal stopped a task together with its process, until SIGCONT."""

    def created(self, task: Task) -> None:
        """A task made another one, this one."""

    def exited(self, task: Task) -> None:
        """A task ended; see its ``exit_status``."""

    def running(self, task: Task) -> None:
        """A task begins or goes on in user code, with the registers it now has."""

    def paused(self, task: Task) -> None:
        """A task lost its CPU: it sleeps, ended, got a signal, or others are to run."""


class Tracers(Tracer):
    """Several who watch, told one after the other."""

    def __init__(self, tracers: Sequence[Tracer]) -> None:
        self._all = tuple(tracers)
        self._of_traps = tuple(tracer for tracer in tracers if tracer.sees_traps)
        self.sees_traps = bool(self._of_traps)

    def trapped(self, task: Task, way: str) -> None:
        """See `Tracer.trapped`."""
        for tracer in self._of_traps:
            tracer.trapped(task, way)

    def enter(self, event: SyscallEvent) -> None:
        """See `Tracer.enter`."""
        for tracer in self._all:
            tracer.enter(event)

    def leave(self, event: SyscallEvent) -> None:
        """See `Tracer.leave`."""
        for tracer in self._all:
            tracer.leave(event)

    def returned(self, task: Task) -> None:
        """See `Tracer.returned`."""
        for tracer in self._of_traps:
            tracer.returned(task)

    def fault(self, task: Task, fault: Fault) -> None:
        """See `Tracer.fault`."""
        for tracer in self._all:
            tracer.fault(task, fault)

    def signal(self, task: Task, info: SigInfo) -> None:
        """See `Tracer.signal`."""
        for tracer in self._all:
            tracer.signal(task, info)

    def ignored(self, task: Task, info: SigInfo) -> None:
        """See `Tracer.ignored`."""
        for tracer in self._all:
            tracer.ignored(task, info)

    def stopped(self, task: Task, signal: int) -> None:
        """See `Tracer.stopped`."""
        for tracer in self._all:
            tracer.stopped(task, signal)

    def created(self, task: Task) -> None:
        """See `Tracer.created`."""
        for tracer in self._all:
            tracer.created(task)

    def exited(self, task: Task) -> None:
        """See `Tracer.exited`."""
        for tracer in self._all:
            tracer.exited(task)

    def running(self, task: Task) -> None:
        """See `Tracer.running`."""
        for tracer in self._all:
            tracer.running(task)

    def paused(self, task: Task) -> None:
        """See `Tracer.paused`."""
        for tracer in self._all:
            tracer.paused(task)
