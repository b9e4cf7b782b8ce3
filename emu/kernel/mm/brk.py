"""The program break: brk(2). See mm/mmap.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.errno import EAGAIN, ENOMEM
from emu.kernel.mm.fault import populate
from emu.kernel.mm.layout import STACK_GUARD_GAP, page_align
from emu.kernel.mm.mapping import check_lock_limit, mmap_region, unmap
from emu.kernel.mm.vma import VM_EXEC, VM_GROWSDOWN, VM_LOCKED, VM_MAYANY, VM_READ, VM_WRITE

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace


def do_brk(mm: AddressSpace, brk: int, may_lock: bool = False) -> int:
    """Move the program break, and answer where it is now: unmoved where Linux refuses."""
    if brk < mm.start_brk:
        return mm.brk
    limit = mm.limit("RLIMIT_DATA")
    if brk - mm.start_brk + mm.end_data - mm.start_data > limit:
        return mm.brk
    new, old = page_align(brk), page_align(mm.brk)
    if new < old:
        unmap(mm, new, old)
    elif new > old:
        try:
            _grow_brk(mm, old, new, may_lock)
        except (ENOMEM, EAGAIN):
            return mm.brk
    mm.brk = brk
    return brk


def _grow_brk(mm: AddressSpace, old: int, new: int, may_lock: bool) -> None:
    if new > mm.task_size:
        raise ENOMEM("beyond the address space")
    above = mm.vmas.find(old)
    if above is not None:
        gap = STACK_GUARD_GAP if above.flags & VM_GROWSDOWN else 0
        if new + PAGE_SIZE > above.start - gap:
            raise ENOMEM("the next area is in the way")
    check_lock_limit(mm, mm.default_flags, new - old, may_lock)
    vm_brk(mm, old, new - old)
    if mm.default_flags & VM_LOCKED:
        populate(mm, old, new)


def vm_brk(mm: AddressSpace, address: int, length: int, executable: bool = False) -> None:
    """Map private zeroed memory at a fixed place: the break, and a program's bss. ENOMEM."""
    if not length:
        return
    flags = VM_READ | VM_WRITE | VM_MAYANY | mm.default_flags
    if executable or mm.read_implies_exec:
        flags |= VM_EXEC
    if address + length > mm.task_size:
        raise ENOMEM("beyond the address space")
    mmap_region(mm, None, address, length, flags, 0)
