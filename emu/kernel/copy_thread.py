"""The registers of a new task. See copy_thread in each architecture's process.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.tls import set_tls

if TYPE_CHECKING:
    from emu.kernel.task import Task


def copy_thread(task: Task, child: Task, stack: int, tls: int | None) -> None:
    """Give `child` the registers that `task` has in the middle of its call, with a result of 0.

    `stack` is its stack pointer, 0 for the same one, and `tls` what the ABI takes for its thread
    pointer. EINVAL, EFAULT.
    """
    cpu, convention = task.cpu, task.abi.convention
    if task.abi.name == "arm64" and stack % 16:
        raise EINVAL("a stack pointer is a multiple of 16")
    registers = cpu.registers
    parent_state = cpu.save()
    try:
        registers[convention.result] = 0
        if convention.error_flag is not None:
            registers[convention.error_flag] = 0
        if stack:
            registers[convention.stack_pointer] = stack
        if tls is not None:
            set_tls(child, tls)
        child.saved_registers = cpu.save()
    finally:
        cpu.restore(parent_state)
