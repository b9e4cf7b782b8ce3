"""membarrier(2): tasks never run at once, so that every barrier is there already."""

from __future__ import annotations

from emu.kernel.args import Int, UInt
from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.membarrier import (
    MEMBARRIER_CMD_GET_REGISTRATIONS,
    MEMBARRIER_CMD_GLOBAL,
    MEMBARRIER_CMD_GLOBAL_EXPEDITED,
    MEMBARRIER_CMD_PRIVATE_EXPEDITED,
    MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
    MEMBARRIER_CMD_QUERY,
    MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED,
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
)

PRIVATE = {
    MEMBARRIER_CMD_PRIVATE_EXPEDITED: MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
    MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE: (
        MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE
    ),
}
"""Commands that a process must have announced, and with what."""

REGISTRATIONS = (MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, *PRIVATE.values())
SYNC_CORE_COMMANDS = (
    MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE
)
COMMANDS = (
    MEMBARRIER_CMD_GLOBAL
    | MEMBARRIER_CMD_GLOBAL_EXPEDITED
    | MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED
    | MEMBARRIER_CMD_PRIVATE_EXPEDITED
    | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED
    | MEMBARRIER_CMD_GET_REGISTRATIONS
)
WITHOUT_SYNC_CORE = ("mips",)
"""ISAs for which Linux has no ARCH_HAS_MEMBARRIER_SYNC_CORE."""


@syscall("sys_membarrier", missing="the commands on restartable sequences")
def membarrier(task: Task, cmd: Int, flags: UInt, cpu_id: Int) -> int:
    """Order memory between the threads of one or of all processes. See membarrier(2).

    EINVAL for the commands on restartable sequences, which there are none of.
    """
    if flags:
        raise EINVAL("flags belong to commands that are not supported")
    known = COMMANDS
    if not task.abi.isa.name.startswith(WITHOUT_SYNC_CORE):
        known |= SYNC_CORE_COMMANDS
    if cmd == MEMBARRIER_CMD_QUERY:
        return known
    if cmd < 0 or cmd & ~known or cmd.bit_count() != 1:
        raise EINVAL(f"membarrier command {cmd} is not supported")
    mm = task.mm
    if cmd in REGISTRATIONS:
        mm.membarrier_registrations |= cmd
        return 0
    if cmd == MEMBARRIER_CMD_GET_REGISTRATIONS:
        told = mm.membarrier_registrations
        # The one for code is a kind of the other, as far as this call tells.
        if told & MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
            told |= MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED
        return told
    if cmd in PRIVATE and not mm.membarrier_registrations & PRIVATE[cmd]:
        raise EPERM("the process has not announced it")
    return 0
