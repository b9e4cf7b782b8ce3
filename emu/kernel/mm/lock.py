"""Locking memory: mlock(2) and its family. See mm/mlock.c.

Nothing is ever swapped out here, so that locking makes pages present, keeps madvise(2) from
dropping them, and is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_MASK, PAGE_SHIFT
from emu.kernel.errno import EINVAL, ENOMEM, EPERM
from emu.kernel.mm.fault import populate
from emu.kernel.mm.layout import page_align
from emu.kernel.mm.vma import (
    VM_DONTEXPAND,
    VM_LOCKED,
    VM_LOCKED_MASK,
    VM_LOCKONFAULT,
    VM_PFNMAP,
    Vma,
)
from emu.kernel.uapi.mman import MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace

VM_SPECIAL = VM_DONTEXPAND | VM_PFNMAP


def do_mlock(mm: AddressSpace, start: int, length: int, on_fault: bool, may_lock: bool) -> None:
    """Lock a range. EPERM, ENOMEM, EINVAL. `may_lock`: the caller has CAP_IPC_LOCK."""
    limit = mm.limit("RLIMIT_MEMLOCK")
    if not may_lock and not limit:
        raise EPERM("may not lock memory")
    length = page_align(length + (start & ~PAGE_MASK)) & mm.word_mask
    start &= PAGE_MASK
    end = start + length
    if not may_lock:
        already = sum(
            min(end, vma.end) - max(start, vma.start)
            for vma in mm.vmas.overlapping(start, end)
            if vma.flags & VM_LOCKED
        )
        if (length + mm.locked_bytes - already) >> PAGE_SHIFT > limit >> PAGE_SHIFT:
            raise ENOMEM("RLIMIT_MEMLOCK")
    _apply(mm, start, length, VM_LOCKED | (VM_LOCKONFAULT if on_fault else 0))
    _populate_locked(mm, start, end)


def do_munlock(mm: AddressSpace, start: int, length: int) -> None:
    """Unlock a range. ENOMEM, EINVAL."""
    length = page_align(length + (start & ~PAGE_MASK)) & mm.word_mask
    _apply(mm, start & PAGE_MASK, length, 0)


def do_mlockall(mm: AddressSpace, flags: int, may_lock: bool) -> None:
    """Lock what is mapped now, or will be. EINVAL, EPERM, ENOMEM."""
    if not flags or flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) or flags == MCL_ONFAULT:
        raise EINVAL("flags")
    limit = mm.limit("RLIMIT_MEMLOCK")
    if not may_lock and not limit:
        raise EPERM("may not lock memory")
    too_much = mm.total_bytes >> PAGE_SHIFT > limit >> PAGE_SHIFT
    if flags & MCL_CURRENT and too_much and not may_lock:
        raise ENOMEM("RLIMIT_MEMLOCK")
    lock = VM_LOCKED | (VM_LOCKONFAULT if flags & MCL_ONFAULT else 0)
    mm.default_flags &= ~VM_LOCKED_MASK
    if flags & MCL_FUTURE:
        mm.default_flags |= lock
    if flags & MCL_CURRENT:
        _lock_all(mm, lock)
        _populate_locked(mm, 0, mm.task_size)
    elif not flags & MCL_FUTURE:
        _lock_all(mm, 0)


def do_munlockall(mm: AddressSpace) -> None:
    """Unlock everything, and what will be mapped."""
    mm.default_flags &= ~VM_LOCKED_MASK
    _lock_all(mm, 0)


def _lock_all(mm: AddressSpace, lock: int) -> None:
    for vma in mm.vmas:
        _set(vma, lock)
    mm.vmas.merge(0, mm.task_size)


def _apply(mm: AddressSpace, start: int, length: int, lock: int) -> None:
    """Change the lock flags of a range; what comes before a hole is done. ENOMEM, EINVAL."""
    end = start + length
    if end > mm.word_mask:
        raise EINVAL("beyond the address space")
    if not length:
        return
    at = start
    for vma in mm.vmas.isolate(start, end):
        if vma.start != at:
            break
        _set(vma, lock)
        at = vma.end
    mm.vmas.merge(start, end)
    if at < end:
        raise ENOMEM("not all is mapped")


def _set(vma: Vma, lock: int) -> None:
    if not vma.flags & VM_SPECIAL:
        vma.flags = vma.flags & ~VM_LOCKED_MASK | lock


def _populate_locked(mm: AddressSpace, start: int, end: int) -> None:
    for vma in mm.vmas.overlapping(start, end):
        if vma.flags & VM_LOCKED_MASK == VM_LOCKED:
            populate(mm, max(start, vma.start), min(end, vma.end))
