"""Instruction caches: what programs call after they wrote code. See cacheflush(2)."""

from __future__ import annotations

from typing import Annotated

from emu.arch.cpu import PAGE_MASK, PAGE_SHIFT
from emu.kernel.args import FlagFamily, FlagsArg, Pointer, UInt, ULong
from emu.kernel.errno import EFAULT, EINVAL, ENOSYS
from emu.kernel.syscall import syscall
from emu.kernel.task import Task

SYS_RISCV_FLUSH_ICACHE_LOCAL = 1
RISCV_FLAGS = FlagFamily(
    "riscv_flush_icache flags", (("SYS_RISCV_FLUSH_ICACHE_LOCAL", SYS_RISCV_FLUSH_ICACHE_LOCAL),)
)
RiscvFlags = Annotated[int, FlagsArg(bits=0, family=RISCV_FLAGS)]


@syscall("sys_cacheflush")
def cacheflush(task: Task, addr: Pointer, bytes: ULong, cache: UInt) -> int:
    """Forget code in a range, whichever cache is meant (MIPS). See cacheflush(2)."""
    if bytes:
        flush_icache(task, addr, addr + bytes)
    return 0


@syscall("sys_cachectl")
def cachectl(task: Task, addr: Pointer, nbytes: UInt, op: UInt) -> int:
    """ENOSYS, as in Linux (MIPS)."""
    raise ENOSYS


@syscall("sys_arm_cacheflush")
def arm_cacheflush(task: Task, start: Pointer, end: Pointer, flags: UInt) -> int:
    """Forget code in a range (ARM). See do_cache_op in arch/arm/kernel/traps.c."""
    if end < start or flags:
        raise EINVAL("an inverted range, or flags")
    flush_icache(task, start, end)
    return 0


@syscall("sys_riscv_flush_icache")
def riscv_flush_icache(task: Task, start: Pointer, end: Pointer, flags: RiscvFlags) -> int:
    """Forget all code: Linux too takes no notice of the range (RISC-V)."""
    if flags & ~SYS_RISCV_FLUSH_ICACHE_LOCAL:
        raise EINVAL("unknown flag")
    flush_icache(task, 0, task.mm.task_size)
    return 0


def flush_icache(task: Task, start: int, end: int) -> None:
    """Forget what was translated from a range of the task's pages. EFAULT outside user space."""
    mm = task.mm
    if end > mm.task_size:
        raise EFAULT
    first, beyond = start >> PAGE_SHIFT, (end - 1 >> PAGE_SHIFT) + 1
    if beyond - first < len(mm.pages):
        entries = [mm.pages[page] for page in range(first, beyond) if page in mm.pages]
    else:
        entries = [entry for page, entry in mm.pages.items() if first <= page < beyond]
    for entry in entries:
        mm.ram.written(entry & PAGE_MASK)
