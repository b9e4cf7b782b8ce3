"""sysmips(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import FlagFamily, FlagsArg, ULong
from emu.kernel.errno import EINVAL
from emu.kernel.sys.cacheflush import flush_icache
from emu.kernel.syscall import syscall
from emu.kernel.task import Task

FLUSH_CACHE = 3
MIPS_FIXADE = 7
MIPS_ATOMIC_SET = 2001
SYSMIPS = FlagFamily(
    "sysmips command",
    (
        ("FLUSH_CACHE", FLUSH_CACHE),
        ("MIPS_FIXADE", MIPS_FIXADE),
        ("MIPS_ATOMIC_SET", MIPS_ATOMIC_SET),
    ),
    is_number=True,
)
Command = Annotated[int, FlagsArg(bits=0, signed=True, family=SYSMIPS)]


@syscall("sys_sysmips", missing="MIPS_FIXADE cannot be switched off")
def sysmips(task: Task, cmd: Command, arg1: ULong, arg2: ULong) -> int:
    """Swap a word, flush caches, or say how unaligned accesses are treated. See sysmips(2).

    Unaligned accesses are always carried out, so that taking MIPS_FIXADE away is EINVAL.
    """
    if cmd == MIPS_ATOMIC_SET:
        return atomic_set(task, arg1, arg2)
    if cmd == MIPS_FIXADE:
        if arg1 != 1:
            raise EINVAL("unaligned accesses always work")
        return 0
    if cmd == FLUSH_CACHE:
        flush_icache(task, 0, task.mm.task_size)
        return 0
    raise EINVAL(f"command {cmd} is not supported")


def atomic_set(task: Task, address: int, new: int) -> int:
    """Put a new word in the place of the old one, which is the result however large it is."""
    if address % 4 or address + 4 > task.mm.task_size:
        raise EINVAL("not the address of a word")
    old = task.mm.read_u32(address)
    task.mm.write_u32(address, new & 0xFFFFFFFF)
    # As ll leaves it: sign-extended, but never mistaken for an error number.
    return ((old ^ 0x80000000) - 0x80000000) & ((1 << task.abi.isa.word_bits) - 1)
