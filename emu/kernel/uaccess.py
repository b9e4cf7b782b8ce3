"""Where data goes to or comes from: user memory, or the kernel's own, behind one interface.

A buffer is consumed as it is used, like the kernel's iov_iter. A copy that meets a bad address
half way is short; only one that gets nowhere raises EFAULT.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from emu.arch.cpu import PAGE_SIZE
from emu.digit import ONE_DIGIT
from emu.kernel.errno import EFAULT
from emu.kernel.uapi.fs import MAX_RW_COUNT

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace

CHUNK = 1 << 20
"""How much is copied at once, so that a huge count costs no huge bytes object."""


class Buffer(Protocol):
    """What a file operation reads from or writes to. `count` is how many bytes are left."""

    count: int

    def copy_to(self, data: bytes | bytearray | memoryview) -> int:
        """Store bytes (at most `count`) at the front: how many. EFAULT if none."""

    def copy_from(self, count: int) -> bytes:
        """Take up to `count` bytes from the front. EFAULT if there are none to be had."""

    def views(self, access: int, limit: int = CHUNK) -> list[memoryview]:
        """The memory at the front itself, for host I/O; follow with `advance`. EFAULT."""

    def advance(self, count: int) -> None:
        """Step over bytes that `views` gave."""


def import_ubuf(mm: AddressSpace, address: int, count: int) -> UserBuffer:
    """User memory of `count` bytes, but of no more than a call may move. See import_ubuf.

    EFAULT if so many bytes cannot be there: see access_ok.
    """
    if count > ONE_DIGIT and count > MAX_RW_COUNT:
        if address + count > mm.task_size:
            raise EFAULT("more than there is of user memory")
        count = MAX_RW_COUNT
    buffer = UserBuffer()
    buffer.mm = mm
    buffer.address = address
    buffer.count = count
    return buffer


class UserBuffer:
    """User memory in one piece, `count` bytes from `address` on.

    `import_ubuf` makes it: an `__init__` would cost as much again, for every read and write.
    """

    __slots__ = ("address", "count", "mm")

    mm: AddressSpace
    address: int
    count: int

    def copy_to(self, data: bytes | bytearray | memoryview) -> int:
        """See `Buffer.copy_to`."""
        length = len(data)
        if length > self.count:
            return self.copy_to(data[: self.count])
        try:
            self.mm.write(self.address, data)
        except EFAULT:
            return self._copy_to_slowly(memoryview(data))
        self.address += length
        self.count -= length
        return length

    def copy_from(self, count: int) -> bytes:
        """See `Buffer.copy_from`."""
        if count > self.count:
            count = self.count
        try:
            data = self.mm.read(self.address, count)
        except EFAULT:
            return self._copy_from_slowly(count)
        self.address += count
        self.count -= count
        return data

    def front(self) -> tuple[int, int]:
        """The address and length of the piece at the front; follow with `advance`."""
        return self.address, self.count

    def views(self, access: int, limit: int = CHUNK) -> list[memoryview]:
        """See `Buffer.views`."""
        count = self.count
        return self.mm.views(self.address, count if count < limit else limit, access)

    def advance(self, count: int) -> None:
        """See `Buffer.advance`."""
        self.address += count
        self.count -= count

    def _copy_to_slowly(self, data: memoryview) -> int:
        """Page by page up to the one that faults."""
        done = 0
        try:
            while done < len(data):
                size = self._in_page(len(data) - done)
                self.mm.write(self.address, data[done : done + size])
                self.advance(size)
                done += size
        except EFAULT:
            if not done:
                raise
        return done

    def _copy_from_slowly(self, count: int) -> bytes:
        parts: list[bytes] = []
        try:
            while count > 0:
                size = self._in_page(count)
                parts.append(self.mm.read(self.address, size))
                self.advance(size)
                count -= size
        except EFAULT:
            if not parts:
                raise
        return b"".join(parts)

    def _in_page(self, limit: int) -> int:
        return min(limit, PAGE_SIZE - self.address % PAGE_SIZE)


class IovecBuffer:
    """User memory in several pieces: addresses and lengths."""

    __slots__ = ("_pieces", "count", "mm")

    def __init__(self, mm: AddressSpace, pieces: Sequence[tuple[int, int]]) -> None:
        self.mm = mm
        self._pieces = [import_ubuf(mm, address, length) for address, length in reversed(pieces)]
        self.count = sum(piece.count for piece in self._pieces)

    def copy_to(self, data: bytes | bytearray | memoryview) -> int:
        """See `Buffer.copy_to`."""
        data = memoryview(data)[: self.count]
        done, length = 0, len(data)
        try:
            while done < length:
                piece = self._front()
                size = min(piece.count, length - done)
                copied = piece.copy_to(data[done : done + size])
                self.count -= copied
                done += copied
                if copied < size:
                    break
        except EFAULT:
            if not done:
                raise
        return done

    def copy_from(self, count: int) -> bytes:
        """See `Buffer.copy_from`."""
        parts: list[bytes] = []
        left = min(count, self.count)
        try:
            while left:
                piece = self._front()
                size = min(piece.count, left)
                parts.append(data := piece.copy_from(size))
                self.count -= len(data)
                left -= len(data)
                if len(data) < size:
                    break
        except EFAULT:
            if not parts:
                raise
        return b"".join(parts)

    def front(self) -> tuple[int, int]:
        """The address and length of the piece at the front; follow with `advance`."""
        if not self.count:
            return 0, 0
        address, length = self._front().front()
        return address, min(length, self.count)

    def views(self, access: int, limit: int = CHUNK) -> list[memoryview]:
        """See `Buffer.views`."""
        views: list[memoryview] = []
        limit = min(limit, self.count)
        for piece in reversed(self._pieces):
            wanted = min(piece.count, limit)
            try:
                got = piece.views(access, wanted) if wanted else []
            except EFAULT:
                if not views:
                    raise
                break
            views += got
            limit -= wanted
            if not limit or sum(map(len, got)) < wanted:
                break
        return views

    def advance(self, count: int) -> None:
        """See `Buffer.advance`."""
        self.count -= count
        while count:
            piece = self._front()
            size = min(count, piece.count)
            piece.advance(size)
            count -= size

    def _front(self) -> UserBuffer:
        """The first piece that is not used up, or the last one."""
        while not self._pieces[-1].count and len(self._pieces) > 1:
            self._pieces.pop()
        return self._pieces[-1]


class KernelBuffer:
    """The kernel's own memory, for reads and writes that no program asked for directly."""

    __slots__ = ("_memory", "_position", "count")

    def __init__(self, memory: bytearray | bytes | memoryview) -> None:
        self._memory = memoryview(memory)
        self._position = 0
        self.count = len(memory)

    def copy_to(self, data: bytes | bytearray | memoryview) -> int:
        """See `Buffer.copy_to`."""
        length = min(len(data), self.count)
        self._memory[self._position : self._position + length] = data[:length]
        self.advance(length)
        return length

    def copy_from(self, count: int) -> bytes:
        """See `Buffer.copy_from`."""
        data = bytes(self._memory[self._position : self._position + min(count, self.count)])
        self.advance(len(data))
        return data

    def views(self, access: int, limit: int = CHUNK) -> list[memoryview]:
        """See `Buffer.views`."""
        return [self._memory[self._position : self._position + min(limit, self.count)]]

    def advance(self, count: int) -> None:
        """See `Buffer.advance`."""
        self._position += count
        self.count -= count


def copy_whole(buffer: Buffer, count: int) -> bytes:
    """Take exactly so many bytes from a buffer's front. EFAULT if one of them is not to be had."""
    data = buffer.copy_from(count)
    if len(data) < count:
        raise EFAULT
    return data
