"""Paying for the kernel's own objects with the machine's memory: no guest bloats the host."""

from __future__ import annotations

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.mm.ram import Ram


class Charge:
    """So many bytes that a kind of objects takes, held as frames nobody else can have."""

    def __init__(self, ram: Ram) -> None:
        self._ram = ram
        self._frames: list[int] = []
        self.bytes = 0

    def add(self, count: int) -> None:
        """Pay for more bytes. ENOMEM."""
        while len(self._frames) * PAGE_SIZE < self.bytes + count:
            self._frames.append(self._ram.allocate())
        self.bytes += count

    def drop(self, count: int) -> None:
        """Give bytes back."""
        self.bytes -= count
        while (len(self._frames) - 1) * PAGE_SIZE >= self.bytes and self._frames:
            self._ram.put(self._frames.pop())
