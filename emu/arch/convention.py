"""How an ABI passes a system call: which register, or which stack word, holds what.

Pure data plus one rule: the slots that a list of argument widths falls into.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from emu.record import record

Pairs = Literal["single", "even", "any"]


@record
class RegisterSlot:
    """An argument word in a general register."""

    number: int


@record
class StackSlot:
    """An argument word on the user stack, `offset` bytes above the stack pointer."""

    offset: int


Slot = RegisterSlot | StackSlot


@record
class Location:
    """Where one argument lies: one slot, or the low and the high word of a pair."""

    low: Slot
    high: Slot | None = None


@record
class Convention:
    """One ABI's system call convention, registers as hardware numbers.

    `word_bits` is the width of an argument register. `pairs` says how a 64-bit argument travels
    when registers have 32 bits: in a pair that starts at an ``even`` argument, or at ``any``;
    ``single`` means that one register holds it. `error_flag` is the register that is 1 after an
    error (MIPS a3); without one an error is the negative number.
    """

    number: int
    arguments: tuple[int, ...]
    result: int
    stack_pointer: int
    word_bits: int
    big_endian: bool
    pairs: Pairs = "single"
    stack_offset: int = 0
    stack_count: int = 0
    error_flag: int | None = None
    second_result: int | None = None
    number_bits: int = 32

    def locate(self, widths: Iterable[int]) -> Iterator[Location]:
        """The place of each argument, given its width in bits (0: a word).

        `ValueError` when there are more arguments than the convention has places for.
        """
        index = 0
        for width in widths:
            if width == 64 and self.word_bits == 32:
                if self.pairs == "even":
                    index += index & 1
                first, second = self._slot(index), self._slot(index + 1)
                yield Location(second, first) if self.big_endian else Location(first, second)
                index += 2
            else:
                yield Location(self._slot(index))
                index += 1

    def _slot(self, index: int) -> Slot:
        if index < len(self.arguments):
            return RegisterSlot(self.arguments[index])
        on_stack = index - len(self.arguments)
        if on_stack >= self.stack_count:
            raise ValueError(f"no register or stack word for argument {index + 1}")
        return StackSlot(self.stack_offset + on_stack * self.word_bits // 8)
