"""Calls with little behind them: personality(2), syslog(2), getcpu(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import FlagsArg, Int, Pointer
from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.sys.kinds import OutUInt
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_SYS_ADMIN, CAP_SYSLOG
from emu.kernel.uapi.personality import PER_LINUX, PER_LINUX32, PER_MASK, PERSONALITY

Persona = Annotated[int, FlagsArg(family=PERSONALITY)]

PERSONALITY_QUERY = 0xFFFFFFFF

SYSLOG_ACTION_CLOSE = 0
SYSLOG_ACTION_OPEN = 1
SYSLOG_ACTION_READ = 2
SYSLOG_ACTION_READ_ALL = 3
SYSLOG_ACTION_CLEAR = 5
SYSLOG_ACTION_SIZE_UNREAD = 9
SYSLOG_ACTION_SIZE_BUFFER = 10
SYSLOG_BUFFER = 1 << 17


@syscall("sys_personality", "sys_arm64_personality")
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


@syscall("sys_syslog")
def syslog(task: Task, type: Int, buf: Pointer, len: Int) -> int:
    """Read the kernel's message buffer, which is empty. See syslog(2)."""
    if type not in (SYSLOG_ACTION_READ_ALL, SYSLOG_ACTION_SIZE_BUFFER):
        cred = task.cred
        if not cred.capable(CAP_SYSLOG) and not cred.capable(CAP_SYS_ADMIN):
            raise EPERM("the kernel's messages need CAP_SYSLOG")
    if type == SYSLOG_ACTION_SIZE_BUFFER:
        return SYSLOG_BUFFER
    if type == SYSLOG_ACTION_READ_ALL and (not buf or len < 0):
        raise EINVAL("no buffer")
    if type in (
        SYSLOG_ACTION_CLOSE,
        SYSLOG_ACTION_OPEN,
        SYSLOG_ACTION_READ_ALL,
        SYSLOG_ACTION_CLEAR,
        SYSLOG_ACTION_SIZE_UNREAD,
    ):
        return 0
    raise EINVAL(f"syslog action {type} is not supported")


@syscall("sys_getcpu")
def getcpu(task: Task, cpup: OutUInt, nodep: OutUInt, unused: Pointer) -> int:
    """Tell the CPU and the node: always 0. See getcpu(2)."""
    for address in (cpup, nodep):
        if address:
            task.mm.write_u32(address, 0)
    return 0


def write_word(task: Task, address: int, value: int) -> None:
    """Store a value as wide as the caller's long."""
    if task.abi.word_bits == 64:
        task.mm.write_u64(address, value)
    else:
        task.mm.write_u32(address, value)
