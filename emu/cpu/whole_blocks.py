"""Lets a stop take effect between blocks only, never in the middle of an instruction.

After each load and store the engine's code looks whether a stop was asked for, and leaves at once
if so, with the program counter at that instruction: it will run again. By then an arm64 load has
written its destination, which may be its base register. Every block begins with such a look anyway,
so the others are left out; ordinary code has one instruction less to run for each access.
"""

from __future__ import annotations

from functools import cache

from emu.cpu.library import Library
from emu.cpu.library_code import TARGETS, Function

_RETURN = b"\xc3"


@cache
def run_whole_blocks(library: Library, isa: str) -> bool:
    """Leave out the looks within blocks, for this process; False if that cannot be done."""
    function = Function(library, f"check_exit_request_{TARGETS[isa]}", 1)
    return function.code == _RETURN or (bool(function.code) and function.rewrite([(0, _RETURN)]))
