"""Memory that programs can map. See include/linux/mm.h, vmalloc.h and gfp.h."""

from __future__ import annotations

from typing import Any

from emu.arch.cpu import PAGE_SHIFT as PAGE_SHIFT
from emu.arch.cpu import PAGE_SIZE as PAGE_SIZE
from emu.kernel.errno import EINVAL
from emu.kernel.mm.page_cache import PageCache
from emu.kernel.mm.vma import VM_DONTEXPAND as VM_DONTEXPAND
from emu.kernel.mm.vma import VM_READ as VM_READ
from emu.kernel.mm.vma import VM_SHARED as VM_SHARED
from emu.kernel.mm.vma import VM_WRITE as VM_WRITE
from emu.kernel.mm.vma import Vma
from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.guard import Misuse
from emu.kernel.module.module import Resource


class Pages:
    """Whole pages of memory, zeroed, which stay where they are: they can be mapped.

    They are read and written by index and slice, as a bytearray is.
    """

    def __init__(self, size: int) -> None:
        self.size = -(-size // PAGE_SIZE) * PAGE_SIZE
        self.cache = PageCache(this_kernel().ram)
        self.cache.end = self.size
        self.resource: Resource | None = None

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, key: int | slice) -> Any:
        if isinstance(key, slice):
            start, stop, _ = key.indices(self.size)
            return self.load(start, max(0, stop - start))
        return self.load(self._checked(key), 1)[0]

    def __setitem__(self, key: int | slice, value: int | bytes) -> None:
        if isinstance(key, slice):
            start, _, _ = key.indices(self.size)
            assert not isinstance(value, int)
            self.store(value, start)
        else:
            self.store(bytes([int(value) & 0xFF]), self._checked(key))

    def __bytes__(self) -> bytes:
        return self.load(0, self.size)

    def load(self, offset: int, count: int) -> bytes:
        """Bytes from an offset on."""
        parts: list[bytes] = []
        while count > 0:
            inside = offset % PAGE_SIZE
            piece = min(count, PAGE_SIZE - inside)
            page = self.cache.page(offset // PAGE_SIZE)
            parts.append(bytes(page[inside : inside + piece]))
            offset, count = offset + piece, count - piece
        return b"".join(parts)

    def store(self, data: bytes | bytearray, offset: int = 0) -> None:
        """Write bytes to an offset. `IndexError` where C would write beyond the end."""
        if offset + len(data) > self.size:
            raise IndexError(f"{len(data)} bytes at {offset} do not fit into {self.size}")
        done = 0
        while done < len(data):
            at = offset + done
            inside = at % PAGE_SIZE
            piece = min(len(data) - done, PAGE_SIZE - inside)
            page = self.cache.page_for_write(at // PAGE_SIZE)
            page[inside : inside + piece] = data[done : done + piece]
            done += piece

    def _checked(self, index: int) -> int:
        if not 0 <= index < self.size:
            raise IndexError(f"{index} is beyond {self.size} bytes")
        return index


def vmalloc_user(size: int) -> Pages:
    """Memory that may be mapped with remap_vmalloc_range."""
    pages = Pages(size)
    pages.resource = this_module().made(f"{pages.size} bytes from vmalloc_user", lambda: None)
    return pages


def get_zeroed_page(gfp: int) -> Pages:
    """A page."""
    return vmalloc_user(PAGE_SIZE)


def __get_free_pages(gfp: int, order: int) -> Pages:
    """Several pages, as many as a power of two."""
    return vmalloc_user(PAGE_SIZE << order)


def vfree(pages: Pages | None) -> None:
    """Give memory back; what is mapped of it stays until it is unmapped."""
    if pages is None:
        return
    if pages.resource not in this_module().resources:
        raise Misuse("vfree of what was freed")
    this_module().returned(pages.resource)


free_page = vfree


def free_pages(pages: Pages, order: int) -> None:
    """Give pages back."""
    vfree(pages)


def remap_vmalloc_range(vma: Vma, addr: Pages, pgoff: int) -> Any:
    """Let a mapping show memory from a page on. 0, or -EINVAL if it is too short."""
    if (vma.end - vma.start) + (pgoff << PAGE_SHIFT) > addr.size:
        return -EINVAL
    vma.mapping, vma.pgoff = addr.cache, pgoff
    return 0


def virt_to_phys(addr: Pages) -> PhysicalAddress:
    """Where memory is, to be shifted to a page frame number."""
    return PhysicalAddress(addr)


class PhysicalAddress:
    """An address that is good for remap_pfn_range only."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages

    def __rshift__(self, shift: int) -> PhysicalAddress:
        return self


def remap_pfn_range(vma: Vma, addr: int, pfn: PhysicalAddress, size: int, prot: Any) -> Any:
    """Let a mapping show memory from its first page on. 0, or -EINVAL."""
    return remap_vmalloc_range(vma, pfn.pages, 0)
