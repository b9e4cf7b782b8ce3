"""Where things lie in a process: what the ABI's memory map and the limits make together.

Nothing is randomised, so that translated code can be used again by the next process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_MASK, PAGE_SIZE

if TYPE_CHECKING:
    from emu.arch.abi import MemoryMap

STACK_GUARD_GAP = 256 * PAGE_SIZE
MMAP_MIN_ADDR = 0x10000
MIN_GAP = 128 << 20

Rlimits = dict[str, tuple[int, int]]


def mmap_base(memory: MemoryMap, stack_limit: int) -> int:
    """Below which address mmap(2) searches. See mmap_base in mm/util.c."""
    gap = stack_limit + STACK_GUARD_GAP
    max_gap = memory.stack_top // 6 * 5
    if gap < MIN_GAP < max_gap:
        gap = MIN_GAP
    return (memory.stack_top - min(gap, max_gap)) & PAGE_MASK


def page_align(size: int) -> int:
    """Round up to whole pages."""
    return (size + PAGE_SIZE - 1) & PAGE_MASK
