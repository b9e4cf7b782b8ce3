"""Leases: being told before somebody else uses a file. See F_SETLEASE in fcntl(2)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.errno import EACCES, EAGAIN, EINVAL
from emu.kernel.signal.sigio import own_by_default, send_sigio
from emu.kernel.uapi.capability import CAP_LEASE
from emu.kernel.uapi.fcntl import F_RDLCK, F_UNLCK, F_WRLCK
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE
from emu.kernel.vfs.locks import locks_of
from emu.kernel.wait import WaitQueue
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

LEASE_BREAK_NS = 45 * 10**9
"""How long a holder has to give up its lease: /proc/sys/fs/lease-break-time."""


@record(frozen=False)
class Lease:
    """What an open file holds. `target` is what it must become before `deadline_ns`."""

    file: File
    fd: int
    kind: int
    target: int | None = None
    deadline_ns: int = 0


class Leases:
    """The leases on one inode."""

    def __init__(self, inode: Inode) -> None:
        self._inode = inode
        self._held: list[Lease] = []
        self._changed = WaitQueue()

    def kind(self, file: File) -> int:
        """What an open file holds, or is to hold while its lease is being broken."""
        lease = self._of(file)
        if lease is None:
            return F_UNLCK
        return lease.kind if lease.target is None else lease.target

    def set(self, task: Task, fd: int, file: File, kind: int) -> None:
        """Take, change or give back a lease. EAGAIN if others use the file."""
        lease = self._of(file)
        if kind == F_UNLCK:
            if lease is None:
                raise EAGAIN("there is no lease")
            self.forget(file)
            return
        self._check(file, kind)
        if lease is None:
            self._held.append(Lease(file, fd, kind))
            own_by_default(task, file)
            return
        lease.kind = kind
        if lease.target == kind:
            lease.target = None
        self._changed.wake_up_all()

    def forget(self, file: File) -> None:
        """An open file is released, or gives its lease back."""
        self._held = [lease for lease in self._held if lease.file is not file]
        self._changed.wake_up_all()

    def begin_break(self, write: bool, nonblock: bool) -> Awaitable[None] | None:
        """Ask the holders to make way for an open or truncation; None if nobody is in the way.

        EAGAIN instead of something to wait for with `nonblock`.
        """
        target = F_UNLCK if write else F_RDLCK
        in_the_way = self._in_the_way(write)
        if not in_the_way:
            return None
        clock = self._inode.sb.vfs.kernel.clock
        for lease in in_the_way:
            if lease.target in (F_UNLCK, target):
                continue
            lease.target = target
            lease.deadline_ns = clock.monotonic_ns() + LEASE_BREAK_NS
            send_sigio(lease.file, lease.fd, "POLL_MSG")
        if nonblock:
            raise EAGAIN("leased")
        return self._wait(write)

    async def _wait(self, write: bool) -> None:
        clock = self._inode.sb.vfs.kernel.clock
        while in_the_way := self._in_the_way(write):
            left = min(lease.deadline_ns for lease in in_the_way) - clock.monotonic_ns()
            if left > 0:
                await self._changed.wait(left)
                continue
            for lease in in_the_way:
                if lease.deadline_ns <= clock.monotonic_ns():
                    self._take_away(lease)

    def _take_away(self, lease: Lease) -> None:
        """The holder took too long."""
        if lease.target == F_RDLCK:
            lease.kind, lease.target = F_RDLCK, None
            self._changed.wake_up_all()
        else:
            self.forget(lease.file)

    def _in_the_way(self, write: bool) -> list[Lease]:
        return [lease for lease in self._held if write or lease.kind == F_WRLCK]

    def _of(self, file: File) -> Lease | None:
        return next((lease for lease in self._held if lease.file is file), None)

    def _check(self, file: File, kind: int) -> None:
        """EAGAIN if the file is open in ways, or leased to others, that forbid a lease."""
        inode = self._inode
        writes = bool(file.mode & FMODE_WRITE)
        if kind == F_RDLCK:
            if inode.write_count > 0:
                raise EAGAIN("open for writing")
        else:
            reads = not writes and bool(file.mode & FMODE_READ)
            readers = inode.open_count - max(0, inode.write_count)
            if max(0, inode.write_count) != writes or readers != reads:
                raise EAGAIN("opened by others")
        for lease in self._held:
            if lease.file is not file and (kind == F_WRLCK or lease.target == F_UNLCK):
                raise EAGAIN("leased to others")


def fcntl_setlease(task: Task, fd: int, file: File, kind: int) -> None:
    """F_SETLEASE. EINVAL, EACCES, EAGAIN."""
    if kind not in (F_RDLCK, F_WRLCK, F_UNLCK):
        raise EINVAL("no such kind of lease")
    inode = file.inode
    if inode.uid != task.cred.fsuid and not task.cred.capable(CAP_LEASE):
        raise EACCES("another's file")
    if not inode.is_regular:
        raise EINVAL("only regular files are leased")
    locks = locks_of(inode)
    if locks.leases is None:
        locks.leases = Leases(inode)
    locks.leases.set(task, fd, file, kind)


def fcntl_getlease(file: File) -> int:
    """F_GETLEASE."""
    locks = file.inode.locks
    return F_UNLCK if locks is None or locks.leases is None else locks.leases.kind(file)
