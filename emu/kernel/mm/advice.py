"""Advice about memory and its state: madvise(2), mincore(2), msync(2). See mm/madvise.c."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.arch.cpu import ACCESS_READ, ACCESS_WRITE, PAGE_MASK, PAGE_SHIFT
from emu.kernel.errno import EACCES, EBUSY, EFAULT, EINVAL, ENOMEM
from emu.kernel.mm.fault import OUT_OF_MEMORY
from emu.kernel.mm.layout import page_align
from emu.kernel.mm.vma import (
    VM_ACCESS,
    VM_DONTCOPY,
    VM_DONTDUMP,
    VM_DONTEXPAND,
    VM_LOCKED,
    VM_PFNMAP,
    VM_RAND_READ,
    VM_SEQ_READ,
    VM_SHARED,
    VM_WIPEONFORK,
    VM_WRITE,
    Vma,
)
from emu.kernel.uapi import mman
from emu.kernel.uapi.mman import MS_ASYNC, MS_INVALIDATE, MS_SYNC

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace

# Advice that only changes an area's flags: what it clears and what it sets.
_FLAG_ADVICE = {
    mman.MADV_NORMAL: (VM_RAND_READ | VM_SEQ_READ, 0),
    mman.MADV_SEQUENTIAL: (VM_RAND_READ, VM_SEQ_READ),
    mman.MADV_RANDOM: (VM_SEQ_READ, VM_RAND_READ),
    mman.MADV_DONTFORK: (0, VM_DONTCOPY),
    mman.MADV_DOFORK: (VM_DONTCOPY, 0),
    mman.MADV_WIPEONFORK: (0, VM_WIPEONFORK),
    mman.MADV_KEEPONFORK: (VM_WIPEONFORK, 0),
    mman.MADV_DONTDUMP: (0, VM_DONTDUMP),
    mman.MADV_DODUMP: (VM_DONTDUMP, 0),
}

MINCORE_STEP = 4096 << PAGE_SHIFT

_DROPS = (mman.MADV_DONTNEED, mman.MADV_DONTNEED_LOCKED, mman.MADV_FREE)
_POPULATES = {mman.MADV_POPULATE_READ: ACCESS_READ, mman.MADV_POPULATE_WRITE: ACCESS_WRITE}
# Nothing is ever swapped out, and page cache is read when it is needed.
_NOTHING_TO_DO = (mman.MADV_WILLNEED, mman.MADV_COLD, mman.MADV_PAGEOUT)


def do_madvise(mm: AddressSpace, start: int, length: int, advice: int) -> None:
    """Act on advice about a range. EINVAL, ENOMEM (after doing what is mapped), EACCES, EFAULT.

    Same page merging and huge pages do not exist here, as on a kernel built without them.
    """
    known = advice in _FLAG_ADVICE or advice in _DROPS or advice in _NOTHING_TO_DO
    if not known and advice != mman.MADV_REMOVE and advice not in _POPULATES:
        raise EINVAL("unknown advice")
    size = page_align(length) & mm.word_mask
    end = start + size
    if start & ~PAGE_MASK or end > mm.word_mask or (length and not size):
        raise EINVAL("unaligned or too long")
    if not size:
        return
    if advice in _POPULATES:
        _populate(mm, start, end, _POPULATES[advice])
        return
    hole, at = False, start
    for vma in mm.vmas.overlapping(start, end):
        hole = hole or vma.start > at
        low, at = max(start, vma.start), min(end, vma.end)
        _advise(mm, vma, low, at, advice)
    mm.vmas.merge(start, end)
    if hole or at < end:
        raise ENOMEM("not all is mapped")


def _advise(mm: AddressSpace, vma: Vma, start: int, end: int, advice: int) -> None:
    if advice in _FLAG_ADVICE:
        _set_flags(mm, vma, start, end, advice)
    elif advice == mman.MADV_REMOVE:
        _remove(vma, start, end)
    elif advice in _DROPS:
        locked = vma.flags & VM_LOCKED and advice != mman.MADV_DONTNEED_LOCKED
        if locked or vma.flags & VM_PFNMAP:
            raise EINVAL("locked memory")
        if advice == mman.MADV_FREE and not vma.is_anonymous:
            raise EINVAL("not anonymous memory")
        mm.zap_range(start >> PAGE_SHIFT, end >> PAGE_SHIFT)
    elif advice != mman.MADV_WILLNEED and vma.flags & (VM_LOCKED | VM_PFNMAP):
        raise EINVAL("locked memory")


def _set_flags(mm: AddressSpace, vma: Vma, start: int, end: int, advice: int) -> None:
    clear, add = _FLAG_ADVICE[advice]
    if advice == mman.MADV_WIPEONFORK and (not vma.is_anonymous or vma.flags & VM_SHARED):
        raise EINVAL("not private anonymous memory")
    if advice == mman.MADV_DODUMP and vma.flags & (VM_DONTEXPAND | VM_PFNMAP):
        raise EINVAL("the area is the kernel's own")
    for part in mm.vmas.isolate(start, end):
        part.flags = part.flags & ~clear | add


def _remove(vma: Vma, start: int, end: int) -> None:
    """Punch a hole into the object behind a shared mapping."""
    if vma.flags & VM_LOCKED or vma.mapping is None:
        raise EINVAL("locked or private memory")
    if vma.flags & (VM_SHARED | VM_WRITE) != VM_SHARED | VM_WRITE:
        raise EACCES("not a writable shared mapping")
    if vma.file is not None:
        # FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
        offset = (vma.pgoff << PAGE_SHIFT) + start - vma.start
        vma.file.f_op.fallocate(vma.file, 3, offset, end - start)
        return
    vma.mapping.drop(vma.index(start >> PAGE_SHIFT), vma.index(end >> PAGE_SHIFT))


def _populate(mm: AddressSpace, start: int, end: int, access: int) -> None:
    """Fault pages in as if they were accessed. ENOMEM, EINVAL, EFAULT."""
    at = start
    for vma in mm.vmas.overlapping(start, end):
        if vma.start > at:
            break
        if not mm.rights[vma.flags & VM_ACCESS] & access:
            raise EINVAL("the area does not allow that")
        stop = min(end, vma.end)
        for page in range(at >> PAGE_SHIFT, stop >> PAGE_SHIFT):
            if not mm.pages.get(page, 0) & access and not mm.fault(page, access):
                raise ENOMEM if mm.last_fault_code == OUT_OF_MEMORY else EFAULT
        at = stop
    if at < end:
        raise ENOMEM("not all is mapped")


def do_mincore(mm: AddressSpace, start: int, length: int) -> Iterator[bytes]:
    """One byte for each page, 1 if it is in memory, in pieces. EINVAL, ENOMEM.

    Pages of a file count when they are in its page cache, mapped here or not.
    """
    if start & ~PAGE_MASK:
        raise EINVAL("unaligned address")
    if start + length > mm.task_size:
        raise ENOMEM("beyond the address space")
    end = start + page_align(length)
    while start < end:
        vma = mm.vmas.at(start)
        if vma is None:
            raise ENOMEM("not all is mapped")
        stop = min(end, vma.end, start + MINCORE_STEP)
        first = start >> PAGE_SHIFT
        state = bytearray((stop - start) >> PAGE_SHIFT)
        for page in mm.present(start, stop):
            state[page - first] = 1
        if vma.mapping is not None:
            index = vma.index(first)
            for i in range(len(state)):
                if index + i in vma.mapping.pages:
                    state[i] = 1
        yield bytes(state)
        start = stop


def do_msync(mm: AddressSpace, start: int, length: int, flags: int) -> None:
    """Bring stores to shared mappings to their files. EINVAL, ENOMEM, EBUSY, EIO."""
    if flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) or start & ~PAGE_MASK:
        raise EINVAL("flags or address")
    if flags & MS_ASYNC and flags & MS_SYNC:
        raise EINVAL("MS_ASYNC and MS_SYNC")
    end = start + (page_align(length) & mm.word_mask)
    if end > mm.word_mask:
        raise ENOMEM("beyond the address space")
    if end == start:
        return
    for vma in mm.vmas.overlapping(start, end):
        if flags & MS_INVALIDATE and vma.flags & VM_LOCKED:
            raise EBUSY("locked memory")
        if flags & MS_SYNC and vma.file is not None and vma.flags & VM_SHARED:
            assert vma.mapping is not None
            low, high = max(start, vma.start), min(end, vma.end)
            vma.mapping.writeback(vma.index(low >> PAGE_SHIFT), vma.index(high >> PAGE_SHIFT))
            vma.file.f_op.fsync(vma.file, True)
    if not mm.vmas.covers(start, end):
        raise ENOMEM("not all is mapped")
