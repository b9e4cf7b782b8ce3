"""Epolls: sets of watched files, and the list of those that may be ready. See fs/eventpoll.c.

An entry is a watcher on its file's wait queues. Being told puts it on the ready list, so that
waiting looks only at what changed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.errno import ENOSPC, KernelError
from emu.kernel.fs.anon_inode import AnonFile, anon_inode_file, anon_inode_fs
from emu.kernel.uapi.epoll import (
    EP_PRIVATE_BITS,
    EPOLLET,
    EPOLLEXCLUSIVE,
    EPOLLINOUT_BITS,
    EPOLLONESHOT,
)
from emu.kernel.uapi.fcntl import O_RDWR
from emu.kernel.uapi.poll import POLLIN, POLLRDNORM
from emu.kernel.vfs.dev import MAJOR, MINOR
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import PollTable
    from emu.kernel.vfs.inode import Inode

Put = Callable[[int, int], None]
"""Gives the caller one ready file's events and data. EFAULT."""


class Entry:
    """One watched file. See struct epitem."""

    __slots__ = ("_queues", "data", "epoll", "events", "exclusive", "fd", "file")

    def __init__(self, epoll: Epoll, file: File, fd: int, events: int, data: int) -> None:
        self.epoll = epoll
        self.file = file
        self.fd = fd
        self.events = events
        self.data = data
        self.exclusive = bool(events & EPOLLEXCLUSIVE)
        self._queues: list[WaitQueue] = []

    @property
    def wanted(self) -> bool:
        """Whether a task sleeps until this file is ready, here or on an epoll around this one."""
        epoll = self.epoll
        if len(epoll.wait) or len(epoll.poll_wait):
            return True
        return any(outer.wanted for outer in epoll.poll_wait.watchers)

    def attach(self) -> int:
        """Begin to be told of changes; what is ready already."""
        ready = self.file.f_op.poll(self.file, self._queues) & self.events
        for queue in self._queues:
            queue.watch(self)
        return ready

    def detach(self) -> None:
        """Be told no longer."""
        for queue in self._queues:
            queue.unwatch(self)

    def forget(self) -> None:
        """The file is being released: see eventpoll_release_file."""
        self.epoll.remove(self)

    def look(self) -> int:
        """What is ready now, of what was asked for."""
        return self.file.f_op.poll(self.file, None) & self.events

    def notify(self, events: int) -> bool:
        """See ep_poll_callback. True if that is enough of exclusive watchers."""
        if not self.events & ~EP_PRIVATE_BITS or (events and not events & self.events):
            return False
        epoll = self.epoll
        enough = not self.exclusive
        if len(epoll.wait) and self.exclusive:
            which = events & EPOLLINOUT_BITS
            enough = not which or (which != EPOLLINOUT_BITS and bool(which & self.events))
        epoll.make_ready(self)
        return enough


class Epoll:
    """struct eventpoll. `ready` is in the order in which its entries became ready."""

    __slots__ = ("entries", "file", "poll_wait", "ready", "uid", "wait")

    def __init__(self, file: File, uid: int) -> None:
        self.file = file
        self.uid = uid
        self.entries: dict[tuple[File, int], Entry] = {}
        self.ready: OrderedDict[Entry, None] = OrderedDict()
        self.wait = WaitQueue()
        """Who sleeps in epoll_wait."""
        self.poll_wait = WaitQueue()
        """Who polls the epoll itself."""

    def make_ready(self, entry: Entry) -> None:
        """Put an entry on the ready list, and wake one sleeper for it."""
        self.ready[entry] = None
        self.wait.wake_up(1)
        self.poll_wait.wake_up_all(POLLIN)

    def insert(self, file: File, fd: int, events: int, data: int) -> Entry:
        """Watch one more file. ENOSPC if the user watches too many."""
        fs = anon_inode_fs(self.file)
        watches = fs.epoll_watches.get(self.uid, 0)
        if watches >= fs.max_user_watches:
            raise ENOSPC("the user watches too many files")
        fs.epoll_watches[self.uid] = watches + 1
        entry = Entry(self, file, fd, events, data)
        self.entries[file, fd] = entry
        if file.epoll_entries is None:
            file.epoll_entries = {}
        file.epoll_entries[entry] = None
        if entry.attach() and entry not in self.ready:
            self.make_ready(entry)
        return entry

    def modify(self, entry: Entry, events: int, data: int) -> None:
        """Watch a file for other events."""
        entry.events = events
        entry.data = data
        if entry.look() and entry not in self.ready:
            self.make_ready(entry)

    def remove(self, entry: Entry) -> None:
        """Watch a file no longer."""
        entry.detach()
        self.ready.pop(entry, None)
        del self.entries[entry.file, entry.fd]
        if entry.file.epoll_entries is not None:
            entry.file.epoll_entries.pop(entry, None)
        anon_inode_fs(self.file).epoll_watches[self.uid] -= 1

    def is_ready(self) -> bool:
        """Whether a file is ready; entries that are not after all leave the list."""
        while self.ready:
            entry = next(iter(self.ready))
            if entry.look():
                return True
            self.ready.pop(entry, None)
        return False

    def send_events(self, limit: int, put: Put) -> int:
        """Give up to `limit` ready files; how many. See ep_send_events. EFAULT if none."""
        ready = self.ready
        sent = 0
        again: list[Entry] = []
        try:
            for _ in range(len(ready)):
                if sent == limit or not ready:
                    break
                entry, _ = ready.popitem(last=False)
                events = entry.look()
                if not events:
                    continue
                try:
                    put(events, entry.data)
                except KernelError:
                    ready[entry] = None
                    ready.move_to_end(entry, last=False)
                    raise
                sent += 1
                if entry.events & EPOLLONESHOT:
                    entry.events &= EP_PRIVATE_BITS
                elif not entry.events & EPOLLET:
                    again.append(entry)
        except KernelError:
            if not sent:
                raise
        finally:
            ready.update(dict.fromkeys(again))
            if ready:
                self.wait.wake_up(1)
        return sent


class EpollOperations(AnonFile):
    """An epoll's file operations."""

    def poll(self, file: File, waits: PollTable | None) -> int:
        """Readable while a watched file is ready."""
        epoll: Epoll = file.private_data
        if waits is not None:
            waits.append(epoll.poll_wait)
        return POLLIN | POLLRDNORM if epoll.is_ready() else 0

    def release(self, inode: Inode, file: File) -> None:
        """Watch nothing any more."""
        epoll: Epoll = file.private_data
        for entry in list(epoll.entries.values()):
            epoll.remove(entry)

    def show_fdinfo(self, file: File) -> bytes:
        """A line for each watched file."""
        epoll: Epoll = file.private_data
        return b"".join(
            b"tfd: %8d events: %8x data: %16x  pos:%d ino:%x sdev:%x\n"
            % (e.fd, e.events, e.data, e.file.pos, e.file.inode.ino, _kernel_dev(e.file))
            for e in sorted(epoll.entries.values(), key=lambda entry: entry.fd)
        )


EPOLL = EpollOperations()


def create_epoll(task: Task) -> File:
    """A new epoll that watches nothing."""
    file = anon_inode_file(task, b"[eventpoll]", EPOLL, None, O_RDWR)
    file.private_data = Epoll(file, task.cred.uid)
    return file


def _kernel_dev(file: File) -> int:
    """The device number as the kernel itself has it: MAJOR << 20 | MINOR."""
    dev = file.inode.sb.dev
    return MAJOR(dev) << 20 | MINOR(dev)
