"""The areas of one address space, in order, disjoint."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from emu.kernel.mm.vma import Vma


class VmaList:
    """Areas sorted by address. Also keeps each mapping's list of the areas that show it."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._vmas: list[Vma] = []

    def __iter__(self) -> Iterator[Vma]:
        return iter(self._vmas)

    def __len__(self) -> int:
        return len(self._vmas)

    def at(self, address: int) -> Vma | None:
        """The area that holds an address."""
        i = bisect_right(self._starts, address) - 1
        if i >= 0:
            vma = self._vmas[i]
            if address < vma.end:
                return vma
        return None

    def find(self, address: int) -> Vma | None:
        """The first area that ends above an address: see find_vma."""
        i = bisect_right(self._starts, address) - 1
        if i >= 0 and address < self._vmas[i].end:
            return self._vmas[i]
        return self._vmas[i + 1] if i + 1 < len(self._vmas) else None

    def before(self, vma: Vma) -> Vma | None:
        """The area below this one."""
        i = bisect_left(self._starts, vma.start) - 1
        return self._vmas[i] if i >= 0 else None

    def overlapping(self, start: int, end: int) -> list[Vma]:
        """The areas that share a page with a range."""
        first = bisect_right(self._starts, start) - 1
        if first < 0 or self._vmas[first].end <= start:
            first += 1
        return self._vmas[first : bisect_left(self._starts, end, first)]

    def covers(self, start: int, end: int) -> bool:
        """Whether every page of a range is in some area."""
        for vma in self.overlapping(start, end):
            if vma.start > start:
                return False
            start = vma.end
        return start >= end

    def insert(self, vma: Vma) -> None:
        """Add an area where none is."""
        i = bisect_left(self._starts, vma.start)
        self._starts.insert(i, vma.start)
        self._vmas.insert(i, vma)
        if vma.mapping is not None:
            vma.mapping.vmas[vma] = None

    def remove(self, vma: Vma) -> None:
        """Take an area out."""
        i = bisect_left(self._starts, vma.start)
        del self._starts[i], self._vmas[i]
        if vma.mapping is not None:
            vma.mapping.vmas.pop(vma, None)

    def set_start(self, vma: Vma, start: int) -> None:
        """Move an area's lower end, over free addresses. `pgoff` follows."""
        self._starts[bisect_left(self._starts, vma.start)] = start
        vma.pgoff -= (vma.start - start) >> 12
        vma.start = start

    def split(self, address: int) -> None:
        """Make an address the border of two areas, if it lies within one."""
        vma = self.at(address)
        if vma is not None and vma.start < address:
            upper = vma.piece(address, vma.end)
            vma.end = address
            if upper.file is not None:
                upper.file.get()
            self.insert(upper)

    def isolate(self, start: int, end: int) -> list[Vma]:
        """The areas within a range, after cutting those that stick out of it."""
        self.split(start)
        self.split(end)
        return self.overlapping(start, end)

    def merge(self, start: int, end: int) -> None:
        """Join what can be one area, within a range and at its borders."""
        i = max(0, bisect_right(self._starts, start) - 2)
        while i + 1 < len(self._vmas) and self._starts[i] < end:
            lower, upper = self._vmas[i], self._vmas[i + 1]
            if lower.continues_in(upper):
                self.remove(upper)
                lower.end = upper.end
                if upper.file is not None:
                    upper.file.put()
            else:
                i += 1

    def gap_below(self, length: int, low: int, high: int) -> int | None:
        """The highest address of `length` free bytes between `low` and `high`."""
        i = bisect_left(self._starts, high) - 1
        top = high
        if i + 1 < len(self._vmas):
            top = min(top, self._vmas[i + 1].start_with_gap)
        while i >= 0:
            vma = self._vmas[i]
            if top - length >= vma.end:
                break
            top = min(top, vma.start_with_gap)
            if top - length < low:
                return None
            i -= 1
        return top - length if top - length >= low else None

    def gap_above(self, length: int, low: int, high: int) -> int | None:
        """The lowest address of `length` free bytes between `low` and `high`."""
        start = low
        first = bisect_right(self._starts, low) - 1
        for vma in self._vmas[max(0, first) :]:
            if start + length <= min(vma.start_with_gap, high):
                break
            start = max(start, vma.end)
        return start if start + length <= high else None
