"""The buffer of a pipe: bytes on their way, and who waits for them or for room."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from emu.kernel.errno import EBUSY, EFAULT, EINVAL, EPERM
from emu.kernel.uapi.fs import PIPE_BUF
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.inode import Inode

PIPE_SIZE = 65536
PIPE_MAX_SIZE = 1 << 20


class Pipe:
    """The bytes on their way, and who waits for them or for room."""

    def __init__(self) -> None:
        self.chunks: deque[bytes] = deque()
        self.used = 0
        self.size = PIPE_SIZE
        self.readers = 0
        self.writers = 0
        self.reader_opens = 0
        self.writer_opens = 0
        self.read_wait = WaitQueue()
        self.write_wait = WaitQueue()

    def put(self, data: bytes) -> None:
        """Append bytes and wake a reader."""
        self.chunks.append(data)
        self.used += len(data)
        self.read_wait.wake_up_all()

    def take_into(self, buffer: Buffer) -> int:
        """Move bytes to a reader: how many. EFAULT if none could be stored."""
        done = 0
        chunks = self.chunks
        while chunks and buffer.count:
            chunk = chunks[0]
            piece = chunk if len(chunk) <= buffer.count else chunk[: buffer.count]
            try:
                copied = buffer.copy_to(piece)
            except EFAULT:
                if not done:
                    raise
                break
            if copied == len(chunk):
                chunks.popleft()
            else:
                chunks[0] = chunk[copied:]
            done += copied
            if copied < len(piece):
                break
        self.used -= done
        if done:
            self.write_wait.wake_up_all()
        return done

    def set_size(self, size: int, may_exceed: bool) -> int:
        """Change the capacity to a power of two of at least `size`: see pipe_set_size."""
        if size > 1 << 31:
            raise EINVAL("no pipe is that large")
        rounded = max(PIPE_BUF, 1 << (max(size, 1) - 1).bit_length())
        if rounded > self.size and rounded > PIPE_MAX_SIZE and not may_exceed:
            raise EPERM("above fs.pipe-max-size")
        if rounded > PIPE_MAX_SIZE << 4:
            raise EPERM("no pipe is that large")
        if rounded < self.used:
            raise EBUSY("there is more in the pipe than that")
        self.size = rounded
        self.write_wait.wake_up_all()
        return rounded


def pipe_of(inode: Inode) -> Pipe:
    """The pipe of a fifo's inode, made with its first opening."""
    if not isinstance(inode.private, Pipe):
        inode.private = Pipe()
    return inode.private
