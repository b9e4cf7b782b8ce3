"""A stream's bytes that wait: in the pieces in which they came, so that none are copied."""

from __future__ import annotations

from collections import deque


class ByteQueue:
    """Bytes in order. `skipped` of the first piece's are gone already."""

    __slots__ = ("length", "pieces", "skipped")

    def __init__(self) -> None:
        self.pieces: deque[bytes] = deque()
        self.skipped = 0
        self.length = 0

    def __len__(self) -> int:
        return self.length

    def append(self, data: bytes) -> None:
        """Add a piece at the end."""
        self.pieces.append(data)
        self.length += len(data)

    def peek(self, offset: int, count: int) -> bytes:
        """A copy of bytes from an offset on; fewer if there are not so many."""
        found = []
        offset += self.skipped
        for piece in self.pieces:
            if offset >= len(piece):
                offset -= len(piece)
                continue
            part = piece[offset : offset + count]
            found.append(part)
            count -= len(part)
            offset = 0
            if not count:
                break
        return found[0] if len(found) == 1 else b"".join(found)

    def first(self) -> bytes | memoryview:
        """What is left of the first piece, not copied."""
        piece = self.pieces[0]
        return memoryview(piece)[self.skipped :] if self.skipped else piece

    def drop(self, count: int) -> None:
        """Forget the first bytes."""
        self.length -= count
        count += self.skipped
        pieces = self.pieces
        while pieces and count >= len(pieces[0]):
            count -= len(pieces.popleft())
        self.skipped = count

    def move_to(self, other: ByteQueue, count: int) -> None:
        """Move the first bytes to another queue's end; whole pieces are not copied."""
        while count:
            first = self.first()
            part = first if len(first) <= count else first[:count]
            other.append(part if isinstance(part, bytes) else bytes(part))
            count -= len(part)
            self.drop(len(part))

    def clear(self) -> None:
        """Forget all."""
        self.pieces.clear()
        self.skipped = self.length = 0
