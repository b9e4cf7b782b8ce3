"""Code that runs long without a branch, which the engine's MIPS translator cannot take.

It keeps one of 512 temporaries per instruction of a block, and ends the host process when they run
out, after some 360 instructions. Where instructions have a callback it ends its blocks early. So a
frame is looked at before its first translation, and such runs (the zeros behind the end of a
program's text, mostly) get a callback; all other code runs at full speed.

This is for hosts where `emu.cpu.block_limit` cannot make all blocks short.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SHIFT, PAGE_SIZE
from emu.cpu import library as lib
from emu.cpu import native

if TYPE_CHECKING:
    from emu.cpu.setup.mips import Mips

LONGEST_RUN = 250
# The engine walks the list of callbacks for every instruction it translates.
_MOST_HOOKS = 256

# First bytes of instructions that surely end a block: j, jal, the branches and likely branches.
_LONG_RUN = re.compile(b"[^\\x04-\\x1f\\x50-\\x5f]{%d}" % (LONGEST_RUN + 1))
_SPECIAL, _COP1, _COP2 = 0, 0x11, 0x12
_JR, _JALR, _SYSCALL, _BREAK = 8, 9, 12, 13
_BC_FORMAT = 8


class StraightCode:
    """Knows which frames hold long runs, and guards the pages they are mapped at."""

    def __init__(self, cpu: Mips) -> None:
        self._cpu = cpu
        self._runs: dict[int, tuple[tuple[int, int], ...]] = {}
        self._guarded: set[tuple[int, int]] = set()
        self._function = 0

    def inspect(self, frame: int, page: int) -> None:
        """Called before anything is translated from this frame at this page."""
        runs = self._runs.get(frame)
        if runs is None:
            runs = self._runs[frame] = self._long_runs(frame)
        for start, end in runs:
            self._guard((page << PAGE_SHIFT) + start, (page << PAGE_SHIFT) + end)

    def forget(self, frame: int) -> None:
        """The frame's content changes."""
        self._runs.pop(frame, None)

    def _long_runs(self, frame: int) -> tuple[tuple[int, int], ...]:
        """Offsets of the first and the last instruction of each long run."""
        ram = self._cpu.ram
        if frame + PAGE_SIZE > len(ram):
            return ()
        code = ram[frame : frame + PAGE_SIZE]
        is_big = self._cpu.isa.big_endian
        if _LONG_RUN.search(code[0::4] if is_big else code[3::4]) is None:
            return ()
        order = self._cpu.order
        runs = []
        # The instruction after a branch belongs to the branch's block.
        start = 0
        for offset in range(0, PAGE_SIZE, 4):
            if ends_block(int.from_bytes(code[offset : offset + 4], order)):
                if offset - start > 4 * LONGEST_RUN:
                    runs.append((start, offset))
                start = offset + 8
        if PAGE_SIZE - start > 4 * LONGEST_RUN:
            runs.append((start, PAGE_SIZE - 4))
        return tuple(runs)

    def _guard(self, begin: int, end: int) -> None:
        if (begin, end) in self._guarded or (1, 0) in self._guarded:
            return
        if len(self._guarded) >= _MOST_HOOKS:
            begin, end = 1, 0  # Everywhere.
        self._guarded.add((begin, end))
        cpu = self._cpu
        cpu.library.hook(cpu.handle, lib.HOOK_CODE, self._callback(), begin=begin, end=end)

    def _callback(self) -> int:
        if not self._function:
            if native.available():
                self._function = native.do_nothing()
            else:
                callback = lib.CodeCallback(lambda _uc, _address, _size, _data: None)
                self._cpu.keep.append(callback)
                self._function = lib.address_of(callback)
        return self._function


def ends_block(word: int) -> bool:
    """Whether the translator ends a block with this instruction (and its delay slot)."""
    opcode = word >> 26
    if 1 <= opcode <= 7 or 20 <= opcode <= 23:
        return True
    if opcode == _SPECIAL:
        return word & 0x3F in (_JR, _JALR, _SYSCALL, _BREAK)
    return opcode in (_COP1, _COP2) and word >> 21 & 31 == _BC_FORMAT
