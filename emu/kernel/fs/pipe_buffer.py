"""The buffers of a pipe: bytes on their way, and who waits for them or for room. See fs/pipe.c.

A pipe's capacity is a number of slots of one page. A write begins a new slot unless its odd end
fits into the last one, so that how much a full pipe holds depends on the sizes of the writes.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SHIFT, PAGE_SIZE
from emu.kernel.errno import EBUSY, EFAULT, EINVAL, EPERM
from emu.kernel.uaccess import KernelBuffer
from emu.kernel.uapi.poll import POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.inode import Inode

PIPE_DEF_BUFFERS = 16
PIPE_MAX_SIZE = 1 << 20
LARGEST_PIPE = PIPE_MAX_SIZE << 4
"""What even the privileged cannot exceed: the host has to hold it."""

_OFFSET = PAGE_SIZE - 1


class PipeMemory:
    """What the pipes of a machine may hold: `limit` bytes together, `max_size` each."""

    __slots__ = ("limit", "max_size", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self.max_size = PIPE_MAX_SIZE


class PipeBuffer:
    """The bytes of one write, in as many slots as they have pages; or one packet.

    One that is `closed` takes no more bytes.
    """

    __slots__ = ("closed", "data", "packet", "start")

    def __init__(self, data: bytes, packet: bool, closed: bool = False) -> None:
        self.data: bytes | bytearray = data
        self.start = 0
        self.packet = packet
        self.closed = packet or closed

    def __len__(self) -> int:
        return len(self.data) - self.start

    @property
    def slots(self) -> int:
        """How many slots it occupies: pages that were read are free."""
        return (len(self.data) + _OFFSET >> PAGE_SHIFT) - (self.start >> PAGE_SHIFT)

    def append(self, data: bytes) -> None:
        """Add bytes for which there is room; they are copied only once somebody does so."""
        if isinstance(self.data, bytes):
            self.data = bytearray(self.data)
        self.data += data

    def has_room(self, count: int) -> bool:
        """Whether so many bytes fit into the last page."""
        end = len(self.data) & _OFFSET
        return bool(end) and not self.closed and end + count <= PAGE_SIZE


class Pipe:
    """The bytes on their way, and who waits for them or for room."""

    def __init__(self, memory: PipeMemory) -> None:
        self.memory = memory
        self.buffers: deque[PipeBuffer] = deque()
        self.used = 0
        self.slots = 0
        self.max_slots = PIPE_DEF_BUFFERS
        self.readers = 0
        self.writers = 0
        self.reader_opens = 0
        self.writer_opens = 0
        self.read_wait = WaitQueue()
        self.write_wait = WaitQueue()

    @property
    def size(self) -> int:
        """The capacity in bytes, if all slots are filled."""
        return self.max_slots << PAGE_SHIFT

    @property
    def is_full(self) -> bool:
        """Whether no slot is free."""
        return self.slots >= self.max_slots

    def merge_from(self, buffer: Buffer) -> int:
        """Take the odd end of a write into the last slot, if it fits there: how many bytes."""
        count = buffer.count & _OFFSET
        if not count or not self.buffers:
            return 0
        last = self.buffers[-1]
        if not last.has_room(count):
            return 0
        data = buffer.copy_from(count)
        last.append(data)
        self._added(len(data))
        return len(data)

    def put_from(self, buffer: Buffer, packets: bool) -> int:
        """Take as much of a write as there are slots for: how many bytes. EFAULT."""
        slots = self.max_slots - self.slots
        if packets:
            slots = min(slots, 1)
        data = buffer.copy_from(min(buffer.count, slots << PAGE_SHIFT))
        if not data:
            return 0
        added = PipeBuffer(data, packets)
        self.buffers.append(added)
        self.slots += added.slots
        self._added(len(data))
        return len(data)

    def _added(self, count: int) -> None:
        self.used += count
        self.memory.used += count
        self.read_wait.wake_up_all(POLLIN | POLLRDNORM)

    def take_into(self, buffer: Buffer) -> int:
        """Move bytes to a reader, of packets one at most: how many. EFAULT if none."""
        done = 0
        was_full = self.is_full
        while self.buffers and buffer.count:
            first = self.buffers[0]
            try:
                copied, ended = self._take_first(first, buffer)
            except EFAULT:
                if not done:
                    raise
                break
            done += copied
            if ended:
                break
        if was_full and not self.is_full:
            self.write_wait.wake_up_all(POLLOUT | POLLWRNORM)
        return done

    def _take_first(self, first: PipeBuffer, buffer: Buffer) -> tuple[int, bool]:
        """Copy from the first buffer: how many bytes, and whether the read ends there."""
        wanted = min(len(first), buffer.count)
        whole = wanted == len(first.data)
        data = first.data if whole else first.data[first.start : first.start + wanted]
        copied = buffer.copy_to(data)
        gone = len(first) if first.packet and copied == wanted else copied
        before = first.slots
        first.start += gone
        if not len(first):
            self.buffers.popleft()
            self.slots -= before
        else:
            self.slots -= before - first.slots
        self.used -= gone
        self.memory.used -= gone
        return copied, first.packet or copied < wanted

    def take(self, count: int) -> bytes:
        """Take up to so many bytes, which may go back with `put_back`."""
        memory = bytearray(min(count, self.used))
        return bytes(memory[: self.take_into(KernelBuffer(memory))])

    def put_back(self, data: bytes) -> None:
        """Put bytes to the front that nobody wanted."""
        if data:
            first = PipeBuffer(data, False, closed=True)
            self.buffers.appendleft(first)
            self.slots += first.slots
            self._added(len(data))

    def put(self, data: bytes) -> None:
        """Append bytes that came from a file or another pipe, in slots of their own."""
        added = PipeBuffer(data, False, closed=True)
        self.buffers.append(added)
        self.slots += added.slots
        self._added(len(data))

    def look(self, count: int) -> bytes:
        """Up to so many bytes, which stay."""
        found = bytearray()
        for buffer in self.buffers:
            if len(found) >= count:
                break
            found += buffer.data[buffer.start :]
        return bytes(found[:count])

    def discard(self) -> None:
        """Nobody has the pipe open any more: what is in it is lost."""
        self.memory.used -= self.used
        self.used = self.slots = 0
        self.buffers.clear()

    def set_size(self, size: int, may_exceed: bool) -> int:
        """Change the capacity to a power of two of at least `size`: see pipe_set_size."""
        rounded = round_pipe_size(size)
        if rounded > self.size and rounded > self.memory.max_size and not may_exceed:
            raise EPERM("above fs.pipe-max-size")
        if rounded > LARGEST_PIPE:
            raise EPERM("no pipe is that large")
        slots = rounded >> PAGE_SHIFT
        if slots < self.slots:
            raise EBUSY("there is more in the pipe than that")
        self.max_slots = slots
        self.write_wait.wake_up_all()
        return rounded


def round_pipe_size(size: int) -> int:
    """The capacity that a pipe gets when `size` is asked for. EINVAL."""
    if size > 1 << 31:
        raise EINVAL("no pipe is that large")
    return max(PAGE_SIZE, 1 << (max(size, 1) - 1).bit_length())


def pipe_of(inode: Inode) -> Pipe:
    """The pipe of a fifo's inode, made with its first opening."""
    if not isinstance(inode.private, Pipe):
        inode.private = Pipe(inode.sb.vfs.pipe_memory)
    return inode.private
