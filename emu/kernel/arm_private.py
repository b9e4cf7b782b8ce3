"""ARM's range of private call numbers, where an unknown one is a signal rather than ENOSYS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import ENOSYS
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import force_signal
from emu.kernel.uapi.signal import SIGILL, SIGSEGV

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.task import Task

LAST_REFUSED = 0x7FF


def private_base(abi: Abi) -> int | None:
    """The first number of the range, which has no end; None for an ABI without one."""
    return abi.constants.get("__ARM_NR_BASE") if abi.isa.name == "arm" else None


def is_private(abi: Abi, number: int) -> bool:
    """Whether the number is beyond ARM's table: for OABI also one without the bits that mark it."""
    base = private_base(abi)
    return base is not None and number ^ abi.number_base >= base ^ abi.number_base


def unknown_private_call(task: Task, abi: Abi, number: int) -> int:
    """End in a signal, or ENOSYS for what a later kernel may define.

    See arm_syscall and bad_syscall in arch/arm/kernel/traps.c.
    """
    base = private_base(abi)
    assert base is not None
    if number >> 16 == base >> 16:
        offset = number - base
        if offset == 0:  # a branch to address 0
            force_signal(task, SigInfo(SIGSEGV, "SEGV_MAPERR"))
            return 0
        if offset <= LAST_REFUSED:
            raise ENOSYS
    address = task.cpu.pc - (2 if task.cpu.thumb else 4)
    force_signal(task, SigInfo(SIGILL, "ILL_ILLTRP", address=address))
    return 0
