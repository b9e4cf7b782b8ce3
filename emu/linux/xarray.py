"""Things by number. See include/linux/xarray.h."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emu.kernel.errno import EBUSY

XA_FLAGS_ALLOC, XA_FLAGS_ALLOC1 = 1, 2
xa_limit_32b, xa_limit_31b, xa_limit_16b = (0, 0xFFFFFFFF), (0, 0x7FFFFFFF), (0, 0xFFFF)


class xarray:
    """Entries by index."""

    def __init__(self, flags: int = 0) -> None:
        self.flags = flags
        self.entries: dict[int, Any] = {}
        self.container: Any = None


def DEFINE_XARRAY(name: str = "") -> xarray:
    """A new one."""
    return xarray()


def DEFINE_XARRAY_ALLOC(name: str = "") -> xarray:
    """A new one that gives out indices from 0 on."""
    return xarray(XA_FLAGS_ALLOC)


def DEFINE_XARRAY_ALLOC1(name: str = "") -> xarray:
    """A new one that gives out indices from 1 on."""
    return xarray(XA_FLAGS_ALLOC1)


def xa_init_flags(xa: xarray, flags: int) -> None:
    """Make one ready."""
    xa.flags = flags


def xa_init(xa: xarray) -> None:
    """Make one ready."""


def xa_load(xa: xarray, index: int) -> Any:
    """The entry of an index; None if there is none."""
    return xa.entries.get(index)


def xa_store(xa: xarray, index: int, entry: Any, gfp: int = 0) -> Any:
    """Put an entry at an index, None to erase it: what was there."""
    old = xa.entries.pop(index, None)
    if entry is not None:
        xa.entries[index] = entry
    return old


def xa_insert(xa: xarray, index: int, entry: Any, gfp: int = 0) -> Any:
    """Put an entry where there is none: 0, or EBUSY."""
    if index in xa.entries:
        return -EBUSY
    xa.entries[index] = entry
    return 0


def xa_cmpxchg(xa: xarray, index: int, old: Any, entry: Any, gfp: int = 0) -> Any:
    """Put an entry in place of a certain one: what was there."""
    found = xa_load(xa, index)
    if found is old:
        xa_store(xa, index, entry)
    return found


def xa_erase(xa: xarray, index: int) -> Any:
    """Erase an entry: what it was."""
    return xa_store(xa, index, None)


def xa_alloc(xa: xarray, id: Any, entry: Any, limit: tuple[int, int], gfp: int = 0) -> Any:
    """Put an entry at the lowest free index of a range, told in a cell: 0, or EBUSY if none is.

    Without a cell it answers the index.
    """
    least, most = limit
    index = max(least, int(bool(xa.flags & XA_FLAGS_ALLOC1)))
    while index in xa.entries:
        index += 1
    if index > most:
        return -EBUSY
    xa.entries[index] = entry
    if id is None:
        return index
    id.value = index
    return 0


def xa_for_each(xa: xarray, start: int = 0, last: int = (1 << 64) - 1) -> Iterator[tuple[int, Any]]:
    """Indices and entries in order, even if some are erased meanwhile."""
    for index in sorted(xa.entries):
        if start <= index <= last and index in xa.entries:
            yield index, xa.entries[index]


xa_for_each_range = xa_for_each


def xa_find(xa: xarray, index: int, max: int = (1 << 64) - 1) -> tuple[int, Any] | None:
    """The first index from one on with an entry, and that."""
    return next(xa_for_each(xa, index, max), None)


def xa_empty(xa: xarray) -> bool:
    """Whether nothing is there."""
    return not xa.entries


def xa_destroy(xa: xarray) -> None:
    """Erase all."""
    xa.entries.clear()
