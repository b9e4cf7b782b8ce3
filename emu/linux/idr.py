"""Numbers for things. See include/linux/idr.h."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from emu.kernel.errno import ENOENT, ENOSPC


class idr:
    """Things by number."""

    def __init__(self) -> None:
        self.items: dict[int, Any] = {}


def DEFINE_IDR(name: str = "") -> idr:
    """A new one."""
    return idr()


DEFINE_IDA = DEFINE_IDR


def idr_init(idr: idr) -> None:
    """Make it ready: it is."""


def idr_alloc(idr: idr, ptr: Any, start: int, end: int, gfp: int) -> Any:
    """The lowest free number from one up to another (0: no end), or -ENOSPC."""
    number = start
    while number in idr.items:
        number += 1
    if end > 0 and number >= end:
        return -ENOSPC
    idr.items[number] = ptr
    return number


def idr_find(idr: idr, id: int) -> Any:
    """What has a number; None if nothing has."""
    return idr.items.get(id)


def idr_remove(idr: idr, id: int) -> Any:
    """Free a number: what had it."""
    return idr.items.pop(id, None)


def idr_replace(idr: idr, ptr: Any, id: int) -> Any:
    """Give a number to something else: what had it, or -ENOENT."""
    if id not in idr.items:
        return -ENOENT
    old, idr.items[id] = idr.items[id], ptr
    return old


def idr_for_each(idr: idr, fn: Callable[..., Any], data: Any) -> Any:
    """Call a function for each, until one does not answer 0."""
    for number, item in sorted(idr.items.items()):
        result = fn(number, item, data)
        if result:
            return result
    return 0


def idr_for_each_entry(idr: idr) -> Iterator[tuple[int, Any]]:
    """All numbers and things."""
    yield from sorted(idr.items.items())


def idr_destroy(idr: idr) -> None:
    """Forget all."""
    idr.items.clear()


def idr_is_empty(idr: idr) -> bool:
    """Whether there is nothing."""
    return not idr.items


def ida_alloc(ida: idr, gfp: int) -> Any:
    """The lowest free number."""
    return idr_alloc(ida, True, 0, 0, gfp)


def ida_free(ida: idr, id: int) -> None:
    """Free a number."""
    idr_remove(ida, id)
