"""Moving bytes between host files and frames, without a copy of our own."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.arch.cpu import ACCESS_READ, ACCESS_WRITE, PAGE_SHIFT, PAGE_SIZE
from emu.kernel.errno import EFAULT
from emu.kernel.fs.host_errors import from_host
from emu.kernel.uaccess import CHUNK

if TYPE_CHECKING:
    from emu.kernel.fs.layer import LayerNode
    from emu.kernel.uaccess import Buffer

MAX_PIECES = 1024  # IOV_MAX


HostTransfer = Callable[[int, list[memoryview], int], int]


def read_host(fd: int, buffer: Buffer, pos: int, count: int) -> int:
    """Read from a host file into a buffer: how many bytes. EFAULT if none could be stored."""
    return _transfer(os.preadv, fd, buffer, pos, count, ACCESS_WRITE)


def write_host(fd: int, buffer: Buffer, pos: int) -> int:
    """Write a buffer to a host file: how many bytes. EFAULT if none could be read."""
    return _transfer(os.pwritev, fd, buffer, pos, buffer.count, ACCESS_READ)


def _transfer(
    transfer: HostTransfer, fd: int, buffer: Buffer, pos: int, count: int, access: int
) -> int:
    """Move bytes between a host file and a buffer's own memory until either comes to its end."""
    done = 0
    while done < count:
        try:
            views = buffer.views(access, min(count - done, CHUNK))[:MAX_PIECES]
        except EFAULT:
            if not done:
                raise
            break
        wanted = sum(map(len, views))
        try:
            moved = transfer(fd, views, pos)
        except OSError as error:
            if not done:
                raise from_host(error) from None
            break
        buffer.advance(moved)
        done += moved
        pos += moved
        if moved < wanted:
            break
    return done


class LowerData:
    """The contents of a layer's file as far as they still count: up to `size`."""

    __slots__ = ("node", "size")

    def __init__(self, node: LayerNode) -> None:
        self.node = node
        self.size = node.info.st_size

    def read(self, buffer: Buffer, pos: int, count: int) -> int:
        """Fill a buffer from a position: how many bytes."""
        fd, start = self._contents()
        return read_host(fd, buffer, start + pos, min(count, self.size - pos))

    def read_page(self, index: int, page: memoryview) -> int:
        """Fill a page of zeroes as far as the contents go. See `PageReader`."""
        pos = index << PAGE_SHIFT
        count = min(PAGE_SIZE, self.size - pos)
        if count <= 0:
            return 0
        fd, start = self._contents()
        try:
            return os.preadv(fd, [page[:count]], start + pos)
        except OSError as error:
            raise from_host(error) from None

    def _contents(self) -> tuple[int, int]:
        try:
            return self.node.contents()
        except OSError as error:
            raise from_host(error) from None
