"""fanotify(7): groups, their marks, and the events that wait. See fs/notify/fanotify."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, ENOENT
from emu.kernel.notify.marks import Event, Mark, Place
from emu.kernel.notify.notifier import notifier_of
from emu.kernel.uapi.notify import (
    FAN_EVENT_ON_CHILD,
    FAN_MARK_IGNORED_SURV_MODIFY,
    FAN_ONDIR,
    FAN_REPORT_DIR_FID,
    FAN_REPORT_FID,
    FAN_REPORT_TID,
    FAN_UNLIMITED_QUEUE,
    FS_ACCESS,
    FS_ATTRIB,
    FS_CLOSE_NOWRITE,
    FS_CLOSE_WRITE,
    FS_CREATE,
    FS_DELETE,
    FS_DELETE_SELF,
    FS_MODIFY,
    FS_MOVE_SELF,
    FS_MOVED_FROM,
    FS_MOVED_TO,
    FS_OPEN,
    FS_Q_OVERFLOW,
)
from emu.kernel.uapi.poll import POLLIN
from emu.kernel.wait import WaitQueue
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.path import VfsPath

MAX_QUEUED = 16384
MERGED_AMONG = 128
"""How many of the last events a new one may be merged with."""

FID_MODES = FAN_REPORT_FID | FAN_REPORT_DIR_FID
PATH_EVENTS = FS_ACCESS | FS_MODIFY | FS_CLOSE_WRITE | FS_CLOSE_NOWRITE | FS_OPEN
DIRENT_EVENTS = FS_CREATE | FS_DELETE | FS_MOVED_FROM | FS_MOVED_TO
INODE_EVENTS = DIRENT_EVENTS | FS_ATTRIB | FS_DELETE_SELF | FS_MOVE_SELF
"""Events that tell no descriptor, and so only groups that are told by file ids."""
EVENTS = PATH_EVENTS | INODE_EVENTS


@record(frozen=False, eq=False)
class FanEvent:
    """An event that waits to be read.

    `path` is what a descriptor is opened of. `inode`, and `directory` with `name`, are what ids
    are told of.
    """

    mask: int
    pid: int
    path: VfsPath | None = None
    inode: Inode | None = None
    directory: Inode | None = None
    name: bytes = b""

    def is_like(self, other: FanEvent) -> bool:
        """Whether both can be told as one."""
        mine, theirs = self.path, other.path
        return (
            self.pid == other.pid
            and self.mask & FAN_ONDIR == other.mask & FAN_ONDIR
            and (mine is None) == (theirs is None)
            and (mine is None or mine == theirs)
            and (self.inode, self.directory, self.name)
            == (other.inode, other.directory, other.name)
        )


class FanotifyGroup:
    """The marks of one fanotify, and what they saw. `flags` are those of fanotify_init(2)."""

    def __init__(self, task: Task, flags: int, event_flags: int, privileged: bool) -> None:
        self.notifier = notifier_of(task.kernel.root_mount.vfs)
        self.flags = flags
        self.event_flags = event_flags
        self.privileged = privileged
        self.queue: deque[FanEvent] = deque()
        self.wait = WaitQueue()
        self._marks: dict[int, Mark] = {}
        self._kernel = task.kernel

    @property
    def by_fid(self) -> bool:
        """Whether files are told by their ids, and not by descriptors."""
        return bool(self.flags & FID_MODES)

    def add(self, place: Place, mask: int, ignored: bool, flags: int) -> None:
        """Mark a place, or add to its mark; `ignored` events are those not to tell."""
        mark = self._marks.get(id(place))
        if mark is None:
            mark = self._marks[id(place)] = Mark(self, place, 0)
            self.notifier.marks.add(mark)
        if ignored:
            mark.ignored |= mask
            mark.flags |= flags & FAN_MARK_IGNORED_SURV_MODIFY
        else:
            mark.mask |= mask

    def remove(self, place: Place, mask: int, ignored: bool) -> None:
        """Take from a mark; one that wants no events any more is gone. ENOENT."""
        mark = self._marks.get(id(place))
        if mark is None:
            raise ENOENT("no such mark")
        if ignored:
            mark.ignored &= ~mask
        else:
            mark.mask &= ~mask
        if not (mark.mask | mark.ignored) & EVENTS:
            self._drop(mark)

    def flush(self, kind: type) -> None:
        """Take away all marks on places of a kind."""
        for mark in list(self._marks.values()):
            if isinstance(mark.place, kind):
                self._drop(mark)

    def close(self) -> None:
        """Nobody can read any more."""
        for mark in list(self._marks.values()):
            self._drop(mark)

    def mark_gone(self, mark: Mark) -> None:
        """The marked file is no more."""
        self._marks.pop(id(mark.place), None)

    def handle(self, event: Event, marks: list[tuple[Mark, bool]]) -> None:
        """Queue an event that a mark wants and none ignores."""
        wanted = ignored = 0
        for mark, of_child in marks:
            if event.mask & FS_MODIFY and not mark.flags & FAN_MARK_IGNORED_SURV_MODIFY:
                mark.ignored = 0
            ignored |= mark.ignored
            if of_child and not mark.mask & FAN_EVENT_ON_CHILD:
                continue
            if not event.is_dir or mark.mask & FAN_ONDIR:
                wanted |= mark.mask
        mask = event.mask & wanted & ~ignored & EVENTS
        if not mask:
            return
        task = self._kernel.sched.current
        pid = 0 if task is None else task.pid if self.flags & FAN_REPORT_TID else task.tgid
        if not self.by_fid:
            if event.path is not None:
                self._put(FanEvent(mask, pid, event.path))
            return
        inode = event.inode if self.flags & FAN_REPORT_FID and not event.is_dirent else None
        directory, name = event.directory, event.name
        if not self.flags & FAN_REPORT_DIR_FID:
            inode, directory, name = event.inode, None, b""
            if event.is_dirent:
                inode = event.directory
        elif event.is_dir and not event.is_dirent:
            directory, name = event.inode, b"."
        mask |= FAN_ONDIR if event.is_dir else 0
        self._put(FanEvent(mask, pid, None, inode, directory, name))

    def _put(self, event: FanEvent) -> None:
        for number, waiting in enumerate(reversed(self.queue)):
            if number == MERGED_AMONG:
                break
            if waiting.is_like(event):
                waiting.mask |= event.mask
                return
        if len(self.queue) >= MAX_QUEUED and not self.flags & FAN_UNLIMITED_QUEUE:
            if len(self.queue) == MAX_QUEUED:
                self.queue.append(FanEvent(FS_Q_OVERFLOW, 0))
            return
        self.queue.append(event)
        self.wait.wake_up_all(POLLIN)

    def _drop(self, mark: Mark) -> None:
        self._marks.pop(id(mark.place), None)
        self.notifier.marks.remove(mark)


def check_mask(group: FanotifyGroup, mask: int, on_mount: bool) -> None:
    """EINVAL for events that a group cannot be told."""
    if mask & ~(EVENTS | FAN_EVENT_ON_CHILD | FAN_ONDIR):
        raise EINVAL("unknown events")
    if mask & INODE_EVENTS and (not group.by_fid or on_mount):
        raise EINVAL("events that only file ids tell")
