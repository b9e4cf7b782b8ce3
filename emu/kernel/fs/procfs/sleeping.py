"""Where in the kernel a task sleeps: /proc/PID/wchan, stack and syscall.

A sleeping call is a chain of coroutines, each awaiting the next, so that the kernel's own stack
can be told as it is: the functions' names, and the line each is at as the offset.
"""

from __future__ import annotations

from types import CoroutineType
from typing import TYPE_CHECKING

from emu.kernel.errno import EPERM
from emu.kernel.fs.procfs.access import current_of, may_read, present, require_attach
from emu.kernel.fs.procfs.status import state_of
from emu.kernel.ptrace.registers import registers_on_cpu
from emu.kernel.uapi.capability import CAP_SYS_ADMIN

if TYPE_CHECKING:
    from types import CodeType

    from emu.kernel.task import Task

ARGUMENTS = 6


def show_wchan(task: Task) -> bytes:
    """The function that sleeps; 0 for a task that does not, or that is another's."""
    frames = kernel_stack(present(task))
    return frames[-1][0].co_name.encode() if frames and may_read(task) else b"0"


def show_stack(task: Task) -> bytes:
    """The functions from the one that sleeps outwards. EPERM without CAP_SYS_ADMIN."""
    if not current_of(task.kernel).cred.capable(CAP_SYS_ADMIN):
        raise EPERM("the kernel's stack")
    return b"".join(
        f"[<0>] {code.co_name}+{line - code.co_firstlineno:#x}/{_length(code):#x}\n".encode()
        for code, line in reversed(kernel_stack(present(task)))
    )


def show_syscall(task: Task) -> bytes:
    """The call's number, six arguments, stack pointer and program counter; or ``running``."""
    require_attach(present(task))
    if state_of(task) == "R" or not task.alive:
        return b"running\n"
    number, arguments, sp, pc = _registers(task)
    if task.call is None:
        return b"-1 0x%x 0x%x\n" % (sp, pc)
    shown = b" ".join(b"0x%x" % argument for argument in arguments)
    return b"%d %s 0x%x 0x%x\n" % (number, shown, sp, pc)


def kernel_stack(task: Task) -> list[tuple[CodeType, int]]:
    """The functions of a sleeping call and the lines they are at, outermost first."""
    frames = []
    inner: object = task.call.coroutine if task.call is not None else None
    while isinstance(inner, CoroutineType):
        frame = inner.cr_frame
        if frame is not None:
            frames.append((inner.cr_code, frame.f_lineno))
        inner = inner.cr_await
    return frames


def _length(code: CodeType) -> int:
    """How many lines a function has."""
    lines = [line for _, _, line in code.co_lines() if line is not None]
    return max(lines) - code.co_firstlineno + 1


def _registers(task: Task) -> tuple[int, list[int], int, int]:
    """What a task called with: number, arguments, stack pointer, program counter."""
    convention = task.abi.convention
    with registers_on_cpu(task) as cpu:
        registers = cpu.registers
        arguments = [registers[name] for name in convention.arguments[:ARGUMENTS]]
        arguments += [0] * (ARGUMENTS - len(arguments))
        return registers[convention.number], arguments, registers[convention.stack_pointer], cpu.pc
