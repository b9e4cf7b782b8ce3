"""Reaching into a process's memory past its own page rights: what a debugger or /proc/PID/mem does.

See access_remote_vm and FOLL_FORCE in mm/gup.c: a page may be read that the program itself cannot
read, and a private page is copied to be written though the program itself cannot write it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import ACCESS_READ, ACCESS_WRITE, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE
from emu.kernel.errno import EFAULT
from emu.kernel.mm.fault import Refused, make_present
from emu.kernel.mm.vma import VM_ACCESS, VM_MAYREAD, VM_MAYWRITE, VM_PFNMAP, VM_SHARED, VM_WRITE

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace


def read_remote(mm: AddressSpace, address: int, count: int) -> bytes:
    """Bytes that lie within one page. EFAULT."""
    start = _frame(mm, address, ACCESS_READ) + address % PAGE_SIZE
    return bytes(mm.ram.view[start : start + count])


def write_remote(mm: AddressSpace, address: int, data: bytes) -> None:
    """Store bytes that lie within one page. EFAULT."""
    frame = _frame(mm, address, ACCESS_WRITE)
    start = frame + address % PAGE_SIZE
    mm.ram.view[start : start + len(data)] = data
    mm.ram.written(frame)


def _frame(mm: AddressSpace, address: int, access: int) -> int:
    """The frame that holds an address, for this access by force."""
    page = address >> PAGE_SHIFT
    vma = mm.vmas.at(address)
    if vma is None or vma.flags & VM_PFNMAP:
        raise EFAULT(f"{address:#x}")
    old = mm.pages.get(page)
    if access == ACCESS_READ:
        if not vma.flags & VM_MAYREAD:
            raise EFAULT(f"{address:#x}")
        if old is not None:
            return old & PAGE_MASK
    elif not vma.flags & VM_WRITE and vma.flags & (VM_SHARED | VM_MAYWRITE) != VM_MAYWRITE:
        raise EFAULT(f"{address:#x}: a shared page that cannot be written")
    try:
        pte = make_present(vma, page, access, mm.rights[vma.flags & VM_ACCESS])
    except Refused:
        raise EFAULT(f"{address:#x}") from None
    if old is not None and (old ^ pte) & PAGE_MASK:
        mm.flush_tlb()
    return pte & PAGE_MASK
