"""Which addition overflowed: for this exception alone the engine reports only the block's start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.cpu.setup.mips_straight import LONGEST_RUN, ends_block

if TYPE_CHECKING:
    from emu.cpu.setup.mips import Mips

_SPECIAL, _ADDI, _DADDI = 0, 0x08, 0x18
# Function codes of add, sub, dadd and dsub: the operand width in bits, and the second one's sign.
_FUNCTIONS = {0x20: (32, 1), 0x22: (32, -1), 0x2C: (64, 1), 0x2E: (64, -1)}
_IMMEDIATES = {_ADDI: 32, _DADDI: 64}


def find_overflow(cpu: Mips, start: int, in_slot: bool) -> tuple[int, bool]:
    """The address of the first instruction from `start` on that overflows, and if in a delay slot.

    A block may begin in a delay slot: `in_slot`, as the branch state says it.
    Registers are as they were at that instruction, so an earlier addition can be taken for it
    only if the block changed that one's operands since.
    """
    for pc in range(start, start + 8 * LONGEST_RUN, 4):
        word = cpu.instruction(pc)
        if _overflows(cpu, word):
            return pc, in_slot
        if in_slot:
            break
        in_slot = ends_block(word)
    return start, False


def _overflows(cpu: Mips, word: int) -> bool:
    opcode = word >> 26
    if opcode in _IMMEDIATES:
        bits = _IMMEDIATES[opcode]
        second = (word & 0xFFFF ^ 0x8000) - 0x8000
    elif opcode == _SPECIAL and word & 0x3F in _FUNCTIONS:
        bits, sign = _FUNCTIONS[word & 0x3F]
        second = sign * _signed(cpu.registers[word >> 16 & 31], bits)
    else:
        return False
    total = _signed(cpu.registers[word >> 21 & 31], bits) + second
    return not -(1 << bits - 1) <= total < 1 << bits - 1


def _signed(value: int, bits: int) -> int:
    sign = 1 << bits - 1
    return (value & (1 << bits) - 1 ^ sign) - sign
