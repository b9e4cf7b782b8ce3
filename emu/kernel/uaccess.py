"""Where data goes to or comes from: user memory, or the kernel's own, behind one interface.

A buffer is consumed as it is used, like the kernel's iov_iter. A copy that meets a bad address
half way is short; only one that gets nowhere raises EFAULT.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.errno import EFAULT

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


class UserBuffer:
    """User memory in one or several pieces."""

    __slots__ = ("_address", "_left", "_more", "count", "mm")

    def __init__(self, mm: AddressSpace, pieces: Sequence[tuple[int, int]]) -> None:
        self.mm = mm
        self._more: list[tuple[int, int]] = []
        if len(pieces) == 1:
            ((self._address, self._left),) = pieces
            self.count = self._left
            return
        self._more.extend(reversed(pieces))
        self._address, self._left = self._more.pop() if self._more else (0, 0)
        self.count = sum(length for _, length in pieces)

    def copy_to(self, data: bytes | bytearray | memoryview) -> int:
        """See `Buffer.copy_to`."""
        length = len(data)
        if length <= self._left:
            try:
                self.mm.write(self._address, data)
            except EFAULT:
                return self._copy_to_slowly(memoryview(data))
            self._address += length
            self._left -= length
            self.count -= length
            return length
        return self._copy_to_slowly(memoryview(data))

    def copy_from(self, count: int) -> bytes:
        """See `Buffer.copy_from`."""
        if count <= self._left:
            try:
                data = self.mm.read(self._address, count)
            except EFAULT:
                return self._copy_from_slowly(count)
            self._address += count
            self._left -= count
            self.count -= count
            return data
        return self._copy_from_slowly(min(count, self.count))

    def front(self) -> tuple[int, int]:
        """The address and length of the piece at the front; follow with `advance`."""
        self._next_piece()
        return self._address, self._left

    def views(self, access: int, limit: int = CHUNK) -> list[memoryview]:
        """See `Buffer.views`."""
        limit = min(limit, self.count)
        self._next_piece()
        if self._left >= limit or not self._more:
            return self.mm.views(self._address, min(self._left, limit), access)
        views: list[memoryview] = []
        for address, length in [(self._address, self._left), *reversed(self._more)]:
            wanted = min(length, limit)
            try:
                got = self.mm.views(address, wanted, access) if wanted else []
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
        while count > self._left:
            count -= self._left
            self._address, self._left = self._more.pop()
        self._address += count
        self._left -= count

    def _next_piece(self) -> None:
        while not self._left and self._more:
            self._address, self._left = self._more.pop()

    def _in_page(self, limit: int) -> int:
        """How much of the front piece lies in one page."""
        return min(self._left, limit, PAGE_SIZE - self._address % PAGE_SIZE)

    def _copy_to_slowly(self, data: memoryview) -> int:
        done, length = 0, min(len(data), self.count)
        try:
            while done < length:
                self._next_piece()
                size = self._in_page(length - done)
                self.mm.write(self._address, data[done : done + size])
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
                self._next_piece()
                size = self._in_page(count)
                parts.append(self.mm.read(self._address, size))
                self.advance(size)
                count -= size
        except EFAULT:
            if not parts:
                raise
        return b"".join(parts)


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
