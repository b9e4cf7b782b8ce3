"""Reading and writing through the page cache. See mm/filemap.c."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emu.arch.cpu import ACCESS_READ, PAGE_SHIFT, PAGE_SIZE
from emu.kernel.errno import EFAULT, ENOMEM, ENOSPC, ENXIO, EOPNOTSUPP
from emu.kernel.mm.frame_runs import MOST_PAGES
from emu.kernel.uapi.fcntl import O_NOATIME
from emu.kernel.uapi.fs import SEEK_DATA, SEEK_HOLE
from emu.kernel.uapi.stat import FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE
from emu.kernel.vfs.file_operations import FileOperations, Result, seek
from emu.kernel.vfs.inode import Inode
from emu.kernel.vfs.mount import touch_atime

if TYPE_CHECKING:
    from emu.kernel.mm.page_cache import PageCache
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File

OFFSET_MASK = PAGE_SIZE - 1
UNCACHED_CHUNK = 1 << 20


class PagedInode(Inode):
    """A regular file whose contents are, or may be, in frames of its `mapping`."""

    __slots__ = ()

    @property
    def pages(self) -> PageCache:
        """The mapping, made when first needed."""
        raise NotImplementedError

    @property
    def mapping(self) -> PageCache | None:
        """The pages of a file that can be mapped."""
        return self.pages if self.is_regular else None

    def read_uncached(self, buffer: Buffer, pos: int, count: int) -> int:
        """Copy bytes that no page holds; a hole, unless the file has another store."""
        return buffer.copy_to(bytes(min(count, 1 << 16)))

    @property
    def has_own_store(self) -> bool:
        """Whether pages that are not in memory are elsewhere, and no holes."""
        return False

    def forget_pages(self, first: int, last: int) -> None:
        """Make the pages from `first` up to `last` read as zeroes."""
        self.pages.drop(first, last)

    def will_add_pages(self, count: int) -> None:
        """ENOSPC if the store has no room for so many more pages."""

    def pages_changed(self) -> None:
        """The number of pages may be another one now."""


class PagedFile(FileOperations):
    """The operations of files of `PagedInode`s."""

    write_checks = True

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Copy from the pages; what is not cached comes straight from the store."""
        inode: PagedInode = file.inode  # type: ignore[assignment]
        done = read_pages(inode, buffer, pos)
        if not file.flags & O_NOATIME:
            touch_atime(file.path.mount, inode)
        return done

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Copy to the pages."""
        inode: PagedInode = file.inode  # type: ignore[assignment]
        return write_pages(inode, buffer, pos)

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """With SEEK_DATA and SEEK_HOLE by whole pages."""
        inode = file.inode
        assert isinstance(inode, PagedInode)
        if whence in (SEEK_DATA, SEEK_HOLE) and not inode.has_own_store:
            return seek_pages(inode, offset, whence == SEEK_DATA)
        return seek(file, offset, whence, inode.size)

    def fsync(self, file: File, datasync: bool) -> None:
        """Nothing to do: memory is the store."""

    def fallocate(self, file: File, mode: int, offset: int, length: int) -> None:
        """Allocate or punch a hole, as tmpfs does. EOPNOTSUPP for the rest."""
        inode = file.inode
        assert isinstance(inode, PagedInode)
        end = offset + length
        if mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE):
            raise EOPNOTSUPP("tmpfs only allocates and punches")
        if mode & FALLOC_FL_PUNCH_HOLE:
            zero_range(inode, offset, min(end, inode.size))
        else:
            allocate_range(inode, offset, end)
            if not mode & FALLOC_FL_KEEP_SIZE and end > inode.size:
                inode.size = end
        inode.touch_mtime()


def read_pages(inode: PagedInode, buffer: Buffer, pos: int) -> int:
    """Fill a buffer from a position: how many bytes. EFAULT if none could be copied."""
    todo = inode.size - pos
    if todo > buffer.count:
        todo = buffer.count
    if todo <= 0:
        return 0
    cache = inode.pages
    run = cache.run
    start = run(pos >> PAGE_SHIFT, (pos + todo + OFFSET_MASK) >> PAGE_SHIFT)
    if start >= 0:
        start += pos & OFFSET_MASK
        return buffer.copy_to(cache.ram.view[start : start + todo])
    return _read_pieces(inode, buffer, pos, todo)


def write_pages(inode: PagedInode, buffer: Buffer, pos: int) -> int:
    """Store a buffer at a position: how many bytes. ENOSPC, EFAULT if none at all."""
    done = 0
    cache = inode.pages
    run_to_write = cache.run_to_write
    try:
        while buffer.count:
            pieces = buffer.views(ACCESS_READ)
            data = pieces[0] if len(pieces) == 1 else memoryview(b"".join(pieces))
            size = len(data)
            start = run_to_write(pos >> PAGE_SHIFT, (pos + size + OFFSET_MASK) >> PAGE_SHIFT)
            if start < 0:
                start, size = _room_for_write(inode, cache, pos, size)
            start += pos & OFFSET_MASK
            cache.ram.view[start : start + size] = data if size == len(data) else data[:size]
            pos += size
            done += size
            buffer.advance(size)
            if pos > inode.size:
                inode.size = pos
    except ENOMEM:
        if not done:
            raise ENOSPC("the machine's memory is used up") from None
    except (EFAULT, ENOSPC):
        if not done:
            raise
    finally:
        if done:
            inode.touch_mtime()
    return done


def seek_pages(inode: PagedInode, offset: int, data: bool) -> int:
    """The next byte at or after `offset` that is data, or that is a hole. ENXIO at the end."""
    size = inode.size
    if not 0 <= offset < size:
        raise ENXIO("no data there")
    cached = inode.pages.pages
    index = offset >> PAGE_SHIFT
    if data:
        if index in cached:
            return offset
        following = [i for i in cached if i > index and i << PAGE_SHIFT < size]
        if not following:
            raise ENXIO("only a hole from here on")
        return min(following) << PAGE_SHIFT
    if index not in cached:
        return offset
    while index in cached:
        index += 1
    return min(index << PAGE_SHIFT, size)


def zero_range(inode: PagedInode, start: int, end: int) -> None:
    """Make a range read as zeroes; whole pages are given back."""
    if end <= start:
        return
    first, last = (start + OFFSET_MASK) >> PAGE_SHIFT, end >> PAGE_SHIFT
    cache = inode.pages
    if first < last:
        inode.forget_pages(first, last)
    for low, high in _edges(start, end, first, last):
        if low >> PAGE_SHIFT in cache.pages or inode.has_own_store:
            page = cache.page_for_write(low >> PAGE_SHIFT)
            page[low & OFFSET_MASK : (low & OFFSET_MASK) + high - low] = bytes(high - low)
    inode.pages_changed()


def allocate_range(inode: PagedInode, start: int, end: int) -> None:
    """Have frames for a whole range. ENOSPC, with nothing allocated."""
    cache = inode.pages
    made: list[int] = []
    indexes = range(start >> PAGE_SHIFT, (end + OFFSET_MASK) >> PAGE_SHIFT)
    inode.will_add_pages(len(indexes) - len(cache.pages))
    try:
        for index in indexes:
            if index not in cache.pages:
                inode.will_add_pages(1)
                cache.page_for_write(index)
                made.append(index)
                inode.pages_changed()
    except (ENOMEM, ENOSPC):
        for index in made:
            cache.drop(index, index + 1)
        inode.pages_changed()
        raise ENOSPC from None


def _read_pieces(inode: PagedInode, buffer: Buffer, pos: int, todo: int) -> int:
    """Fill a buffer from pages here and there, and from the store where there are none."""
    done = 0
    cache = inode.pages
    cached, view = cache.pages, cache.ram.view
    try:
        while done < todo:
            index, offset = pos >> PAGE_SHIFT, pos & OFFSET_MASK
            frame = cached.get(index)
            if frame is None:
                size = _uncached_run(cached, index, min(todo - done, UNCACHED_CHUNK) + offset)
                size = min(size - offset, todo - done)
                copied = inode.read_uncached(buffer, pos, size)
                if not copied:
                    break
            else:
                start = frame + offset
                size = min(_length_of_run(cache, index, todo - done + offset) - offset, todo - done)
                copied = buffer.copy_to(view[start : start + size])
                if copied < size:
                    return done + copied
            done += copied
            pos += copied
    except EFAULT:
        if not done:
            raise
    return done


def _room_for_write(inode: PagedInode, cache: PageCache, pos: int, count: int) -> tuple[int, int]:
    """The frame of a position, and how many of `count` bytes from there on lie in a row.

    Pages that are not there are made. ENOSPC, ENOMEM if there is not even one.
    """
    first, beyond = pos >> PAGE_SHIFT, (pos + count + OFFSET_MASK) >> PAGE_SHIFT
    beyond = min(beyond, first + MOST_PAGES)
    beyond = _add_pages(inode, cache, first, beyond)
    start = cache.run_to_write(first, beyond)
    if start < 0:
        start, beyond = cache.pages[first], first + 1
        cache.wrote(first, start)
    return start, min((beyond << PAGE_SHIFT) - pos, count)


def _add_pages(inode: PagedInode, cache: PageCache, first: int, beyond: int) -> int:
    """Have the pages from `first` up to `beyond`, or to the answer. ENOSPC, ENOMEM if none."""
    missing = [index for index in range(first, beyond) if index not in cache.pages]
    try:
        for index in missing:
            inode.will_add_pages(1)
            cache.frame(index)
            inode.pages_changed()
    except (ENOMEM, ENOSPC):
        if index == first:
            raise
        return index
    return beyond


def _length_of_run(cache: PageCache, index: int, limit: int) -> int:
    """How many bytes from a page on lie in frames that follow each other, about `limit` at most."""
    cached = cache.pages
    frame = cached[index]
    size = PAGE_SIZE
    while size < limit and cached.get(index + (size >> PAGE_SHIFT)) == frame + size:
        size += PAGE_SIZE
    return size


def _uncached_run(cached: dict[int, int], index: int, limit: int) -> int:
    """How many bytes from the start of a page on, at most about `limit`, are in no frame."""
    pages = 1
    most = (limit + OFFSET_MASK) >> PAGE_SHIFT
    if not cached:
        return most << PAGE_SHIFT
    while pages < most and index + pages not in cached:
        pages += 1
    return pages << PAGE_SHIFT


def _edges(start: int, end: int, first: int, last: int) -> Sequence[tuple[int, int]]:
    """The parts of a range that are no whole pages."""
    if first > last:
        return [(start, end)]
    edges = [(start, first << PAGE_SHIFT), (last << PAGE_SHIFT, end)]
    return [(low, high) for low, high in edges if low < high]
