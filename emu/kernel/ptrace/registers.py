"""The registers of a tracee that is stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from emu.arch.regset import ThreadRegisters

if TYPE_CHECKING:
    from emu.arch.cpu import Cpu
    from emu.kernel.ptrace.tracee import Tracee
    from emu.kernel.task import Task


@contextmanager
def registers_on_cpu(task: Task) -> Iterator[Cpu]:
    """Put a stopped task's registers on its CPU for as long as somebody looks at them.

    Whoever is there, in the middle of a call as a rule, gets the CPU back as it was.
    """
    cpu = task.cpu
    if task.kernel.sched.holder(cpu) is task:
        yield cpu
        return
    whoever_is_there = cpu.save()
    assert task.saved_registers is not None
    cpu.restore(task.saved_registers)
    try:
        yield cpu
        task.saved_registers = cpu.save()
    finally:
        cpu.restore(whoever_is_there)


def read_registers(task: Task) -> ThreadRegisters:
    """All registers of a task that does not run, as far as user code has them."""
    with registers_on_cpu(task) as cpu:
        return registers_of(task, cpu)


def registers_of(task: Task, cpu: Cpu) -> ThreadRegisters:
    """The registers of the task whose they are that are on a CPU."""
    mm = task.mm
    wide = task.cpu.isa.name == "x86-64"
    return ThreadRegisters(
        cpu.user_state(),
        thread_pointer=cpu.thread_pointer,
        gs_base=cpu.gs_base if wide else 0,
        bounds=(mm.start_code, mm.start_data, mm.end_code),
        descriptors=task.attributes.tls_entries,
    )


def read_tracee(tracee: Tracee) -> ThreadRegisters:
    """A tracee's registers, with the call it is in, as its tracer sees them in this stop."""
    registers = read_registers(tracee.task)
    call = tracee.call
    registers.syscall, registers.argument = call.number, call.argument
    if tracee.shown is not None:
        number, value = tracee.shown
        registers.state.general[number] = value
    return registers


def write_tracee(tracee: Tracee, registers: ThreadRegisters) -> None:
    """Give a tracee's registers these values, as far as user code may set them."""
    call, state = tracee.call, registers.state
    call.number, call.argument = registers.syscall, registers.argument
    with registers_on_cpu(tracee.task) as cpu:
        if tracee.shown is not None:
            # What only this stop shows is put back when it ends.
            number, _ = tracee.shown
            state.general[number] = cpu.user_state().general[number]
        cpu.set_user_state(state)
        if cpu.thread_pointer != registers.thread_pointer:
            cpu.thread_pointer = registers.thread_pointer
        if cpu.isa.name == "x86-64":
            cpu.gs_base = registers.gs_base
