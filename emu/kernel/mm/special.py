"""Pages that the kernel itself makes and shows to every program: vDSO, vectors, vsyscall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SHIFT, PAGE_SIZE
from emu.kernel.mm.layout import page_align
from emu.kernel.mm.page_cache import PageCache
from emu.kernel.mm.vma import VM_DONTEXPAND, VM_MAYANY, Vma

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.mm.ram import Ram


def install_special_mapping(
    mm: AddressSpace, address: int, contents: bytes, access: int, name: bytes
) -> None:
    """Show every program one page that the kernel itself made (`contents`), under a name.

    The frame is shared by all of them. Private: a debugger's breakpoint stays its own.
    """
    mapping = special_pages(mm.ram, name, contents)
    flags = access | VM_MAYANY | VM_DONTEXPAND
    assert mapping.end is not None
    mm.vmas.insert(Vma(mm, address, address + mapping.end, flags, 0, mapping, name=name))


def special_pages(ram: Ram, name: bytes, contents: bytes) -> PageCache:
    """The pages with these contents, made once for each machine."""
    key = (name, contents)
    if key not in ram.special:
        cache = PageCache(ram)
        cache.end = page_align(len(contents))
        for start in range(0, len(contents), PAGE_SIZE):
            piece = contents[start : start + PAGE_SIZE]
            cache.page_for_write(start >> PAGE_SHIFT)[: len(piece)] = piece
        ram.special[key] = cache
    return ram.special[key]
