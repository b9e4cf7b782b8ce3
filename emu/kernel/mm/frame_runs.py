"""Runs of pages whose frames lie in a row, remembered from one copy to the next.

Programs copy to and from the same buffers again and again, and files are written front to back, so
that a copy of many pages is mostly one move of memory, or a few. Which ones can be asked of the
table of pages each time; asked once and kept, the answer costs a look.
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

    __slots__ = ("_code", "_entries", "_known", "_pieces", "_ram", "_rights", "_stores")

    def __init__(
        self, ram: Ram, entries: Mapping[int, int], rights: int = 0, *, stores: bool = False
    ) -> None:
        self._ram = ram
        self._entries = entries
        self._rights = rights
        self._stores = stores
        self._known: dict[int, tuple[int, int]] = {}
        self._pieces: dict[tuple[int, int], list[tuple[int, int]]] = {}
        self._code = ram.made_code

    def find(self, first: int, beyond: int) -> int:
        """Where in RAM the pages `first` up to `beyond` lie in a row; -1 if they do not."""
        if self._code == self._ram.made_code:
            known = self._known.get(first)
            if known is not None and beyond <= known[0]:
                return known[1]
            if (first, beyond) in self._pieces:
                return -1
        return self._look_up(first, beyond)

    def pieces(self, first: int, beyond: int) -> list[tuple[int, int]] | None:
        """Starts and ends in RAM of the runs that pages lie in, if `find` has just found several.

        None if not all of them are there to be had.
        """
        return self._pieces.get((first, beyond))

    def clear(self) -> None:
        """Entries of the table have changed."""
        self._known.clear()
        self._pieces.clear()

    def _look_up(self, first: int, beyond: int) -> int:
        if not 0 < beyond - first <= MOST_PAGES:
            return -1
        entries = [self._entries.get(page, 0) for page in range(first, beyond)]
        rights = self._rights
        if not all(entry and entry & rights == rights for entry in entries):
            return -1
        if self._code != self._ram.made_code or len(self._known) + len(self._pieces) >= MOST_RUNS:
            self.clear()
            self._code = self._ram.made_code
        frames = [entry & PAGE_MASK for entry in entries]
        if self._stores and not self._ram.executable.isdisjoint(frames):
            return -1
        pieces = _runs(frames)
        if len(pieces) > 1:
            self._pieces[first, beyond] = pieces
            return -1
        start = pieces[0][0]
        self._known[first] = beyond, start
        return start


def _runs(frames: list[int]) -> list[tuple[int, int]]:
    """Starts and ends of frames that follow each other."""
    if frames == list(range(frames[0], frames[0] + len(frames) * PAGE_SIZE, PAGE_SIZE)):
        return [(frames[0], frames[-1] + PAGE_SIZE)]
    runs = []
    start = end = frames[0]
    for frame in frames:
        if frame != end:
            runs.append((start, end))
            start = end = frame
        end += PAGE_SIZE
    return [*runs, (start, end)]
