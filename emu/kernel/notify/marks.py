"""Who wants to be told of what: groups, and their marks on inodes, mounts and file systems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.notify.notifier import Notifier
    from emu.kernel.vfs.dentry import Dentry
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.path import VfsPath

Place = Any
"""An inode, a mount or a super block; marks are kept by its identity."""


@record
class Event:
    """What happened. `inode` is what it happened to, where that is known.

    `directory` and `name` are where that is, for events that a directory tells. `path` is there
    for events of files and dentries, `cookie` joins the two halves of a move.
    """

    mask: int
    inode: Inode | None
    is_dir: bool
    directory: Inode | None = None
    name: bytes = b""
    cookie: int = 0
    path: VfsPath | None = None
    dentry: Dentry | None = None
    is_dirent: bool = False
    """Whether it is about a name in `directory`, and not about the file that has it."""


class Mark:
    """A group's interest in one place: the events in `mask`."""

    __slots__ = ("flags", "group", "ignored", "mask", "place", "wd")

    def __init__(self, group: Group, place: Place, mask: int) -> None:
        self.group = group
        self.place = place
        self.mask = mask
        self.flags = 0
        self.ignored = 0
        self.wd = 0


class Group(Protocol):
    """A set of marks whose events go to one listener."""

    def handle(self, event: Event, marks: list[tuple[Mark, bool]]) -> None:
        """Take an event that some marks may want; the bool says a directory's of what is in it."""

    def mark_gone(self, mark: Mark) -> None:
        """The marked inode is no more."""


class Marks:
    """The marks of a machine, by place."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self._by_place: dict[int, dict[int, Mark]] = {}

    def at(self, place: Place) -> list[Mark]:
        """All marks at a place."""
        found = self._by_place.get(id(place))
        return list(found.values()) if found else []

    def find(self, group: Group, place: Place) -> Mark | None:
        """The mark of a group at a place."""
        return self._by_place.get(id(place), {}).get(id(group))

    def add(self, mark: Mark) -> None:
        """Put a mark at its place."""
        self._by_place.setdefault(id(mark.place), {})[id(mark.group)] = mark
        self._notifier.listen(True)

    def remove(self, mark: Mark) -> None:
        """Take a mark away; with the last one nobody listens any more."""
        there = self._by_place.get(id(mark.place), {})
        if there.pop(id(mark.group), None) is not None and not there:
            del self._by_place[id(mark.place)]
        self._notifier.listen(bool(self._by_place))
