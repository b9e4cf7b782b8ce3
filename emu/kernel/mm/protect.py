"""Changing the rights of mapped memory: mprotect(2). See mm/mprotect.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_MASK, PTE_RIGHTS
from emu.kernel.errno import EACCES, EINVAL, ENOMEM
from emu.kernel.mm.layout import page_align
from emu.kernel.mm.ram import ZERO_FRAME
from emu.kernel.mm.vma import VM_ACCESS, VM_GROWSDOWN, Vma
from emu.kernel.uapi.mman import (
    PROT_EXEC,
    PROT_GROWSDOWN,
    PROT_GROWSUP,
    PROT_READ,
    PROT_SEM,
    PROT_WRITE,
)

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace

PROT_KNOWN = PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM


def do_mprotect(mm: AddressSpace, start: int, length: int, prot: int) -> None:
    """Change the rights of a range. EINVAL, EACCES, ENOMEM; what comes before a hole is done."""
    grows_down = bool(prot & PROT_GROWSDOWN)
    if grows_down and prot & PROT_GROWSUP:
        raise EINVAL("PROT_GROWSDOWN and PROT_GROWSUP")
    grows_up = bool(prot & PROT_GROWSUP)
    prot &= ~(PROT_GROWSDOWN | PROT_GROWSUP)
    if start & ~PAGE_MASK:
        raise EINVAL("unaligned address")
    if not length:
        return
    end = start + (page_align(length) & mm.word_mask)
    if not start < end <= mm.word_mask:
        raise ENOMEM("beyond the address space")
    if prot & ~PROT_KNOWN:
        raise EINVAL("unknown protection bits")
    vma = mm.vmas.find(start)
    if vma is None:
        raise ENOMEM("not mapped")
    if grows_up:
        raise EINVAL("no area grows up")
    if grows_down:
        if vma.start >= end:
            raise ENOMEM("not mapped")
        if not vma.flags & VM_GROWSDOWN:
            raise EINVAL("not a stack")
        start = vma.start
    elif vma.start > start:
        raise ENOMEM("not mapped")
    if prot & PROT_READ and mm.read_implies_exec:
        prot |= PROT_EXEC
    access = prot & VM_ACCESS
    at = start
    for vma in mm.vmas.overlapping(start, end):
        if vma.start > at:
            break
        # The VM_MAY* bits lie four above the rights that they allow.
        if access & ~(vma.flags >> 4):
            mm.vmas.merge(start, end)
            raise EACCES("the file was not opened for this")
        stop = min(end, vma.end)  # before the area is split
        if vma.flags & VM_ACCESS != access:
            _protect(mm, at, stop, access)
        at = stop
    mm.vmas.merge(start, end)
    if at < end:
        raise ENOMEM("not mapped")


def _protect(mm: AddressSpace, start: int, end: int, access: int) -> None:
    """Give whole areas within a range, which lies in one area, other rights."""
    for vma in mm.vmas.isolate(start, end):
        old = mm.rights[vma.flags & VM_ACCESS]
        vma.flags = vma.flags & ~VM_ACCESS | access
        _change_rights(mm, vma, old, mm.rights[access])


def _change_rights(mm: AddressSpace, vma: Vma, old: int, new: int) -> None:
    """Bring the page table in line. What becomes allowed is left to the next fault.

    That fault knows whether the page must be copied first, and whether its code is stale.
    """
    pages = mm.pages
    lost = old & ~new
    for page in mm.present(vma.start, vma.end):
        pte = pages[page]
        kept = pte & new
        if not kept & PTE_RIGHTS and pte & PAGE_MASK == ZERO_FRAME:
            del pages[page]
        else:
            pages[page] = pte & PAGE_MASK | kept
    if lost:
        mm.flush_tlb()
