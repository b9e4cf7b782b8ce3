"""Resizing and moving mappings: mremap(2), remap_file_pages(2). See mm/mremap.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_MASK, PAGE_SHIFT
from emu.kernel.errno import EFAULT, EINVAL, ENOMEM
from emu.kernel.mm.fault import populate
from emu.kernel.mm.layout import page_align
from emu.kernel.mm.mapping import check_lock_limit, do_munmap, get_unmapped_area, unmap
from emu.kernel.mm.vma import (
    VM_DONTEXPAND,
    VM_LOCKED,
    VM_LOCKED_MASK,
    VM_MAYSHARE,
    VM_PFNMAP,
    VM_SHARED,
    Vma,
)
from emu.kernel.uapi.mman import (
    MAP_FIXED,
    MAP_NONBLOCK,
    MREMAP_DONTUNMAP,
    MREMAP_FIXED,
    MREMAP_MAYMOVE,
)

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace

MREMAP_KNOWN = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP


def do_mremap(
    mm: AddressSpace,
    address: int,
    old_length: int,
    new_length: int,
    flags: int,
    new_address: int = 0,
    *,
    may_lock: bool = False,
    below: int | None = None,
) -> int:
    """Resize or move a mapping: its new address. EINVAL, EFAULT, ENOMEM, EAGAIN. See mremap(2).

    `may_lock` and `below` are as in `do_mmap`.
    """
    if (
        flags & ~MREMAP_KNOWN
        or (flags & MREMAP_FIXED and not flags & MREMAP_MAYMOVE)
        or (flags & MREMAP_DONTUNMAP and not flags & MREMAP_MAYMOVE)
        or (flags & MREMAP_DONTUNMAP and old_length != new_length)
        or address & ~PAGE_MASK
    ):
        raise EINVAL("flags or address")
    old_length = page_align(old_length) & mm.word_mask
    new_length = page_align(new_length) & mm.word_mask
    if not new_length:
        raise EINVAL("no new length")
    vma = mm.vmas.at(address)
    if vma is None:
        raise EFAULT(f"nothing at {address:#x}")
    if flags & (MREMAP_FIXED | MREMAP_DONTUNMAP):
        return _mremap_to(mm, address, old_length, new_length, flags, new_address, may_lock, below)
    if old_length >= new_length:
        if old_length > new_length:
            do_munmap(mm, address + new_length, old_length - new_length)
        return address
    vma = _vma_to_resize(mm, address, old_length, new_length, flags, may_lock)
    if address + old_length == vma.end and _is_free(mm, vma.end, address + new_length):
        old_end, vma.end = vma.end, address + new_length
        mm.vmas.merge(vma.start, vma.end)
        if vma.flags & VM_LOCKED:
            populate(mm, old_end, address + new_length)
        return address
    if not flags & MREMAP_MAYMOVE:
        raise ENOMEM("no room to grow in place")
    place = get_unmapped_area(mm, 0, new_length, 0, below)
    return _move_vma(mm, vma, address, old_length, new_length, place, flags)


def _mremap_to(
    mm: AddressSpace,
    address: int,
    old_length: int,
    new_length: int,
    flags: int,
    new_address: int,
    may_lock: bool,
    below: int | None,
) -> int:
    if (
        new_address & ~PAGE_MASK
        or new_address + new_length > mm.task_size
        or (new_address < address + old_length and address < new_address + new_length)
    ):
        raise EINVAL("new address")
    if len(mm.vmas) + 2 >= mm.ram.max_map_count - 3:
        raise ENOMEM("too many mappings")
    if flags & MREMAP_FIXED:
        do_munmap(mm, new_address, new_length)
    if old_length > new_length:
        do_munmap(mm, address + new_length, old_length - new_length)
        old_length = new_length
    vma = _vma_to_resize(mm, address, old_length, new_length, flags, may_lock)
    if flags & MREMAP_DONTUNMAP and not mm.may_expand(vma.flags, old_length):
        raise ENOMEM("RLIMIT_AS or RLIMIT_DATA")
    fixed = MAP_FIXED if flags & MREMAP_FIXED else 0
    place = get_unmapped_area(mm, new_address, new_length, fixed, below)
    return _move_vma(mm, vma, address, old_length, new_length, place, flags)


def _vma_to_resize(
    mm: AddressSpace, address: int, old_length: int, new_length: int, flags: int, may_lock: bool
) -> Vma:
    """The area to resize, if that is allowed. EFAULT, EINVAL, ENOMEM, EAGAIN."""
    vma = mm.vmas.at(address)
    if vma is None:
        raise EFAULT(f"nothing at {address:#x}")
    if not old_length and not vma.flags & (VM_SHARED | VM_MAYSHARE):
        raise EINVAL("private memory cannot be duplicated")
    if flags & MREMAP_DONTUNMAP and vma.flags & (VM_DONTEXPAND | VM_PFNMAP):
        raise EINVAL("the area is the kernel's own")
    if old_length > vma.end - address:
        raise EFAULT("across areas")
    if new_length == old_length:
        return vma
    if vma.flags & (VM_DONTEXPAND | VM_PFNMAP):
        raise EFAULT("the area cannot grow")
    growth = new_length - old_length
    check_lock_limit(mm, vma.flags, growth, may_lock)
    if not mm.may_expand(vma.flags, growth):
        raise ENOMEM("RLIMIT_AS or RLIMIT_DATA")
    return vma


def _is_free(mm: AddressSpace, start: int, end: int) -> bool:
    return end <= mm.task_size and not mm.vmas.overlapping(start, end)


def _move_vma(
    mm: AddressSpace,
    vma: Vma,
    address: int,
    old_length: int,
    new_length: int,
    place: int,
    flags: int,
) -> int:
    """Make the area anew elsewhere and let its pages follow."""
    if len(mm.vmas) >= mm.ram.max_map_count - 3:
        raise ENOMEM("too many mappings")
    moved = vma.piece(address, address + old_length)
    moved.start, moved.end = place, place + new_length
    if moved.file is not None:
        moved.file.get()
    mm.vmas.insert(moved)
    distance = (place - address) >> PAGE_SHIFT
    pages = mm.pages
    present = mm.present(address, address + old_length)
    for page in present:
        pages[page + distance] = pages.pop(page)
    if present:
        mm.flush_tlb()
    if flags & MREMAP_DONTUNMAP:
        for left in mm.vmas.isolate(address, address + old_length):
            left.flags &= ~VM_LOCKED_MASK
        mm.vmas.merge(address, address + old_length)
    elif old_length:
        unmap(mm, address, address + old_length)
    mm.vmas.merge(place, place + new_length)
    if moved.flags & VM_LOCKED:
        populate(mm, place + old_length, place + new_length)
    return place


def do_remap_file_pages(
    mm: AddressSpace, start: int, size: int, prot: int, pgoff: int, flags: int
) -> None:
    """Show another part of a shared mapping's object in a range of it. EINVAL.

    As in Linux today this only makes an ordinary mapping. See remap_file_pages(2).
    """
    start, size = start & PAGE_MASK, size & PAGE_MASK
    too_far = start + size > mm.word_mask or pgoff + (size >> PAGE_SHIFT) > mm.word_mask
    if prot or not size or too_far:
        raise EINVAL("protection, size or offset")
    vma = mm.vmas.at(start)
    if vma is None or not vma.flags & VM_SHARED:
        raise EINVAL("no shared mapping")
    for part in mm.vmas.overlapping(start, start + size):
        if part.mapping is not vma.mapping or part.flags != vma.flags:
            raise EINVAL("more than one mapping")
    if not mm.vmas.covers(start, start + size):
        raise EINVAL("a hole in the mapping")
    shown = vma.piece(start, start + size)
    shown.end, shown.pgoff = start + size, pgoff
    if shown.file is not None:
        shown.file.get()
    unmap(mm, start, start + size)
    mm.vmas.insert(shown)
    mm.vmas.merge(start, start + size)
    if not flags & MAP_NONBLOCK:
        populate(mm, start, start + size)
