"""ARM's private calls: see arm_syscall in arch/arm/kernel/traps.c."""

from __future__ import annotations

from emu.kernel.args import Pointer
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import force_signal
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.signal import SIGILL, SIGTRAP


@syscall("sys_arm_set_tls")
def set_tls(task: Task, val: Pointer) -> int:
    """Set the thread pointer."""
    task.cpu.thread_pointer = val
    return 0


@syscall("sys_arm_get_tls")
def get_tls(task: Task) -> int:
    """Tell the thread pointer."""
    return task.cpu.thread_pointer


@syscall("sys_arm_breakpoint")
def breakpoint(task: Task, r0: Pointer) -> int:
    """Raise SIGTRAP at the instruction itself; the first register keeps its value."""
    thumb = getattr(task.cpu, "thumb", False)
    task.cpu.pc -= 2 if thumb else 4
    force_signal(task, SigInfo(SIGTRAP, "TRAP_BRKPT", address=task.cpu.pc))
    return r0


@syscall("sys_arm_usr26", "sys_arm_usr32")
def usr26(task: Task) -> int:
    """Raise SIGILL: no CPU of today has 26-bit addresses to switch to."""
    force_signal(task, SigInfo(SIGILL, "ILL_ILLTRP", address=task.cpu.pc))
    return 0
