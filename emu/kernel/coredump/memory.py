"""What of each area a core dump has. See vma_dump_size in fs/coredump.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE
from emu.kernel.errno import KernelError
from emu.kernel.mm.force import read_forced
from emu.kernel.mm.vma import VM_DONTDUMP

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.mm.vma import Vma

# Bits of /proc/PID/coredump_filter; see core(5).
ANON_PRIVATE, ANON_SHARED, MAPPED_PRIVATE, MAPPED_SHARED, ELF_HEADERS = 1, 2, 4, 8, 16
ELF_MAGIC = b"\x7fELF"
EXECUTE_BITS = 0o111


def dumped_size(vma: Vma, wanted: int) -> int:
    """How many bytes from an area's start on are dumped with this filter."""
    whole = vma.end - vma.start
    if vma.flags & VM_DONTDUMP:
        return 0
    if vma.name and vma.file is None:  # the kernel's own pages
        return whole
    if vma.is_shared:
        anonymous = vma.file is None or vma.file.inode.nlink == 0
        return whole if wanted & (ANON_SHARED if anonymous else MAPPED_SHARED) else 0
    if wanted & ANON_PRIVATE and has_own_pages(vma):
        return whole
    if vma.file is None:
        return 0
    if wanted & MAPPED_PRIVATE:
        return whole
    if wanted & ELF_HEADERS and vma.pgoff == 0 and vma.file.inode.mode & EXECUTE_BITS:
        begins_file = read_forced(vma.mm, vma.start, len(ELF_MAGIC)) == ELF_MAGIC
        return PAGE_SIZE if begins_file else 0
    return 0


def has_own_pages(vma: Vma) -> bool:
    """Whether a private area has pages that the process wrote."""
    mm = vma.mm
    for page in mm.present(vma.start, vma.end):
        if vma.mapping is None or not is_of_file(vma, page, mm.pages[page] & PAGE_MASK):
            return True
    return False


def is_of_file(vma: Vma, page: int, frame: int) -> bool:
    """Whether a page shows the file's own frame."""
    assert vma.mapping is not None
    try:
        return vma.mapping.frame(vma.index(page)) == frame
    except KernelError:
        return False


def page_to_dump(mm: AddressSpace, vma: Vma, address: int) -> bytes | memoryview | None:
    """A page's contents; None where nothing was ever there, which a hole in the file shows."""
    pte = mm.pages.get(address >> PAGE_SHIFT)
    if pte is not None:
        return mm.ram.page(pte & PAGE_MASK)
    if vma.mapping is None:
        return None
    return read_forced(mm, address, PAGE_SIZE) or None
