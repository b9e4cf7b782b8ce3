"""Pages whose code runs long without a branch, which the engine's translator cannot take.

It keeps one of 512 temporaries per instruction of a block and ends the host process when they run
out, after some 360 instructions. With a callback on instructions it ends its blocks early. So a
frame is looked at before its first translation, and pages with such code get a callback.
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
_MOST_HOOKS = 64

# The first byte of instructions that end a block for certain: j, jal, the branches (likely ones
# too), and the 64-bit and FPU ones left out because only some of them branch.
_BRANCH_FIRST_BYTES = b"\\x04-\\x1f\\x50-\\x5f"
_LONG_RUN = re.compile(b"[^" + _BRANCH_FIRST_BYTES + b"]{%d}" % (LONGEST_RUN + 1))
_SPECIAL, _COP1, _COP2 = 0, 0x11, 0x12
_JR, _JALR, _SYSCALL, _BREAK = 8, 9, 12, 13
_BC_FORMAT = 8


class StraightCode:
    """Knows which frames hold long straight code, and guards the pages they are mapped at."""

    def __init__(self, cpu: Mips) -> None:
        self._cpu = cpu
        self._checked: dict[int, bool] = {}
        self._hooked: set[int] = set()
        self._everywhere = False

    def inspect(self, frame: int, page: int) -> None:
        """Called before anything is translated from this frame at this page."""
        is_long = self._checked.get(frame)
        if is_long is None:
            is_long = self._checked[frame] = self._is_long(frame)
        if is_long and page not in self._hooked and not self._everywhere:
            self._guard(page)

    def forget(self, frame: int) -> None:
        """The frame's content changes."""
        self._checked.pop(frame, None)

    def _is_long(self, frame: int) -> bool:
        ram = self._cpu._ram
        if frame + PAGE_SIZE > len(ram):
            return False
        code = ram[frame : frame + PAGE_SIZE]
        first = code[0::4] if self._cpu.isa.big_endian else code[3::4]
        return _LONG_RUN.search(first) is not None and self._longest_run(code) > LONGEST_RUN

    def _longest_run(self, code: bytes) -> int:
        order = "big" if self._cpu.isa.big_endian else "little"
        longest = run = 0
        for offset in range(0, PAGE_SIZE, 4):
            word = int.from_bytes(code[offset : offset + 4], order)
            run = 0 if _ends_block(word) else run + 1
            longest = max(longest, run)
        return longest

    def _guard(self, page: int) -> None:
        cpu = self._cpu
        if native.available():
            function = native.do_nothing()
        else:
            callback = lib.CodeCallback(lambda _uc, _address, _size, _data: None)
            cpu._keep.append(callback)
            function = lib.address_of(callback)
        self._hooked.add(page)
        begin = page << PAGE_SHIFT
        end = begin + PAGE_SIZE - 1
        if len(self._hooked) > _MOST_HOOKS:
            # The engine walks the list for every instruction it translates.
            self._everywhere = True
            begin, end = 1, 0
        cpu._library.hook(cpu._handle, lib.HOOK_CODE, function, begin=begin, end=end)


def _ends_block(word: int) -> bool:
    opcode = word >> 26
    if 1 <= opcode <= 7 or 20 <= opcode <= 23:
        return True
    if opcode == _SPECIAL:
        return word & 0x3F in (_JR, _JALR, _SYSCALL, _BREAK)
    return opcode in (_COP1, _COP2) and word >> 21 & 31 == _BC_FORMAT
