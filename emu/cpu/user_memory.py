"""Guest memory as the instructions of the running guest see it, for those done on its behalf."""

from __future__ import annotations

import mmap

from emu.arch.cpu import PAGE_SHIFT, PAGE_SIZE, PTE_EXEC, PTE_READ, PTE_WRITE
from emu.cpu.tlb import Tlb


class UserMemory:
    """Reads and writes through the current page table; page faults happen as for the guest."""

    def __init__(self, ram: mmap.mmap, tlb: Tlb, word_mask: int) -> None:
        self._ram = ram
        self._tlb = tlb
        self._mask = word_mask

    def read(self, address: int, size: int) -> bytes | None:
        """What a load would get; None, with a refused access on record, if it may not."""
        places = self._places(address, size, PTE_READ)
        return None if places is None else b"".join(self._ram[place] for place in places)

    def write(self, address: int, data: bytes) -> bool:
        """Store; False, nothing stored and a refused access on record, if it may not."""
        places = self._places(address, len(data), PTE_WRITE)
        for place in places or ():
            size = place.stop - place.start
            self._ram[place], data = data[:size], data[size:]
        return places is not None

    def read_code(self, address: int, size: int) -> bytes:
        """Instruction bytes, fewer where no code is mapped; never a page fault."""
        code = b""
        while len(code) < size:
            va = address + len(code) & self._mask
            pte = self._tlb.look(va >> PAGE_SHIFT)
            place = (pte & -PAGE_SIZE) + va % PAGE_SIZE
            if not pte & PTE_EXEC:
                break
            code += self._ram[place : place + min(size - len(code), PAGE_SIZE - va % PAGE_SIZE)]
        return code

    def _places(self, address: int, size: int, access: int) -> list[slice] | None:
        """Where the bytes are in RAM, once all their pages are there; None if one is refused."""
        places = []
        while size:
            va = address & self._mask
            pte = self._tlb.fill(va, access)
            if not pte & access:
                return None
            chunk = min(size, PAGE_SIZE - va % PAGE_SIZE)
            start = (pte & -PAGE_SIZE) + va % PAGE_SIZE
            places.append(slice(start, start + chunk))
            address += chunk
            size -= chunk
        return places
