"""Going over the devices or drivers of a bus, a class, a driver or a parent: see klist.h."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from emu.linux.device.core import device

Callback = Callable[..., Any]
Member = TypeVar("Member")


def for_each(members: Iterable[Any], start: Any, data: Any, fn: Callback) -> Any:
    """Call ``fn(member, data)`` for those behind `start` (for all without one): its first not 0."""
    for member in _behind(members, start):
        result = fn(member, data)
        if result:
            return result
    return 0


def find(
    members: Iterable[device], start: device | None, data: Any, match: Callback
) -> device | None:
    """The first device behind `start` that ``match(dev, data)`` is true for, counted as used."""
    for member in _behind(members, start):
        if match(member, data):
            member.kobj.get()
            return member
    return None


def _behind(members: Iterable[Member], start: Member | None) -> list[Member]:
    """A copy, as those who are called may take members away."""
    copy = list(members)
    return copy[copy.index(start) + 1 :] if start in copy else copy
