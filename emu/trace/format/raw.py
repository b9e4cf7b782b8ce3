"""Arguments as they are in the registers: ``-e raw`` and ``-e verbose``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.trace.format.text import hexadecimal, pointer

if TYPE_CHECKING:
    from emu.trace.format.call import Call


def arguments(call: Call) -> list[str]:
    """All words in hexadecimal."""
    return [hexadecimal(word) for word in call.event.arguments]


def address(call: Call, index: int) -> str:
    """A pointer that is not followed."""
    return pointer(call.value(index) & ((1 << call.word_bits) - 1))
