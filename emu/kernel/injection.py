"""Calls that a tracer tampers with: another end, a signal, or a delay. See strace(1), Tampering."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.signal.send import send_signal
from emu.kernel.wait import Wait
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.binding import Decoder
    from emu.kernel.errno import KernelError
    from emu.kernel.task import Task


@record
class Injection:
    """What happens to one call.

    With an `error` or a `value` that is its end, and its handler does not run. `signal`, by the
    kernel's number, comes when the call enters. The delays are before and after it.
    """

    error: type[KernelError] | None = None
    value: int | None = None
    signal: int = 0
    delay_enter_ns: int = 0
    delay_exit_ns: int = 0

    @property
    def replaces(self) -> bool:
        """Whether the handler is left out."""
        return self.error is not None or self.value is not None

    @property
    def delays(self) -> bool:
        """Whether the call takes longer than it would."""
        return bool(self.delay_enter_ns or self.delay_exit_ns)


def tampered(injection: Injection, decoder: Decoder, task: Task) -> int | Awaitable[int]:
    """Make the call, or what stands for it."""
    if injection.signal:
        send_signal(task, injection.signal, to_thread=True)
    if injection.delays:
        return delayed(injection, decoder, task)
    return ended(injection, decoder, task)


async def delayed(injection: Injection, decoder: Decoder, task: Task) -> int:
    """The call between two pauses, which no signal but a deadly one cuts short."""
    await pause(injection.delay_enter_ns)
    try:
        answer = ended(injection, decoder, task)
        return await answer if inspect.isawaitable(answer) else answer
    finally:
        await pause(injection.delay_exit_ns)


async def pause(delay_ns: int) -> None:
    """Sleep for a time."""
    if delay_ns:
        await Wait((), delay_ns, killable=True)


def ended(injection: Injection, decoder: Decoder, task: Task) -> int | Awaitable[int]:
    """The injected end, or the handler's."""
    if injection.error is not None:
        raise injection.error
    return decoder(task) if injection.value is None else injection.value
