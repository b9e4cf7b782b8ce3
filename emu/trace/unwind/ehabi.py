"""One step up a stack of ARM by .ARM.exidx. See Exception Handling ABI for Arm, section 10.3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from elftools.ehabi.ehabiinfo import EHABIEntry

SP, LR, PC = 13, 14, 15


class Refused(Exception):
    """The code says that the frame is not to be unwound, or is none that is known."""


def caller_of(
    entry: EHABIEntry, registers: dict[int, int], read_word: Callable[[int], int]
) -> tuple[int, dict[int, int]] | None:
    """The return address and the registers of the caller; None if the entry does not tell."""
    if not entry.unwindable or entry.bytecode_array is None:
        return None
    virtual = Virtual(registers, read_word)
    try:
        virtual.run(iter(entry.bytecode_array))
    except (Refused, KernelError, StopIteration):
        return None
    returns = virtual.registers.get(PC, virtual.registers.get(LR))
    return None if returns is None else (returns, virtual.registers)


class Virtual:
    """The registers as the instructions of an entry give them back."""

    def __init__(self, registers: dict[int, int], read_word: Callable[[int], int]) -> None:
        self.registers = {number: word for number, word in registers.items() if number != PC}
        self._read_word = read_word

    def run(self, code: Iterator[int]) -> None:
        """Follow the instructions to their end."""
        for byte in code:
            if byte < 0x80:
                size = ((byte & 0x3F) << 2) + 4
                self.registers[SP] += -size if byte & 0x40 else size
            elif byte < 0x90:
                mask = (byte & 0x0F) << 8 | next(code)
                if not mask:
                    raise Refused
                self._pop(4 + bit for bit in range(12) if mask >> bit & 1)
            elif byte < 0xA0:
                if byte & 0x0F in (SP, PC):
                    raise Refused
                self.registers[SP] = self.registers[byte & 0x0F]
            elif byte < 0xB0:
                self._pop([*range(4, 5 + (byte & 7)), *([LR] if byte & 8 else [])])
            elif byte == 0xB0:
                return
            elif byte == 0xB1:
                mask = next(code)
                if not mask or mask >> 4:
                    raise Refused
                self._pop(bit for bit in range(4) if mask >> bit & 1)
            elif byte == 0xB2:
                self.registers[SP] += 0x204 + (uleb128(code) << 2)
            elif byte == 0xB3 or 0xB8 <= byte < 0xC0:  # FSTMFDX has one word more
                count = (next(code) & 0x0F) if byte == 0xB3 else byte & 7
                self.registers[SP] += 8 * (count + 1) + 4
            elif byte in (0xC8, 0xC9):
                self.registers[SP] += 8 * ((next(code) & 0x0F) + 1)
            elif 0xD0 <= byte < 0xD8:
                self.registers[SP] += 8 * ((byte & 7) + 1)
            else:
                raise Refused

    def _pop(self, numbers: Iterator[int] | list[int]) -> None:
        stack = at = self.registers[SP]
        moved = False
        for number in numbers:
            self.registers[number] = self._read_word(at)
            moved |= number == SP
            at += 4
        if not moved:
            self.registers[SP] = stack + (at - stack)


def uleb128(code: Iterator[int]) -> int:
    """A number of any size, seven bits a byte."""
    value = shift = 0
    for byte in code:
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
    return value
