"""One step up a stack by call frame information. See DWARF 5, section 6.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elftools.common.exceptions import DWARFError, ELFError
from elftools.dwarf.callframe import RegisterRule

from emu.kernel.errno import KernelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from elftools.dwarf.callframe import FDE

# The numbers that DWARF gives to registers, where they are not those of the instructions.
X86_64_ORDER = (0, 2, 1, 3, 6, 7, 5, 4, *range(8, 16))
STACK_POINTERS = {"x86-64": 7, "i386": 4, "arm64": 31, "arm": 13, "riscv64": 2, "riscv32": 2}
MIPS_STACK_POINTER = 29


def numbered(isa: str, general: list[int]) -> dict[int, int]:
    """A CPU's registers by DWARF's numbers."""
    order = X86_64_ORDER if isa == "x86-64" else range(len(general))
    return {number: general[index] for number, index in enumerate(order)}


def stack_pointer(isa: str) -> int:
    """DWARF's number of the stack pointer."""
    return STACK_POINTERS.get(isa, MIPS_STACK_POINTER)


def caller_of(
    frame: FDE,
    address: int,
    registers: dict[int, int],
    isa: str,
    read_word: Callable[[int], int],
) -> tuple[int, dict[int, int]] | None:
    """The return address and the registers of the caller; None if the frame does not tell."""
    try:
        rows = [row for row in frame.get_decoded().table if row["pc"] <= address]
        if not rows:
            return None
        row = rows[-1]
        cfa = row["cfa"]
        if cfa.reg not in registers:
            return None
        base = registers[cfa.reg] + cfa.offset
        caller = dict(registers)
        for number, rule in row.items():
            if isinstance(number, int):
                value = restored(rule, base, registers, number, read_word)
                if value is None:
                    caller.pop(number, None)
                else:
                    caller[number] = value
        caller[stack_pointer(isa)] = base
        assert frame.cie is not None
        returns = caller.get(frame.cie["return_address_register"])
    except (KernelError, ELFError, DWARFError, KeyError, IndexError, TypeError):
        return None
    return None if returns is None else (returns, caller)


def restored(
    rule: Any, base: int, registers: dict[int, int], number: int, read_word: Callable[[int], int]
) -> int | None:
    """A register's value in the caller; None if nobody knows it. `KernelError`."""
    if rule.type == RegisterRule.OFFSET:
        return read_word(base + rule.arg)
    if rule.type == RegisterRule.VAL_OFFSET:
        return int(base + rule.arg)
    if rule.type == RegisterRule.SAME_VALUE:
        return registers.get(number)
    if rule.type == RegisterRule.REGISTER:
        return registers.get(rule.arg)
    return None
