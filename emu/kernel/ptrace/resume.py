"""ptrace(2)'s requests that let a tracee go on, or have it stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.arch.regset import make_view
from emu.kernel.errno import EINVAL, EIO
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.ptrace import PTRACE_EVENT_STOP
from emu.kernel.uapi.signal import SIGKILL

if TYPE_CHECKING:
    from emu.kernel.ptrace.tracee import Tracee
    from emu.kernel.task import Task


def resume(
    *, calls: bool = False, emulate: bool = False, step: bool = False
) -> Callable[[Task, Tracee, int, int], int]:
    """PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SYSEMU, PTRACE_SINGLESTEP: go on, with a signal.

    EIO for a signal that does not exist, and for a step where the processor has none.
    """

    def go_on(task: Task, tracee: Tracee, address: int, data: int) -> int:
        signal = signal_to_give(task, data)
        if step and not make_view(tracee.task.image_abi).single_step:
            raise EIO("the processor has no single steps")
        tracee.stops_at_calls, tracee.emulates_calls = calls, emulate
        tracee.stepping = step
        tracee.resume(signal)
        return 0

    return go_on


def detach(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_DETACH: trace no longer, and let go on with a signal."""
    tracee.detach(signal_to_give(task, data))
    return 0


def kill(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_KILL: SIGKILL."""
    send_signal(tracee.task, SIGKILL)
    return 0


def interrupt(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_INTERRUPT: stop a seized tracee. EIO for another."""
    if not tracee.seized:
        raise EIO("not seized")
    tracee.trap()
    return 0


def listen(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_LISTEN: stay stopped as the process is, and tell of what changes that. EIO."""
    stop = tracee.stop
    assert stop is not None
    if not tracee.seized or stop.status >> 8 != PTRACE_EVENT_STOP:
        raise EIO("not in a group stop")
    stop.listening = True
    if tracee.trap_pending:
        tracee.trap()
    return 0


def signal_to_give(task: Task, number: int) -> int:
    """The kernel's number of a signal of the tracer's. EIO."""
    try:
        return signal_numbers(task.abi).decode(number)
    except EINVAL:
        raise EIO(f"no signal {number}") from None
