"""Changing the engine library's own code, in this process's copy of it.

For the few defects that no call of the library can avoid. A change is made only where the
instructions around it are the expected ones, so that another build is left as it is.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from collections.abc import Sequence

from emu.cpu.library import Library

# What the library calls the translator of an ISA, in its exported names.
TARGETS = {
    "x86-64": "x86_64",
    "i386": "x86_64",
    "arm64": "aarch64",
    "arm": "arm",
    "riscv64": "riscv64",
    "riscv32": "riscv32",
    "mips": "mips",
    "mipsel": "mipsel",
    "mips64": "mips64",
    "mips64el": "mips64el",
}

_READ_WRITE_EXEC = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
_READ_EXEC = mmap.PROT_READ | mmap.PROT_EXEC


class Function:
    """An exported function of the library; `code` is empty if there is none or none we can read."""

    def __init__(self, library: Library, name: str, size: int) -> None:
        self._address = library.symbol(name) if _can_be_changed() else 0
        self._size = size
        self.code = ctypes.string_at(self._address, size) if self._address else b""

    def rewrite(self, changes: Sequence[tuple[int, bytes]]) -> bool:
        """Put bytes at offsets; False if the host does not allow it."""
        start = self._address & -mmap.PAGESIZE
        end = (self._address + self._size + mmap.PAGESIZE - 1) & -mmap.PAGESIZE
        protect = ctypes.CDLL(None).mprotect
        protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        if protect(start, end - start, _READ_WRITE_EXEC):
            return False
        for offset, data in changes:
            ctypes.memmove(self._address + offset, data, len(data))
        protect(start, end - start, _READ_EXEC)
        return True


def _can_be_changed() -> bool:
    return sys.platform == "linux" and os.uname().machine == "x86_64"
