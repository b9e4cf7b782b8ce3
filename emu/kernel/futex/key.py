"""What names a futex, so that all who mean the same word meet. See get_futex_key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import ACCESS_READ, ACCESS_WRITE, PAGE_SHIFT, PAGE_SIZE
from emu.kernel.errno import EFAULT, EINVAL

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.mm.page_cache import PageCache

FutexKey = tuple["AddressSpace | PageCache", int, bool]
"""Whose word it is, where it is in there, and whether it was named without FUTEX_PRIVATE_FLAG.

Memory that processes share is named by its page cache and the offset in it, whatever their
address spaces, word sizes and byte orders are; all other memory by the address space. Private and
shared operations on the same word of private memory do not meet, as in Linux.
"""

WORD_BYTES = 4


def futex_key(
    mm: AddressSpace, address: int, *, shared: bool, access: int = ACCESS_READ
) -> FutexKey:
    """The key of a word; `access` is what the operation will do with it. EINVAL, EFAULT."""
    if address % WORD_BYTES:
        raise EINVAL("not the address of a word")
    if address + WORD_BYTES > mm.task_size:
        raise EFAULT
    if not shared:
        return (mm, address, False)
    page = address >> PAGE_SHIFT
    # Written to if that is allowed, so that the name does not change when the first store
    # gives the process a copy of its own.
    writable = bool(mm.pages.get(page, 0) & ACCESS_WRITE or mm.fault(page, ACCESS_WRITE))
    if not writable:
        if access == ACCESS_WRITE:
            raise EFAULT
        if not mm.pages.get(page, 0) & ACCESS_READ and not mm.fault(page, ACCESS_READ):
            raise EFAULT
    vma = mm.vmas.at(address)
    if vma is None:
        raise EFAULT
    if vma.mapping is not None and (vma.is_shared or not writable):
        return (vma.mapping, vma.index(page) * PAGE_SIZE + address % PAGE_SIZE, True)
    if not writable:
        raise EFAULT("private memory that cannot be written")
    return (mm, address, True)
