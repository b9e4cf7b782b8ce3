"""Counts of users. See include/linux/kref.h and refcount.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.module.guard import Misuse


class kref:
    """How many use something; `container_of` leads to what."""

    def __init__(self) -> None:
        self.refcount = 1
        self.container: Any = None


def kref_init(kref: kref) -> None:
    """Begin with one user."""
    kref.refcount = 1


def kref_read(kref: kref) -> int:
    """How many there are."""
    return kref.refcount


def kref_get(kref: kref) -> None:
    """Count one more. `Misuse` if there was none left."""
    if kref.refcount <= 0:
        raise Misuse("kref_get of what nobody uses any more")
    kref.refcount += 1


def kref_put(kref: kref, release: Callable[[kref], Any]) -> int:
    """Count one less; with the last one `release` is called: whether it was. `Misuse`."""
    if kref.refcount <= 0:
        raise Misuse("kref_put of what nobody uses any more")
    kref.refcount -= 1
    if kref.refcount:
        return 0
    release(kref)
    return 1
