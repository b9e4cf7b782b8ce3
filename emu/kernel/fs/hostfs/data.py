"""Moving bytes between host files and frames, without a copy of our own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from emu.arch.cpu import ACCESS_READ, ACCESS_WRITE, PAGE_SHIFT, PAGE_SIZE
from emu.kernel.errno import EFAULT
from emu.kernel.fs.host_errors import from_host

if TYPE_CHECKING:
    from emu.kernel.fs.hostfs.tree import HostNode
    from emu.kernel.uaccess import Buffer

MAX_PIECES = 1024  # IOV_MAX


def read_host(fd: int, buffer: Buffer, pos: int, count: int) -> int:
    """Read from a host file into a buffer: how many bytes. EFAULT if none could be stored."""
    done = 0
    while done < count:
        try:
            views = buffer.views(ACCESS_WRITE, min(count - done, 1 << 20))[:MAX_PIECES]
        except EFAULT:
            if not done:
                raise
            break
        wanted = sum(map(len, views))
        try:
            got = os.preadv(fd, views, pos)
        except OSError as error:
            if not done:
                raise from_host(error) from None
            break
        buffer.advance(got)
        done += got
        pos += got
        if got < wanted:
            break
    return done


def write_host(fd: int, buffer: Buffer, pos: int) -> int:
    """Write a buffer to a host file: how many bytes. EFAULT if none could be read."""
    done = 0
    while buffer.count:
        try:
            views = buffer.views(ACCESS_READ, 1 << 20)[:MAX_PIECES]
        except EFAULT:
            if not done:
                raise
            break
        wanted = sum(map(len, views))
        try:
            put = os.pwritev(fd, views, pos)
        except OSError as error:
            if not done:
                raise from_host(error) from None
            break
        buffer.advance(put)
        done += put
        pos += put
        if put < wanted:
            break
    return done


class LowerData:
    """The contents of a layer's file as far as they still count: up to `size`."""

    __slots__ = ("node", "size")

    def __init__(self, node: HostNode) -> None:
        self.node = node
        self.size = node.info.st_size

    def read_page(self, index: int, page: memoryview) -> int:
        """Fill a page of zeroes as far as the contents go. See `PageReader`."""
        pos = index << PAGE_SHIFT
        count = min(PAGE_SIZE, self.size - pos)
        if count <= 0:
            return 0
        try:
            return os.preadv(self.node.file_fd(), [page[:count]], pos)
        except OSError as error:
            raise from_host(error) from None
