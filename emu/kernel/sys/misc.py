"""Calls with little behind them: personality(2), getcpu(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import FlagsArg, Pointer
from emu.kernel.sys.kinds import OutUInt
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.personality import PER_LINUX, PER_LINUX32, PER_MASK, PERSONALITY

Persona = Annotated[int, FlagsArg(family=PERSONALITY)]

PERSONALITY_QUERY = 0xFFFFFFFF


@syscall(
    "sys_personality",
    "sys_arm64_personality",
    missing="only the machine's name changes; addresses are never randomised",
)
def personality(task: Task, personality: Persona) -> int:
    """Set the execution domain, or just tell it. See personality(2).

    What counts is the machine's name that uname(2) tells; addresses are never randomised.
    """
    old = task.attributes.personality
    if personality != PERSONALITY_QUERY:
        task.attributes.personality = personality
    return old


@syscall("sys_32_personality")
def personality_32(task: Task, personality: Persona) -> int:
    """The same for 32-bit MIPS programs, to whom PER_LINUX32 is PER_LINUX."""
    own = task.attributes
    if own.personality & PER_MASK == PER_LINUX32 and personality & PER_MASK == PER_LINUX:
        personality = personality & ~PER_MASK | PER_LINUX32
    old = own.personality
    if personality != PERSONALITY_QUERY:
        own.personality = personality
    if old & PER_MASK == PER_LINUX32:
        old &= ~PER_MASK
    return old - (old >> 31 << 32)  # an int in C, which the other is not


@syscall("sys_getcpu")
def getcpu(task: Task, cpup: OutUInt, nodep: OutUInt, unused: Pointer) -> int:
    """Tell the CPU and the node: always 0. See getcpu(2)."""
    for address in (cpup, nodep):
        if address:
            task.mm.write_u32(address, 0)
    return 0


def read_word(task: Task, address: int) -> int:
    """A value as wide as the caller's long, which by `int 0x80` is not the memory's own word."""
    return task.mm.read_u64(address) if task.abi.word_bits == 64 else task.mm.read_u32(address)


def write_word(task: Task, address: int, value: int) -> None:
    """Store a value as wide as the caller's long."""
    if task.abi.word_bits == 64:
        task.mm.write_u64(address, value)
    else:
        task.mm.write_u32(address, value)
