"""Counters that one side adds to and the other waits for. See eventfd(2), fs/eventfd.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN, EINVAL
from emu.kernel.fs.anon_inode import (
    COUNT_BYTES,
    AnonFile,
    anon_inode_file,
    anon_inode_fs,
    byte_order,
    put_u64,
)
from emu.kernel.uapi.fcntl import O_NONBLOCK, O_RDWR
from emu.kernel.uapi.poll import POLLERR, POLLIN, POLLOUT
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import PollTable, Result
    from emu.kernel.vfs.inode import Inode

ULLONG_MAX = (1 << 64) - 1


class EventCounter:
    """struct eventfd_ctx. A semaphore is taken from by one, another counter as a whole."""

    __slots__ = ("count", "identity", "semaphore", "wait")

    def __init__(self, count: int, semaphore: bool, identity: int) -> None:
        self.count = count
        self.semaphore = semaphore
        self.identity = identity
        self.wait = WaitQueue()

    def take(self) -> int:
        """What a read gives while the count is not 0."""
        taken = 1 if self.semaphore else self.count
        self.count -= taken
        self.wait.wake_up_all(POLLOUT)
        return taken

    def has_room(self, number: int) -> bool:
        """Whether so much can be added; the highest count is never reached by writing."""
        return ULLONG_MAX - self.count > number

    def add(self, number: int) -> None:
        """Add, and wake the readers."""
        self.count += number
        self.wait.wake_up_all(POLLIN)


class EventOperations(AnonFile):
    """An eventfd's file operations."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The count, or 1 of it, when there is one. EINVAL if the buffer is too short."""
        if buffer.count < COUNT_BYTES:
            raise EINVAL("less than 8 bytes")
        counter: EventCounter = file.private_data
        if counter.count:
            return put_u64(file, buffer, counter.take())
        if file.flags & O_NONBLOCK:
            raise EAGAIN
        return self._read_later(file, counter, buffer)

    async def _read_later(self, file: File, counter: EventCounter, buffer: Buffer) -> int:
        while not counter.count:
            await counter.wait.wait()
        return put_u64(file, buffer, counter.take())

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Add a number, when there is room for it. EINVAL unless it is exactly 8 bytes."""
        if buffer.count != COUNT_BYTES:
            raise EINVAL("not 8 bytes")
        counter: EventCounter = file.private_data
        number = int.from_bytes(buffer.copy_from(COUNT_BYTES), byte_order(file))
        if number == ULLONG_MAX:
            raise EINVAL("one more than can be added")
        if counter.has_room(number):
            counter.add(number)
            return COUNT_BYTES
        if file.flags & O_NONBLOCK:
            raise EAGAIN
        return self._write_later(counter, number)

    async def _write_later(self, counter: EventCounter, number: int) -> int:
        while not counter.has_room(number):
            await counter.wait.wait()
        counter.add(number)
        return COUNT_BYTES

    def poll(self, file: File, waits: PollTable | None) -> int:
        """By the count."""
        counter: EventCounter = file.private_data
        if waits is not None:
            waits.append(counter.wait)
        events = POLLIN if counter.count else 0
        if counter.count == ULLONG_MAX:
            events |= POLLERR
        if counter.has_room(1):
            events |= POLLOUT
        return events

    def release(self, inode: Inode, file: File) -> None:
        """Its id may be used again."""
        anon_inode_fs(file).free_id(file.private_data.identity)

    def show_fdinfo(self, file: File) -> bytes:
        """The count."""
        counter: EventCounter = file.private_data
        return b"eventfd-count: %16x\neventfd-id: %d\neventfd-semaphore: %d\n" % (
            counter.count,
            counter.identity,
            counter.semaphore,
        )


EVENT = EventOperations()


def create_eventfd(task: Task, count: int, semaphore: bool, flags: int) -> File:
    """A new eventfd. `flags` may hold O_NONBLOCK."""
    file = anon_inode_file(task, b"[eventfd]", EVENT, None, O_RDWR | flags)
    file.private_data = EventCounter(count, semaphore, anon_inode_fs(file).allocate_id())
    return file
