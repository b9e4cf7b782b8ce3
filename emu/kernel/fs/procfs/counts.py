"""How many pages a process has, by what they are: see task_mem and task_statm in task_mmu.c."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE
from emu.kernel.mm.address_space import is_data
from emu.kernel.mm.vma import VM_EXEC, VM_GROWSDOWN, VM_LOCKED, VM_WRITE
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace


@record(frozen=False)
class Pages:
    """Numbers of pages: of all areas, of kinds of areas, and of what is present."""

    total: int = 0
    locked: int = 0
    data: int = 0
    stack: int = 0
    text: int = 0
    library: int = 0
    resident: int = 0
    file: int = 0
    shmem: int = 0
    tables: int = 0

    @property
    def anonymous(self) -> int:
        """Present pages that belong to no file."""
        return self.resident - self.file - self.shmem


def resident_pages(mm: AddressSpace) -> int:
    """The present pages. The zero page, which everybody shares, does not count."""
    zero = sum(pte < PAGE_SIZE for pte in mm.pages.values())
    return len(mm.pages) - zero


def text_pages(mm: AddressSpace) -> int:
    """The pages of the program's own code."""
    return (mm.end_code + PAGE_SIZE - 1 & PAGE_MASK) - (mm.start_code & PAGE_MASK) >> PAGE_SHIFT


def count_pages(mm: AddressSpace) -> Pages:
    """Count."""
    pages = Pages(text=text_pages(mm), resident=resident_pages(mm), tables=len(mm.table_frames))
    executable = 0
    present: list[int] | None = None
    for vma in mm.vmas:
        size, flags = vma.page_count, vma.flags
        pages.total += size
        pages.locked += size * bool(flags & VM_LOCKED)
        pages.data += size * is_data(flags)
        pages.stack += size * bool(flags & VM_GROWSDOWN)
        executable += size * (flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN) == VM_EXEC)
        mapping = vma.mapping
        if mapping is None:
            continue
        present = sorted(mm.pages) if present is None else present
        first = bisect_left(present, vma.start >> PAGE_SHIFT)
        last = bisect_left(present, vma.end >> PAGE_SHIFT, first)
        held, table, shift = mapping.pages, mm.pages, vma.index(0)
        shared = sum(
            held.get(page + shift) == table[page] & PAGE_MASK for page in present[first:last]
        )
        if mapping.reader is None:
            pages.shmem += shared
        else:
            pages.file += shared
    pages.library = max(0, executable - pages.text)
    return pages
