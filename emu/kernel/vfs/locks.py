"""Advisory locks: POSIX record locks, open file description locks, and flock. See fs/locks.c."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN, EDEADLK
from emu.kernel.uapi.fcntl import F_UNLCK, F_WRLCK
from emu.kernel.wait import WaitQueue
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.leases import Leases

OFFSET_MAX = (1 << 63) - 1
OFD_PID = -1

Owner = object
"""A table of descriptors for POSIX locks, an open file for the other two."""


@record(frozen=False)
class FileLock:
    """A lock on the bytes `start` to `end` inclusive. `pid` is -1 for OFD locks."""

    owner: Owner
    kind: int
    start: int
    end: int
    pid: int

    def overlaps(self, other: FileLock) -> bool:
        """Whether they have a byte in common."""
        return self.start <= other.end and other.start <= self.end

    def conflicts(self, other: FileLock) -> bool:
        """Whether both cannot be held at once."""
        return (
            self.owner is not other.owner
            and F_WRLCK in (self.kind, other.kind)
            and self.overlaps(other)
        )


class FileLocks:
    """The locks and leases of one inode. flock and record locks do not see each other."""

    def __init__(self, waiting: dict[Owner, FileLock]) -> None:
        self.waiting = waiting
        """What each owner waits for, in all files: see posix_locks_deadlock."""
        self.leases: Leases | None = None
        self.records: list[FileLock] = []
        self.flocks: list[FileLock] = []
        self.wanted: list[FileLock] = []
        """What those who wait wait for."""
        self.changed = WaitQueue()

    def test(self, lock: FileLock) -> FileLock | None:
        """The first record lock that is in the way of one."""
        found = [held for held in self.records if held.conflicts(lock)]
        return min(found, key=lambda held: held.start) if found else None

    def set(self, lock: FileLock) -> None:
        """Set or clear a record lock, replacing what its owner holds there. EAGAIN."""
        if lock.kind != F_UNLCK and self.test(lock) is not None:
            raise EAGAIN
        self.records = list(_without(self.records, lock))
        if lock.kind != F_UNLCK:
            self.records.append(lock)
            self._merge(lock)
        self.changed.wake_up_all()

    async def set_later(self, lock: FileLock) -> int:
        """Set a record lock as soon as that is possible. EDEADLK."""
        while True:
            in_the_way = self.test(lock)
            if in_the_way is None:
                self.set(lock)
                return 0
            if lock.pid != OFD_PID and self._would_deadlock(lock.owner, in_the_way):
                raise EDEADLK
            self.waiting[lock.owner] = in_the_way
            self.wanted.append(lock)
            try:
                await self.changed.wait()
            finally:
                self.waiting.pop(lock.owner, None)
                self.wanted.remove(lock)

    def set_flock(self, file: File, kind: int) -> bool:
        """Set, change or clear the flock of an open file: whether it could be done."""
        others = [held for held in self.flocks if held.owner is not file]
        if kind != F_UNLCK and any(F_WRLCK in (kind, held.kind) for held in others):
            return False
        if kind != F_UNLCK:
            holder = file.inode.sb.vfs.kernel.sched.current
            pid = holder.tgid if holder is not None else 0
            others.append(FileLock(file, kind, 0, OFFSET_MAX, pid))
        self.flocks = others
        self.changed.wake_up_all()
        return True

    def drop_flock(self, file: File) -> None:
        """Clear the flock of an open file: what a change of its kind begins with."""
        self.set_flock(file, F_UNLCK)

    async def set_flock_later(self, file: File, kind: int) -> int:
        """Set a flock as soon as that is possible."""
        while not self.set_flock(file, kind):
            await self.changed.wait()
        return 0

    def forget_owner(self, owner: Owner) -> None:
        """Clear the record locks of a process, which closed a descriptor of the file."""
        kept = [held for held in self.records if held.owner is not owner]
        if len(kept) != len(self.records):
            self.records = kept
            self.changed.wake_up_all()

    def forget_file(self, file: File) -> None:
        """Clear all locks of an open file that is released."""
        self.forget_owner(file)
        self.drop_flock(file)
        if self.leases is not None:
            self.leases.forget(file)

    def _merge(self, lock: FileLock) -> None:
        """Join a new lock with its owner's neighbours of the same kind."""
        for held in self.records[:]:
            if (
                held is not lock
                and held.owner is lock.owner
                and held.kind == lock.kind
                and (held.end + 1 == lock.start or lock.end + 1 == held.start)
            ):
                lock.start, lock.end = min(lock.start, held.start), max(lock.end, held.end)
                self.records.remove(held)

    def _would_deadlock(self, owner: Owner, in_the_way: FileLock) -> bool:
        seen: set[int] = set()
        blocker: FileLock | None = in_the_way
        while blocker is not None and id(blocker.owner) not in seen:
            if blocker.owner is owner:
                return True
            seen.add(id(blocker.owner))
            blocker = self.waiting.get(blocker.owner)
        return False


def locks_of(inode: Inode) -> FileLocks:
    """The locks of an inode, made with the first."""
    if inode.locks is None:
        inode.locks = FileLocks(inode.sb.vfs.waiting_for_locks)
    return inode.locks


def _without(records: list[FileLock], hole: FileLock) -> Iterator[FileLock]:
    """The locks that stay when the owner of `hole` gives up those bytes."""
    for held in records:
        if held.owner is not hole.owner or not held.overlaps(hole):
            yield held
            continue
        if held.start < hole.start:
            yield FileLock(held.owner, held.kind, held.start, hole.start - 1, held.pid)
        if held.end > hole.end:
            yield FileLock(held.owner, held.kind, hole.end + 1, held.end, held.pid)
