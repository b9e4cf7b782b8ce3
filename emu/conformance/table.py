"""The runner's table: what it shall do, as 64-bit words and the bytes they point at.

The format is that of `runner/table.h`; nothing but the two files knows it.
"""

from __future__ import annotations

import struct
from enum import IntEnum

from emu.record import record


class Op(IntEnum):
    """The runner's operations."""

    END = 0
    CHECK = 1
    TRAP = 2
    RESULT_IS = 3
    RESULT_IN = 4
    RESULT_TO = 5
    KEEPS = 6
    REGISTER_IS = 7
    FP_KEEPS = 8
    FLAGS_ARE = 9
    MEMORY_IS = 10
    FIELD_IS = 11
    FIELD_IN = 12
    FIELD_TO = 13
    VALUE_IS = 14
    CLEAR = 15
    COPY = 16
    STORE = 17
    UNLESS_ZERO = 18
    SKIP_IF = 19
    TOUCH = 20
    AUXILIARY = 21


_ALIGNMENT = 16
_MASK = (1 << 64) - 1


@record
class Variable:
    """A value that the runner learns while it runs, and a number to add to it."""

    index: int
    plus: int = 0

    def __add__(self, offset: int) -> Variable:
        return Variable(self.index, self.plus + offset)


@record(eq=False)
class Blob:
    """Bytes in the table, known by their address when it is finished."""

    data: bytes


Value = int | Variable | Blob
Word = int | Blob


class Table:
    """Words and blobs in the order they come, for a program of this byte order."""

    def __init__(self, big_endian: bool) -> None:
        self._order = ">" if big_endian else "<"
        self.words: list[Word] = []
        self._known: dict[bytes, Blob] = {}

    def add(self, op: Op, *words: Word) -> None:
        """Append an operation."""
        self.words += [int(op), *words]

    def operand(self, value: Value) -> list[Word]:
        """The two words that stand for a value."""
        if isinstance(value, Variable):
            return [1, (value.plus << 8 | value.index) & _MASK]
        return [0, value]

    def blob(self, data: bytes) -> Blob:
        """These bytes, once for all who ask for the same. The program must not change them."""
        return self._known.setdefault(data, Blob(data))

    def finish(self, address: int) -> bytes:
        """The whole table as it lies at an address."""
        start = address + 8 * len(self.words)
        places: dict[Blob, int] = {}
        data = bytearray()
        for word in self.words:
            if isinstance(word, Blob) and word not in places:
                data += bytes(-(start + len(data)) % _ALIGNMENT)
                places[word] = start + len(data)
                data += word.data
        words = [places[w] if isinstance(w, Blob) else w & _MASK for w in self.words]
        return struct.pack(f"{self._order}{len(words)}Q", *words) + bytes(data)
