"""The trap: from a guest's system call instruction to its result, on one screen.

    enter -> number -> bound decoder -> handler -> result or errno in the caller's convention

A gate is made once for each (program ABI, CPU, way in). The common call begins and ends inside the
guest's trap; the CPU is left only when the task sleeps, ends, changes program or gets a signal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from emu.digit import ONE_DIGIT
from emu.kernel.errno import EINTR, KernelError
from emu.kernel.restart import (
    RegistersSet,
    Restart,
    RestartBlock,
    RestartNoHand,
    RestartNoIntr,
    restart_number,
)
from emu.kernel.trap_counts import TrapCounts
from emu.kernel.uapi.signal import SA_RESTART

if TYPE_CHECKING:
    from emu.arch.cpu import Cpu, TrapHandler
    from emu.kernel.kernel import Kernel
    from emu.kernel.sched import Finish
    from emu.kernel.signal.actions import Sigaction
    from emu.kernel.syscall_table import SyscallTable
    from emu.kernel.task import Task

MIPS_MAX_ERRNO = 1133
"""EMAXERRNO of arch/mips/include/uapi/asm/errno.h: what is below is a result."""


class Ending(NamedTuple):
    """How a way in's calls end: `answer` writes a result, `finish` ends one that slept."""

    answer: Callable[[int], None]
    finish: Finish


def make_gate(
    kernel: Kernel, cpu: Cpu, table: SyscallTable, number_in: Sequence[int] | None = None
) -> TrapHandler:
    """The function that a trap instruction calls: one system call from start to end.

    The number is in the convention's register, or is the one item of `number_in`.
    """
    abi = table.abi
    convention = table.convention
    registers = cpu.registers
    numbers = registers if number_in is None else number_in
    number_register = convention.number if number_in is None else 0
    rows = table.rows
    errno = kernel.errno_numbers(abi)
    sched = kernel.sched
    result_register = convention.result
    flag = convention.error_flag
    answer_with, finish = make_ending(kernel, cpu, table, number_in)
    trapped = 0

    def enter() -> None:
        nonlocal trapped
        trapped += 1
        task = sched.current
        assert task is not None
        try:
            try:
                decoder = rows[numbers[number_register]]
            except KeyError:
                decoder = table.bind(numbers[number_register])
            answer = decoder(task)
            if isinstance(answer, int):
                result = answer
            else:
                ended = sched.begin(task, answer, finish)
                if ended is None:
                    cpu.stop()
                    return
                result = ended
            if 0 <= result < ONE_DIGIT:  # a result in every convention
                registers[result_register] = result
                if flag is not None:
                    registers[flag] = 0
            else:
                answer_with(result)
        except KernelError as error:
            answer_with(-errno[type(error)])
        except (RegistersSet, Restart) as left:
            if isinstance(left, Restart):
                finish(task, left)
            cpu.stop()
            return
        except BaseException as error:
            cpu.abandon(error)
            return
        if task.work:
            cpu.stop()

    kernel.part(TrapCounts).add(table.way, lambda: trapped)
    return enter


def make_ending(
    kernel: Kernel, cpu: Cpu, table: SyscallTable, number_in: Sequence[int] | None = None
) -> Ending:
    """The functions that end a call which did not end at once, or not well."""
    abi = table.abi
    convention = table.convention
    registers = cpu.registers
    number_register = convention.number
    errno = kernel.errno_numbers(abi)
    # The CPU's word, not the ABI's: after `int 0x80` in 64-bit code an error fills all of rax.
    mask = cpu.isa.word_mask
    result_register = convention.result
    flag = convention.error_flag
    highest = mask if flag is None else mask - MIPS_MAX_ERRNO

    def answer_with(result: int) -> None:
        value = result & mask
        if flag is None:
            registers[result_register] = value
        elif value <= highest:
            registers[result_register] = value
            registers[flag] = 0
        else:
            # MIPS: a positive number and a flag. The kernel tells errors by the word alone.
            registers[result_register] = -value & mask
            registers[flag] = 1

    def finish(task: Task, result: int | BaseException) -> None:
        """Write the result of a call that slept, when the task is back on its CPU."""
        if isinstance(result, Restart):
            # Nothing was written: the registers are as the call was made.
            task.interrupted = partial(settle, task, result)
            task.work = True
            if isinstance(result, RestartBlock):
                task.restart_block = result.resume
            return
        if isinstance(result, KernelError):
            result = -errno[type(result)]
        assert isinstance(result, int)
        answer_with(result)

    def settle(task: Task, broken: Restart, action: Sigaction | None) -> None:
        """Have a call made again that a signal broke, or let it answer EINTR.

        `action` is the handler's that runs first, None if none does. See handle_signal and
        arch_do_signal_or_restart in arch/x86/kernel/signal.c.
        """
        if action is None or isinstance(broken, RestartNoIntr):
            again = True
        else:
            again = not isinstance(broken, RestartNoHand) and bool(action.flags & SA_RESTART)
        if not again:
            answer_with(-errno[EINTR])
            return
        cpu.pc -= cpu.trap_length
        if isinstance(broken, RestartBlock):
            if number_in is None:
                registers[number_register] = restart_number(task.abi)
            else:
                task.restarts = True

    return Ending(answer_with, finish)
