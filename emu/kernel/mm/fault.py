"""Page faults: making a page present for an access, or saying why not. See mm/memory.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import (
    ACCESS_WRITE,
    PAGE_MASK,
    PAGE_SHIFT,
    PAGE_SIZE,
    PTE_EXEC,
    PTE_READ,
    PTE_WRITE,
)
from emu.kernel.errno import ENOMEM, KernelError
from emu.kernel.mm.layout import STACK_GUARD_GAP
from emu.kernel.mm.ram import ZERO_FRAME
from emu.kernel.mm.vma import VM_ACCESS, VM_GROWSDOWN, VM_LOCKED, VM_SHARED, VM_WRITE, Vma

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace

FaultCode = str | tuple[str, str]
"""A SIGSEGV's si_code, or a signal and its si_code."""

_DATA = PTE_READ | PTE_WRITE

BUS_ADRERR = ("SIGBUS", "BUS_ADRERR")
OUT_OF_MEMORY = ("SIGKILL", "SI_KERNEL")


class Refused(Exception):
    """The access is not allowed; `code` is for the signal."""

    def __init__(self, code: FaultCode) -> None:
        super().__init__(code)
        self.code = code


def page_rights(exec_implies_read: bool) -> tuple[int, ...]:
    """Page table rights for each of the eight VM_READ/WRITE/EXEC combinations.

    No CPU here has pages that can be written and not read.
    """
    rights = []
    for access in range(VM_ACCESS + 1):
        readable = access & (PTE_READ | PTE_WRITE) or (access and exec_implies_read)
        rights.append(access | (PTE_READ if readable else 0))
    return tuple(rights)


def handle_fault(mm: AddressSpace, page: int, access: int) -> int:
    """The page table entry that allows `access`. `Refused`."""
    vma = mm.vmas.at(page << PAGE_SHIFT) or _stack_below(mm, page << PAGE_SHIFT)
    rights = mm.rights[vma.flags & VM_ACCESS]
    if not rights & access:
        raise Refused("SEGV_ACCERR")
    try:
        if len(mm.pages) >= mm.table_room:
            mm.charge_table(len(mm.pages) + 1)
        fresh = access == ACCESS_WRITE and page not in mm.pages
        if fresh and rights == _DATA and vma.mapping is None:  # by far the most common fault
            mm.pages[page] = pte = mm.ram.allocate() | rights
            return pte
        if vma.flags & VM_SHARED:
            pte = _shared_page(vma, page, access, rights)
        elif access == ACCESS_WRITE:
            pte = _private_page_to_write(vma, page) | rights
        else:
            pte = _private_page_to_read(vma, page, rights)
    except ENOMEM:
        raise Refused(OUT_OF_MEMORY) from None
    except KernelError:  # the page could not be read in
        raise Refused(BUS_ADRERR) from None
    frame = pte & PAGE_MASK
    old = mm.pages.get(page, 0)
    if pte & PTE_EXEC:
        # The same frame may have been rewritten since it last was executable here.
        if not (old & PTE_EXEC and old & PAGE_MASK == frame):
            mm.ram.let_execute(frame)
    elif pte & PTE_WRITE:
        mm.ram.let_write(frame)
    mm.pages[page] = pte
    return pte


def page_to_force(mm: AddressSpace, page: int, access: int) -> int:
    """The frame of a page whose rights do not count; its own, in a private area, to be written.

    What the program may do with the page does not change. `Refused`, ENOMEM.
    """
    vma = mm.vmas.at(page << PAGE_SHIFT)
    assert vma is not None
    rights = mm.rights[vma.flags & VM_ACCESS]
    if access == ACCESS_WRITE:
        frame = _private_page_to_write(vma, page)
        if rights & PTE_EXEC:
            mm.ram.let_execute(frame)
        mm.pages[page] = frame | rights
    elif vma.flags & VM_SHARED:
        frame = _shared_page(vma, page, access, rights) & PAGE_MASK
    else:
        frame = _private_page_to_read(vma, page, rights) & PAGE_MASK
    if page not in mm.pages:  # the page table holds the reference
        mm.pages[page] = frame | rights & ~PTE_WRITE
    return frame


def _private_page_to_read(vma: Vma, page: int, rights: int) -> int:
    mm = vma.mm
    old = mm.pages.get(page)
    if old is not None:
        frame = old & PAGE_MASK
    elif vma.mapping is None:
        frame = ZERO_FRAME
    else:
        frame = _file_frame(vma, page)
        mm.ram.get(frame)
    # A frame that others see too is copied when first written.
    if frame == ZERO_FRAME or mm.ram.references[frame] > 1:
        rights &= ~PTE_WRITE
    return frame | rights


def _private_page_to_write(vma: Vma, page: int) -> int:
    mm = vma.mm
    ram = mm.ram
    old = mm.pages.get(page)
    if old is not None:
        frame = old & PAGE_MASK
        if frame == ZERO_FRAME:
            return ram.allocate()
        if ram.references[frame] == 1:
            return frame
        copy = ram.copy(frame)
        ram.put(frame)
        return copy
    if vma.mapping is None:
        return ram.allocate()
    return ram.copy(_file_frame(vma, page))


def _shared_page(vma: Vma, page: int, access: int, rights: int) -> int:
    mm = vma.mm
    mapping = vma.mapping
    assert mapping is not None
    index = vma.index(page)
    old = mm.pages.get(page)
    if old is None:
        frame = _file_frame(vma, page)
        mm.ram.get(frame)
    else:
        frame = old & PAGE_MASK
    if access == ACCESS_WRITE:
        mapping.dirty.add(index)
    elif index not in mapping.dirty:
        rights &= ~PTE_WRITE  # so that the first store is seen
    return frame | rights


def _file_frame(vma: Vma, page: int) -> int:
    index = vma.index(page)
    end = vma.end_of_object
    if end is not None and index << PAGE_SHIFT >= end:
        raise Refused(BUS_ADRERR)
    assert vma.mapping is not None
    return vma.mapping.frame(index)


def _stack_below(mm: AddressSpace, address: int) -> Vma:
    """The stack above an address, grown down to it: see expand_downwards."""
    vma = mm.vmas.find(address)
    if vma is None or not vma.flags & VM_GROWSDOWN or not expand_stack(mm, vma, address):
        raise Refused("SEGV_MAPERR")
    return vma


def expand_stack(mm: AddressSpace, vma: Vma, address: int) -> bool:
    """Grow a stack down to the page of an address, if its limits and neighbours allow."""
    start = address & PAGE_MASK
    if start < mm.min_address:
        return False
    below = mm.vmas.before(vma)
    # Two stacks may touch: their own guard gap keeps them apart.
    if (
        below is not None
        and below.flags & VM_ACCESS
        and not below.flags & VM_GROWSDOWN
        and start - below.end < STACK_GUARD_GAP
    ):
        return False
    if below is not None and start < below.end:
        return False
    growth = vma.start - start
    if vma.end - start > mm.limit("RLIMIT_STACK") or not mm.may_expand(vma.flags, growth):
        return False
    if vma.flags & VM_LOCKED and mm.locked_bytes + growth > mm.limit("RLIMIT_MEMLOCK"):
        return False
    mm.vmas.set_start(vma, start)
    return True


def populate(mm: AddressSpace, start: int, end: int) -> None:
    """Make the pages of a range present as far as they can be: see mm_populate."""
    for vma in mm.vmas.overlapping(start, end):
        private_data = vma.flags & (VM_SHARED | VM_WRITE) == VM_WRITE
        access = ACCESS_WRITE if private_data else PTE_READ
        if not mm.rights[vma.flags & VM_ACCESS] & access:
            continue
        for address in range(max(start, vma.start), min(end, vma.end), PAGE_SIZE):
            page = address >> PAGE_SHIFT
            if not mm.pages.get(page, 0) & access and not mm.fault(page, access):
                return
