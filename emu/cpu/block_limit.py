"""Keeps translated blocks short, because the engine's translator overruns its tables on long ones.

The translator keeps temporaries, of which it has 512, until a block ends; several per instruction
for some instructions, and a block may have 512 instructions. A guest that repeats such an
instruction (x87's fcomi, anything on MIPS) would end the host process. The limit is a constant in
the library's code and has no setting, so it is changed where it stands: in the copy of this
process only, and only if the instructions around it are the expected ones.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import re
import sys
from functools import cache

from emu.cpu.library import Library

MAX_INSTRUCTIONS = 64
"""In a block; ordinary code branches after a handful."""

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

# and ebx, 0x7fff ... cmp ebx, 0x200 ... mov ebx, 0x200: tb_gen_code bounding max_insns.
_BOUND = re.compile(
    rb"\x81\xe3\xff\x7f\x00\x00.{2,16}?\x81\xfb(\x00\x02\x00\x00).{0,16}?\xbb(\x00\x02\x00\x00)",
    re.DOTALL,
)
_SEARCHED = 256
_READ_WRITE_EXEC = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
_READ_EXEC = mmap.PROT_READ | mmap.PROT_EXEC


@cache
def limit_blocks(library: Library, isa: str) -> bool:
    """Limit the blocks of an ISA's translator for this process; False if that cannot be done."""
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        return False
    function = library.symbol(f"tb_gen_code_{TARGETS[isa]}")
    if not function:
        return False
    code = ctypes.string_at(function, _SEARCHED)
    if MAX_INSTRUCTIONS.to_bytes(4, "little").join((b"\x81\xfb", b"")) in code:
        return True  # i386 and x86-64 share a translator
    found = _BOUND.search(code)
    if found is None:
        return False
    return _write(function, [found.start(group) for group in (1, 2)])


def _write(function: int, places: list[int]) -> bool:
    """Put the limit at these offsets of a function's code."""
    start = function & -mmap.PAGESIZE
    size = (function + _SEARCHED - start + mmap.PAGESIZE - 1) & -mmap.PAGESIZE
    libc = ctypes.CDLL(None)
    protect = libc.mprotect
    protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    if protect(start, size, _READ_WRITE_EXEC):
        return False
    for place in places:
        ctypes.c_uint32.from_address(function + place).value = MAX_INSTRUCTIONS
    protect(start, size, _READ_EXEC)
    return True
