"""Strings in hexadecimal, ``-x`` and ``-xx``: whatever formatter wrote them, they look alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.trace.format.call import Call

    Formatter = Callable[[Call, int], str]

LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
PART = re.compile(r"\\x([0-9a-f]{2})|\\([0-7]{1,3})|\\(.)|(.)", re.DOTALL)
LETTERS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
WITHOUT_HEX = frozenset({9, 10, 11, 12, 13, *range(0x20, 0x7F)})
ONLY_UNPRINTABLE = 1


def in_hexadecimal(formatter: Formatter, level: int) -> Formatter:
    """The same formatter, with the C string literals in what it writes changed."""

    def write(call: Call, index: int) -> str:
        return rewritten(formatter(call, index), level)

    return write


def rewritten(text: str, level: int) -> str:
    """All literals, or at level 1 those with a byte that is neither printable nor white space."""

    def literal(match: re.Match[str]) -> str:
        data = [byte_of(part) for part in PART.finditer(match[1])]
        if level == ONLY_UNPRINTABLE and WITHOUT_HEX.issuperset(data):
            return match[0]
        digits = "".join(f"\\x{byte:02x}" for byte in data)
        return f'"{digits}"'

    return LITERAL.sub(literal, text)


def byte_of(part: re.Match[str]) -> int:
    """The byte that an escape or a character stands for."""
    hexadecimal, octal, letter, plain = part.groups()
    if hexadecimal:
        return int(hexadecimal, 16)
    if octal:
        return int(octal, 8)
    return LETTERS[letter] if letter else ord(plain)
