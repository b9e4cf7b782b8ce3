"""Keeps translated blocks short, because the engine's translator overruns its tables on long ones.

The translator keeps temporaries, of which it has 512, until a block ends; several per instruction
for some instructions, and a block may have 512 instructions. A guest that repeats such an
instruction (x87's fcomi, anything on MIPS) would end the host process. The limit is a constant in
the library's code and has no setting, so it is changed where it stands.
"""

from __future__ import annotations

import re
from functools import cache

from emu.cpu.library import Library
from emu.cpu.library_code import TARGETS, Function

MAX_INSTRUCTIONS = 64
"""In a block; ordinary code branches after a handful."""

# and ebx, 0x7fff ... cmp ebx, 0x200 ... mov ebx, 0x200: tb_gen_code bounding max_insns.
_BOUND = re.compile(
    rb"\x81\xe3\xff\x7f\x00\x00.{2,16}?\x81\xfb(\x00\x02\x00\x00).{0,16}?\xbb(\x00\x02\x00\x00)",
    re.DOTALL,
)
_SEARCHED = 256
_LIMIT = MAX_INSTRUCTIONS.to_bytes(4, "little")


@cache
def limit_blocks(library: Library, isa: str) -> bool:
    """Limit the blocks of an ISA's translator for this process; False if that cannot be done."""
    function = Function(library, f"tb_gen_code_{TARGETS[isa]}", _SEARCHED)
    if b"\x81\xfb" + _LIMIT in function.code:
        return True  # i386 and x86-64 share a translator
    found = _BOUND.search(function.code)
    return found is not None and function.rewrite([(found.start(g), _LIMIT) for g in (1, 2)])
