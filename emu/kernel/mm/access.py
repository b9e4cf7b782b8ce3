"""The door to user memory: the only way the kernel reads or writes what a program sees.

Every access goes through the page table, faults pages in, copies on write, and raises EFAULT
where the program itself would get a signal. Programs copy to and from the same places again and
again: where such a place lies is remembered.
"""

from __future__ import annotations

import contextlib
import struct
from typing import Any

from emu.arch.cpu import ACCESS_READ, ACCESS_WRITE, PAGE_SIZE, PTE_READ, PTE_WRITE, PageTable
from emu.kernel.errno import EFAULT, ENAMETOOLONG
from emu.kernel.mm.frame_runs import FrameRuns
from emu.kernel.mm.ram import Ram

CLEARED_AT_ONCE = 1 << 20
SHORT_STRING = 128
MOST_PLACES = 256
"""More places are not remembered."""

_FRAME = (1 << 63) - PAGE_SIZE
"""Positive, for which Python's & is quicker than for a negative mask."""
_OFFSET = PAGE_SIZE - 1


class UserMemory:
    """Reads and writes of one address space. Byte counts are never negative."""

    def __init__(self, ram: Ram, byte_order: str, word_bits: int) -> None:
        self.ram = ram
        self.pages: PageTable = {}
        self.word_bytes = word_bits // 8
        self._memory = ram.memory
        self._view = ram.view
        self._executable = ram.executable
        # By address: where in RAM it lies, and how many bytes from it on lie there in a row.
        self._places_to_read: dict[int, tuple[int, int]] = {}
        self._places_to_write: dict[int, tuple[int, int]] = {}
        self._code = ram.made_code
        self._runs_to_read = FrameRuns(ram, self.pages, PTE_READ)
        self._runs_to_write = FrameRuns(ram, self.pages, PTE_WRITE, stores=True)
        u32, u64 = struct.Struct(byte_order + "I"), struct.Struct(byte_order + "Q")
        self._unpack_u32, self._pack_u32 = u32.unpack_from, u32.pack
        self._unpack_u64, self._pack_u64 = u64.unpack_from, u64.pack
        self._unpack_s64 = struct.Struct(byte_order + "q").unpack_from
        if word_bits == 64:
            self.read_word, self.write_word = self.read_u64, self.write_u64
        else:
            self.read_word, self.write_word = self.read_u32, self.write_u32

    def fault(self, page: int, access: int) -> int:
        """See `emu.arch.cpu.PageFault`."""
        raise NotImplementedError

    def read(self, address: int, count: int) -> bytes:
        """Copy bytes in. EFAULT if any of them cannot be read."""
        place = self._places_to_read.get(address)
        if place is not None and count <= place[1]:
            start = place[0]
            return self._memory[start : start + count]
        pte = self.pages.get(address >> 12, 0)
        offset = address & _OFFSET
        if pte & PTE_READ and offset + count <= PAGE_SIZE:
            start = (pte & _FRAME) + offset
            self._remember(self._places_to_read, address, start, PAGE_SIZE - offset)
            return self._memory[start : start + count]
        start = self._runs_to_read.find(address >> 12, (address + count + _OFFSET) >> 12)
        if start >= 0:
            start += offset
            self._remember(self._places_to_read, address, start, count)
            return self._memory[start : start + count]
        data = b"".join(self.views(address, count, ACCESS_READ))
        if len(data) < count:
            raise EFAULT(f"{address + len(data):#x}")
        return data

    def write(self, address: int, data: bytes | bytearray | memoryview) -> None:
        """Copy bytes out. EFAULT if any of them cannot be written; those before it are."""
        count = len(data)
        place = self._places_to_write.get(address)
        if place is not None and count <= place[1] and self._code == self.ram.made_code:
            start = place[0]
            self._memory[start : start + count] = data
            return
        pte = self.pages.get(address >> 12, 0)
        offset = address & _OFFSET
        if pte & PTE_WRITE and offset + count <= PAGE_SIZE:
            frame = pte & _FRAME
            start = frame + offset
            self._memory[start : start + count] = data
            if frame in self._executable:
                self.ram.written(frame)
            else:
                self._remember(self._places_to_write, address, start, PAGE_SIZE - offset)
            return
        start = self._runs_to_write.find(address >> 12, (address + count + _OFFSET) >> 12)
        if start >= 0:
            start += offset
            self._view[start : start + count] = data
            self._remember(self._places_to_write, address, start, count)
            return
        position = 0
        data = memoryview(data)
        for piece in self.views(address, count, ACCESS_WRITE):
            piece[:] = data[position : position + len(piece)]
            position += len(piece)
        if position < count:
            raise EFAULT(f"{address + position:#x}")

    def read_string(self, address: int, limit: int) -> bytes:
        """A NUL-terminated string without its NUL. EFAULT; ENAMETOOLONG if none in `limit`."""
        place = self._places_to_read.get(address)
        if place is None:
            with contextlib.suppress(EFAULT):
                self.read(address, 1)
            place = self._places_to_read.get(address, (0, 0))
        start, room = place
        if room > limit:
            room = limit
        # Most strings are short; to look for the end in a copy is quicker than in the memory.
        if room > SHORT_STRING:
            room = SHORT_STRING
        piece = self._memory[start : start + room]
        end = piece.find(b"\0")
        if end >= 0:
            return piece[:end]
        return self._read_string_slowly(address, limit)

    def _read_string_slowly(self, address: int, limit: int) -> bytes:
        parts = []
        while limit > 0:
            count = min(PAGE_SIZE - (address & _OFFSET), limit)
            start = self._frame(address >> 12, ACCESS_READ) + (address & _OFFSET)
            end = self._memory.find(b"\0", start, start + count)
            if end >= 0:
                parts.append(self._memory[start:end])
                return b"".join(parts)
            parts.append(self._memory[start : start + count])
            address += count
            limit -= count
        raise ENAMETOOLONG

    def read_u32(self, address: int) -> int:
        """A 32-bit word of the guest's byte order. EFAULT."""
        place = self._places_to_read.get(address)
        if place is not None and place[1] >= 4:
            unpack = self._unpack_u32
            value: int = unpack(self._memory, place[0])[0]
            return value
        return self._unpack(self._unpack_u32, address, 4)

    def read_u64(self, address: int) -> int:
        """A 64-bit word of the guest's byte order. EFAULT."""
        place = self._places_to_read.get(address)
        if place is not None and place[1] >= 8:
            unpack = self._unpack_u64
            value: int = unpack(self._memory, place[0])[0]
            return value
        return self._unpack(self._unpack_u64, address, 8)

    def read_s64(self, address: int) -> int:
        """A signed 64-bit word of the guest's byte order. EFAULT."""
        place = self._places_to_read.get(address)
        if place is not None and place[1] >= 8:
            unpack = self._unpack_s64
            value: int = unpack(self._memory, place[0])[0]
            return value
        return self._unpack(self._unpack_s64, address, 8)

    def write_u32(self, address: int, value: int) -> None:
        """Store the low 32 bits of a number. EFAULT."""
        pack = self._pack_u32
        self.write(address, pack(value & 0xFFFFFFFF))

    def write_u64(self, address: int, value: int) -> None:
        """Store the low 64 bits of a number. EFAULT."""
        pack = self._pack_u64
        self.write(address, pack(value & 0xFFFFFFFFFFFFFFFF))

    def views(self, address: int, count: int, access: int) -> list[memoryview]:
        """The memory itself, in as few pieces as it lies in, for host I/O without a copy.

        Shorter than `count` when a page further on faults; EFAULT when the first one does. To be
        used before the guest runs again: a piece is good for one access only.
        """
        if access == ACCESS_READ:
            place = self._places_to_read.get(address)
            if place is not None and 0 < count <= place[1]:
                start = place[0]
                return [self._view[start : start + count]]
        offset = address & _OFFSET
        first, beyond = address >> 12, (address + count + _OFFSET) >> 12
        runs = self._runs_to_write if access == ACCESS_WRITE else self._runs_to_read
        start = runs.find(first, beyond)
        if start >= 0 and count:
            start += offset
            if access == ACCESS_READ:
                self._remember(self._places_to_read, address, start, count)
            return [self._view[start : start + count]]
        pieces = runs.pieces(first, beyond)
        if pieces is None:
            return self._pieces(address, count, access)
        views = [self._view[start:end] for start, end in pieces]
        views[0] = views[0][offset:]
        views[-1] = views[-1][: len(views[-1]) - (-(address + count) & _OFFSET)]
        return views

    def forget_runs(self) -> None:
        """An entry of the page table was taken away, tightened, or has another frame."""
        self._runs_to_read.clear()
        self._runs_to_write.clear()
        self._places_to_read.clear()
        self._places_to_write.clear()

    def clear(self, address: int, count: int) -> int:
        """Zero user memory: how many bytes were *not* zeroed because of a fault."""
        left = count
        with contextlib.suppress(EFAULT):
            while left:
                for view in self.views(address, min(left, CLEARED_AT_ONCE), ACCESS_WRITE):
                    view[:] = bytes(len(view))
                    address += len(view)
                    left -= len(view)
        return left

    def _remember(
        self, places: dict[int, tuple[int, int]], address: int, start: int, room: int
    ) -> None:
        """Keep where in RAM an address lies, and how many bytes there are from it on in a row.

        Stores to code need care: it is no place to write.
        """
        if self._code != self.ram.made_code or len(places) >= MOST_PLACES:
            self._code = self.ram.made_code
            self._places_to_write.clear()
            places.clear()
        places[address] = start, room

    def _pieces(self, address: int, count: int, access: int) -> list[memoryview]:
        """See `views`; page by page."""
        views: list[memoryview] = []
        if not count:
            return views
        first, last = address >> 12, (address + count - 1) >> 12
        start = end = self._frame(first, access)
        start += address & _OFFSET
        for page in range(first + 1, last + 1):
            end += PAGE_SIZE
            try:
                frame = self._frame(page, access)
            except EFAULT:
                return [*views, self._view[start:end]]
            if frame != end:
                views.append(self._view[start:end])
                start = end = frame
        end += (address + count - 1 & _OFFSET) + 1
        return [*views, self._view[start:end]]

    def _frame(self, page: int, access: int) -> int:
        """The frame of a page, made present for this access. EFAULT."""
        pte = self.pages.get(page, 0)
        if not pte & access:
            pte = self.fault(page, access)
            if not pte:
                raise EFAULT(f"{page << 12:#x}")
        if access == ACCESS_WRITE:
            self.ram.written(pte & _FRAME)
        return pte & _FRAME

    def _unpack(self, unpack: Any, address: int, size: int) -> int:
        value: int = unpack(self.read(address, size), 0)[0]
        return value
