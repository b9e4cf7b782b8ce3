"""Keeps translated blocks short, because the engine's translator overruns its tables on long ones.

The translator keeps temporaries, of which it has 512, until a block ends; several per instruction
for some instructions, and a block may have 512 instructions. A guest that repeats such an
instruction (x87's fcomi, anything on MIPS) would end the host process. The limit is a constant in
the library's code and has no setting, so it is changed where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

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


def limit_blocks(library: Library, isa: str) -> bool:
    """Limit the blocks of an ISA's translator for this process; False if that cannot be done."""
    with _lock:
        return _bound(library, TARGETS[isa]) is not None


@contextmanager
def single_instructions(library: Library, isa: str) -> Iterator[None]:
    """Meanwhile, new blocks have one instruction each; only where `limit_blocks` worked.

    Also those of other threads' engines, which only makes them slower.
    """
    with _lock:
        bound = _bound(library, TARGETS[isa])
        assert bound is not None
        bound.users += 1
        bound.set(1)
    try:
        yield
    finally:
        with _lock:
            bound.users -= 1
            if not bound.users:
                bound.set(MAX_INSTRUCTIONS)


class _Bound:
    """The places of a translator's limit, and how many want it to be 1."""

    def __init__(self, function: Function, places: tuple[int, ...]) -> None:
        self._function = function
        self._places = places
        self.users = 0

    def set(self, count: int) -> bool:
        """Change the limit; False if the host does not allow it."""
        limit = count.to_bytes(4, "little")
        return self._function.rewrite([(place, limit) for place in self._places])


_lock = Lock()


@cache
def _bound(library: Library, target: str) -> _Bound | None:
    """A translator's limit, once it is set; i386 and x86-64 share a translator."""
    function = Function(library, f"tb_gen_code_{target}", _SEARCHED)
    found = _BOUND.search(function.code)
    if found is None:
        return None
    bound = _Bound(function, (found.start(1), found.start(2)))
    return bound if bound.set(MAX_INSTRUCTIONS) else None
