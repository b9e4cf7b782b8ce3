"""x86: segment bases. See arch_prctl(2)."""

from __future__ import annotations

from typing import Annotated, Protocol, cast

from emu.kernel.args import FlagFamily, FlagsArg, ULong
from emu.kernel.errno import EINVAL, ENODEV, EPERM
from emu.kernel.syscall import syscall
from emu.kernel.task import Task

ARCH_SET_GS = 0x1001
ARCH_SET_FS = 0x1002
ARCH_GET_FS = 0x1003
ARCH_GET_GS = 0x1004
ARCH_GET_CPUID = 0x1011
ARCH_SET_CPUID = 0x1012
ARCH_OPTIONS = FlagFamily(
    "arch_prctl option",
    (
        ("ARCH_SET_GS", ARCH_SET_GS),
        ("ARCH_SET_FS", ARCH_SET_FS),
        ("ARCH_GET_FS", ARCH_GET_FS),
        ("ARCH_GET_GS", ARCH_GET_GS),
        ("ARCH_GET_CPUID", ARCH_GET_CPUID),
        ("ARCH_SET_CPUID", ARCH_SET_CPUID),
    ),
    is_number=True,
)

ArchOption = Annotated[int, FlagsArg(signed=True, family=ARCH_OPTIONS)]


class SegmentedCpu(Protocol):
    """What an x86-64 CPU has beside the common interface."""

    gs_base: int


@syscall(
    "sys_arch_prctl",
    missing="ARCH_SET_CPUID, shadow stacks, and the permissions of processor extensions",
)
def arch_prctl(task: Task, option: ArchOption, arg2: ULong) -> int:
    """Set or tell a segment's base, or whether CPUID may be used. See arch_prctl(2)."""
    if option == ARCH_GET_CPUID:
        return 1
    if option == ARCH_SET_CPUID:
        raise ENODEV("the CPU cannot forbid cpuid")
    if task.abi.isa.word_bits == 64:
        cpu = cast(SegmentedCpu, task.cpu)
        if option == ARCH_SET_FS:
            task.cpu.thread_pointer = user_address(task, arg2)
            return 0
        if option == ARCH_SET_GS:
            cpu.gs_base = user_address(task, arg2)
            return 0
        if option == ARCH_GET_FS:
            task.mm.write_u64(arg2, task.cpu.thread_pointer)
            return 0
        if option == ARCH_GET_GS:
            task.mm.write_u64(arg2, cpu.gs_base)
            return 0
    raise EINVAL(f"option {option:#x} is not supported")


def user_address(task: Task, address: int) -> int:
    """EPERM for a base that no user program may have."""
    if address >= task.mm.task_size:
        raise EPERM("not a user address")
    return address
