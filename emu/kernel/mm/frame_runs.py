"""Runs of pages whose frames lie in a row, remembered from one copy to the next.

Programs copy to and from the same buffers again and again, and files are written front to back, so
that a copy of many pages is mostly one move of memory. Whether it is can be asked of the table of
pages each time; asked once and kept, the answer costs a look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_MASK, PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emu.kernel.mm.ram import Ram

MOST_PAGES = 256
"""Longer runs are not looked for: a copy of so many pages costs more than finding its pieces."""
MOST_RUNS = 1024


class FrameRuns:
    """The runs of one table from page number or index to frame and rights.

    Only pages that have all of `rights`; without pages of code if `stores` are meant, as stores to
    those need care. Whoever takes an entry away, changes its frame or tightens it calls `clear`.
    """

    __slots__ = ("_code", "_entries", "_known", "_ram", "_rights", "_stores")

    def __init__(
        self, ram: Ram, entries: Mapping[int, int], rights: int = 0, *, stores: bool = False
    ) -> None:
        self._ram = ram
        self._entries = entries
        self._rights = rights
        self._stores = stores
        self._known: dict[int, tuple[int, int]] = {}
        self._code = ram.made_code

    def find(self, first: int, beyond: int) -> int:
        """Where in RAM the pages `first` up to `beyond` lie in a row; -1 if they do not."""
        known = self._known.get(first)
        if known is not None and beyond <= known[0] and self._code == self._ram.made_code:
            return known[1]
        return self._look_up(first, beyond)

    def clear(self) -> None:
        """Entries of the table have changed."""
        self._known.clear()

    def _look_up(self, first: int, beyond: int) -> int:
        entry = self._entries.get(first)
        count = beyond - first
        if entry is None or entry & self._rights != self._rights or count > MOST_PAGES:
            return -1
        row = list(range(entry, entry + count * PAGE_SIZE, PAGE_SIZE))
        if list(map(self._entries.get, range(first, beyond))) != row:
            return -1
        start = entry & PAGE_MASK
        frames = range(start, start + count * PAGE_SIZE, PAGE_SIZE)
        if self._stores and not self._ram.executable.isdisjoint(frames):
            return -1
        if self._code != self._ram.made_code or len(self._known) >= MOST_RUNS:
            self._known.clear()
            self._code = self._ram.made_code
        self._known[first] = beyond, start
        return start
