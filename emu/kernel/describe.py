"""What a task is at, in words: for the owner of a machine that cannot go on."""

from __future__ import annotations

from types import CoroutineType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.arch.cpu import Cpu
    from emu.kernel.task import Task


def describe_wait(task: Task) -> str:
    """Where in the kernel a task sleeps: the functions from its call's handler inwards."""
    if task.group.stop_signal:
        return f"{task} is stopped"
    names = []
    inner: object = task.call.coroutine if task.call is not None else None
    while isinstance(inner, CoroutineType):
        names.append(inner.cr_code.co_name)
        inner = inner.cr_await
    return f"{task} in {' > '.join(names) or 'no call'}"


def describe_call(task: Task, cpu: Cpu, error: Exception) -> str:
    """Which system call a task was in, as far as its registers still tell."""
    convention = task.abi.convention
    number = cpu.registers[convention.number]
    row = task.abi.syscalls.get(number)
    name = row.name if row else "an unknown call or none"
    words = ", ".join(f"{cpu.registers[register]:#x}" for register in convention.arguments)
    what = f"{type(error).__name__}: {error}"
    return f"{what}; {task.abi.name} call {number} ({name}) of {task} at {cpu.pc:#x}, words {words}"
