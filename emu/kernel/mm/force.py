"""Reading and writing memory against its own rights, as a debugger may. See FOLL_FORCE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import ACCESS_READ, ACCESS_WRITE, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE
from emu.kernel.errno import EFAULT, KernelError
from emu.kernel.mm.fault import Refused, page_to_force
from emu.kernel.mm.vma import VM_MAYREAD, VM_MAYWRITE, VM_READ, VM_SHARED, VM_WRITE

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace


def read_forced(mm: AddressSpace, address: int, count: int) -> bytes:
    """Bytes that the program itself need not be able to read; fewer where no memory is."""
    data = b""
    while count > 0:
        piece = min(count, PAGE_SIZE - address % PAGE_SIZE)
        try:
            data += _read_piece(mm, address, piece)
        except EFAULT:
            break
        address += piece
        count -= piece
    return data


def write_forced(mm: AddressSpace, address: int, data: bytes) -> int:
    """Write what the program itself need not be able to: how many bytes went.

    A private page becomes the program's own before. What it shares is written only if it may.
    """
    done = 0
    while done < len(data):
        piece = min(len(data) - done, PAGE_SIZE - address % PAGE_SIZE)
        try:
            _write_piece(mm, address, data[done : done + piece])
        except EFAULT:
            break
        address += piece
        done += piece
    return done


def _read_piece(mm: AddressSpace, address: int, count: int) -> bytes:
    vma = mm.vmas.at(address)
    if vma is None or vma.flags & VM_READ:
        return mm.read(address, count)
    if not vma.flags & VM_MAYREAD:
        raise EFAULT(f"{address:#x}")
    frame = _forced(mm, address, ACCESS_READ)
    offset = address % PAGE_SIZE
    return bytes(mm.ram.page(frame)[offset : offset + count])


def _write_piece(mm: AddressSpace, address: int, data: bytes) -> None:
    vma = mm.vmas.at(address)
    if vma is None or vma.flags & VM_WRITE:
        mm.write(address, data)
        return
    if vma.flags & VM_SHARED or not vma.flags & VM_MAYWRITE:
        raise EFAULT(f"{address:#x}")
    frame = _forced(mm, address, ACCESS_WRITE)
    offset = address % PAGE_SIZE
    mm.ram.page(frame)[offset : offset + len(data)] = data
    mm.ram.written(frame)


def _forced(mm: AddressSpace, address: int, access: int) -> int:
    page = address >> PAGE_SHIFT
    old = mm.pages.get(page, 0)
    try:
        frame = page_to_force(mm, page, access)
    except (Refused, KernelError):
        raise EFAULT(f"{address:#x}") from None
    if old and (old ^ frame) & PAGE_MASK:
        mm.flush_tlb()
    return frame
