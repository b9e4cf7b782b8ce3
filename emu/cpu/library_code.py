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
from functools import cache
from threading import Lock
from typing import Any

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
_READ_WRITE = mmap.PROT_READ | mmap.PROT_WRITE

_rewriting = Lock()


class Function:
    """An exported function of the library; `code` is empty if there is none or none we can read."""

    def __init__(self, library: Library, name: str, size: int) -> None:
        self._address = library.symbol(name) if can_be_changed() else 0
        self._size = size
        self.code = ctypes.string_at(self._address, size) if self._address else b""

    def rewrite(self, changes: Sequence[tuple[int, bytes]]) -> bool:
        """Put bytes at offsets; False if the host does not allow it."""
        with _rewriting:
            if not _protect(self._address, self._size, _READ_WRITE_EXEC):
                return False
            for offset, data in changes:
                ctypes.memmove(self._address + offset, data, len(data))
            return _protect(self._address, self._size, _READ_EXEC)


def can_be_changed() -> bool:
    """Whether this host is of the kind that the changes are written for."""
    return sys.platform == "linux" and os.uname().machine == "x86_64"


def make_writable(address: int, size: int) -> bool:
    """Let data of the library be written; False if the host does not allow it."""
    return _protect(address, size, _READ_WRITE)


def _protect(address: int, size: int, rights: int) -> bool:
    start = address & -mmap.PAGESIZE
    end = (address + size + mmap.PAGESIZE - 1) & -mmap.PAGESIZE
    return not _mprotect()(start, end - start, rights)


@cache
def _mprotect() -> Any:
    function = ctypes.CDLL(None).mprotect
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return function
