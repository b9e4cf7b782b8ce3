"""inotify(7): events are read from a descriptor. See fs/notify/inotify."""

from __future__ import annotations

import struct
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from emu.kernel.errno import EEXIST, EINVAL, EMFILE, ENOSPC
from emu.kernel.fs.anon_inode import anon_inode_file, byte_order
from emu.kernel.notify.event_file import EventOperations
from emu.kernel.notify.marks import Event, Mark
from emu.kernel.notify.notifier import notifier_of
from emu.kernel.uapi.notify import (
    FS_DELETE_SELF,
    FS_MOVE_SELF,
    IN_ALL_EVENTS,
    IN_EXCL_UNLINK,
    IN_IGNORED,
    IN_ISDIR,
    IN_MASK_ADD,
    IN_MASK_CREATE,
    IN_ONESHOT,
    IN_Q_OVERFLOW,
)
from emu.kernel.uapi.poll import POLLIN
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

EVENT_BYTES = 16
HEAD = {"little": struct.Struct("<iIII"), "big": struct.Struct(">iIII")}


class Queued(NamedTuple):
    """An event that waits to be read."""

    wd: int
    mask: int
    cookie: int
    name: bytes

    @property
    def padded(self) -> int:
        """How many bytes the name takes, which the next event must find aligned."""
        return -(-(len(self.name) + 1) // EVENT_BYTES) * EVENT_BYTES if self.name else 0


class InotifyGroup:
    """The watches of one inotify, and what they saw."""

    def __init__(self, task: Task) -> None:
        self.notifier = notifier_of(task.kernel.root_mount.vfs)
        self.limits = self.notifier.limits
        self.uid = task.cred.uid
        self.watches: dict[int, Mark] = {}
        self.queue: deque[Queued] = deque()
        self.wait = WaitQueue()
        self._last_wd = 0

    def add_watch(self, inode: Inode, mask: int) -> int:
        """Watch an inode, or change what is watched of it: the watch's number. EEXIST, ENOSPC."""
        marks = self.notifier.marks
        mark = marks.find(self, inode)
        if mark is not None:
            if mask & IN_MASK_CREATE:
                raise EEXIST("it is watched already")
            kept = mark.mask if mask & IN_MASK_ADD else 0
            mark.mask = kept | mask & IN_ALL_EVENTS
            mark.flags = (mark.flags if kept else 0) | mask & (IN_ONESHOT | IN_EXCL_UNLINK)
            return mark.wd
        watches = self.limits.watches
        if watches.get(self.uid, 0) >= self.limits.max_user_watches:
            raise ENOSPC("too many watches of this user")
        watches[self.uid] = watches.get(self.uid, 0) + 1
        mark = Mark(self, inode, mask & IN_ALL_EVENTS)
        mark.flags = mask & (IN_ONESHOT | IN_EXCL_UNLINK)
        self._last_wd += 1
        mark.wd = self._last_wd
        self.watches[mark.wd] = mark
        marks.add(mark)
        return mark.wd

    def remove_watch(self, wd: int) -> None:
        """Watch no longer. EINVAL for a number that no watch has."""
        mark = self.watches.get(wd)
        if mark is None:
            raise EINVAL("no such watch")
        self.notifier.marks.remove(mark)
        self.mark_gone(mark)

    def mark_gone(self, mark: Mark) -> None:
        """A watch is over: its last event says so."""
        if self.watches.pop(mark.wd, None) is not None:
            self.limits.watches[self.uid] -= 1
            self._put(Queued(mark.wd, IN_IGNORED, 0, b""))

    def handle(self, event: Event, marks: list[tuple[Mark, bool]]) -> None:
        """Queue an event for each watch that wants it, a directory's first."""
        for mark, of_child in marks:
            if not event.mask & mark.mask:
                continue
            unlinked = event.dentry is not None and event.dentry.dead
            if mark.flags & IN_EXCL_UNLINK and unlinked:
                continue
            told = event.mask
            if event.is_dir and not event.mask & (FS_DELETE_SELF | FS_MOVE_SELF):
                told |= IN_ISDIR
            name = event.name if of_child or event.is_dirent else b""
            self._put(Queued(mark.wd, told, event.cookie, name))
            if mark.flags & IN_ONESHOT:
                self.remove_watch(mark.wd)

    def close(self) -> None:
        """Nobody can read any more."""
        for mark in list(self.watches.values()):
            self.notifier.marks.remove(mark)
        self.limits.watches[self.uid] = self.limits.watches.get(self.uid, 0) - len(self.watches)
        self.watches.clear()
        self.limits.instances[self.uid] -= 1

    def _put(self, event: Queued) -> None:
        if self.queue and self.queue[-1]._replace(cookie=0) == event._replace(cookie=0):
            return
        limit = self.limits.max_queued_events
        if len(self.queue) >= limit:
            if len(self.queue) == limit:
                self.queue.append(Queued(-1, IN_Q_OVERFLOW, 0, b""))
            return
        self.queue.append(event)
        self.wait.wake_up_all(POLLIN)


class InotifyOperations(EventOperations):
    """An inotify's file operations."""

    def take(self, file: File, buffer: Buffer) -> int:
        """Events of a fixed part and a name."""
        group: InotifyGroup = file.private_data
        head = HEAD[byte_order(file)]
        done = 0
        while group.queue:
            event = group.queue[0]
            size = EVENT_BYTES + event.padded
            if size > buffer.count:
                if not done:
                    raise EINVAL("no room for one event")
                break
            packed = head.pack(event.wd, event.mask, event.cookie, event.padded)
            done += buffer.copy_to(packed + event.name.ljust(event.padded, b"\0"))
            group.queue.popleft()
        return done

    def waiting(self, file: File) -> int:
        """See `EventOperations.waiting`."""
        group: InotifyGroup = file.private_data
        return sum(EVENT_BYTES + event.padded for event in group.queue)

    def show_fdinfo(self, file: File) -> bytes:
        """The watches."""
        group: InotifyGroup = file.private_data
        return b"".join(
            b"inotify wd:%x ino:%x sdev:%x mask:%x ignored_mask:0 \n"
            % (mark.wd, mark.place.ino, mark.place.sb.dev, mark.mask)
            for mark in group.watches.values()
        )


INOTIFY = InotifyOperations()


def create_inotify(task: Task, flags: int) -> File:
    """A new inotify. `flags` may hold O_NONBLOCK. EMFILE for one too many of a user."""
    group = InotifyGroup(task)
    limits = group.limits
    count = limits.instances.get(group.uid, 0)
    if count >= limits.max_user_instances:
        raise EMFILE("too many inotifies of this user")
    limits.instances[group.uid] = count + 1
    return anon_inode_file(task, b"inotify", INOTIFY, group, flags)
