"""Lists. See include/linux/list.h: here a list of things, not of the heads within them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class list_head:
    """A list; Python's own list does as well."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self.items))

    def __len__(self) -> int:
        return len(self.items)


def LIST_HEAD(name: str = "") -> list_head:
    """A new list."""
    return list_head()


def INIT_LIST_HEAD(head: list_head) -> None:
    """Empty a list."""
    head.items.clear()


def list_add(new: Any, head: list_head) -> None:
    """Put something at the front."""
    head.items.insert(0, new)


def list_add_tail(new: Any, head: list_head) -> None:
    """Put something at the end."""
    head.items.append(new)


def list_del(entry: Any, head: list_head) -> None:
    """Take something out."""
    head.items.remove(entry)


def list_empty(head: list_head) -> bool:
    """Whether there is nothing."""
    return not head.items


def list_first_entry_or_null(head: list_head) -> Any:
    """What is at the front; None if nothing is."""
    return head.items[0] if head.items else None


def list_for_each_entry(head: list_head) -> Iterator[Any]:
    """All of it, even if some is taken out meanwhile."""
    return iter(head)


list_for_each_entry_safe = list_for_each_entry
