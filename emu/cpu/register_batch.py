"""Many registers in one call of the library: what signal frames save beside the general ones."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from ctypes import c_char, c_int, c_void_p
from itertools import accumulate

from emu.cpu.library import Library


class RegisterBatch:
    """Registers by library number and size, in the host's byte order, one after the other."""

    def __init__(self, library: Library, handle: int, registers: Iterable[tuple[int, int]]) -> None:
        numbers, sizes = zip(*registers, strict=True)
        ends = list(accumulate(sizes))
        self.size = ends[-1]
        self._library = library
        self._handle = handle
        self._buffer = (c_char * self.size)()
        start = ctypes.addressof(self._buffer)
        self._count = len(numbers)
        self._numbers = (c_int * self._count)(*numbers)
        self._places = (c_void_p * self._count)(
            *(start + end - size for end, size in zip(ends, sizes, strict=True))
        )

    def read(self) -> bytes:
        """All of the registers."""
        status = self._library.reg_read_batch(
            self._handle, self._numbers, self._places, self._count
        )
        self._library.check(status, "read registers")
        return bytes(self._buffer)

    def write(self, values: bytes) -> None:
        """Set all of them."""
        self._buffer.raw = values
        status = self._library.reg_write_batch(
            self._handle, self._numbers, self._places, self._count
        )
        self._library.check(status, "write registers")


def numbered(first: int, count: int, size: int) -> list[tuple[int, int]]:
    """Registers whose library numbers follow each other."""
    return [(first + index, size) for index in range(count)]
