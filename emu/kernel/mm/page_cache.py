"""The page cache: the frames that hold a file's pages. See struct address_space.

An inode owns one and calls it `mapping`; shared anonymous memory and the pages the kernel itself
gives to user space have one without an inode.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, PTE_WRITE
from emu.kernel.mm.frame_runs import FrameRuns
from emu.kernel.mm.ram import Ram

if TYPE_CHECKING:
    from emu.kernel.mm.vma import Vma

PageReader = Callable[[int, memoryview], int]
"""``reader(index, page)`` fills a page of zeroes as far as the file goes: bytes read, or EIO."""

PageWriter = Callable[[int, memoryview], None]
"""``writer(index, page)`` stores a page, as much of it as lies within the file."""


class PageCache:
    """Frames by page index. The cache holds one reference to each; who maps one takes another.

    Without a `reader` the cache is the store itself (tmpfs, shared memory): its pages are never
    dropped to save memory. With a `writer`, pages stored to through shared mappings go back to
    the file in `writeback`.
    """

    def __init__(
        self, ram: Ram, reader: PageReader | None = None, writer: PageWriter | None = None
    ) -> None:
        self.ram = ram
        self.reader = reader
        self.writer = writer
        self.pages: dict[int, int] = {}
        self.dirty: set[int] = set()
        self._runs = FrameRuns(ram, self.pages)
        self._runs_to_write = _DirtyRuns(self)
        self.run = self._runs.find
        """``run(first, beyond)``: see `FrameRuns.find`."""
        self.run_to_write = self._runs_to_write.find
        """The same, of pages that are about to be written: they are dirty and hold no code."""
        self.vmas: dict[Vma, None] = {}
        self.end: int | None = None
        """For a mapping without an inode: its size in bytes, beyond which pages do not exist."""
        self.image: tuple[object, object] | None = None
        """What the file's contents meant to who parsed them, and when: see `elf_image`."""
        (ram.stores if reader is None else ram.caches)[id(self)] = self

    def __del__(self) -> None:
        # May run at any moment, inside the frame allocator too: only leave a note.
        if self.pages:
            self.ram.abandoned.append(self.pages)

    def frame(self, index: int) -> int:
        """The frame of a page, read in if need be; the reference stays the cache's.

        ENOMEM, or what the reader raises.
        """
        frame = self.pages.get(index)
        if frame is None:
            frame = self.ram.allocate()
            if self.reader is not None:
                try:
                    self.reader(index, self.ram.page(frame))
                except BaseException:
                    self.ram.put(frame)
                    raise
            self.pages[index] = frame
        return frame

    def page(self, index: int) -> memoryview:
        """The bytes of a page, to read."""
        return self.ram.page(self.frame(index))

    def page_for_write(self, index: int) -> memoryview:
        """The bytes of a page, to write at once: it is marked dirty and its code stale."""
        frame = self.frame(index)
        self.wrote(index, frame)
        return self.ram.page(frame)

    def wrote(self, index: int, frame: int) -> None:
        """A page changes: it is dirty and its code stale."""
        self.dirty.add(index)
        self.ram.written(frame)

    def drop(self, start: int = 0, end: int | None = None) -> None:
        """Forget the pages from index `start` up to `end`, and unmap them everywhere."""
        doomed = [i for i in self.pages if i >= start and (end is None or i < end)]
        if doomed:
            self._unmap(doomed)
        self._forget_runs()
        self.dirty.difference_update(doomed)
        self.ram.put_all([self.pages.pop(index) for index in doomed])

    def truncate(self, size: int) -> None:
        """Cut the file to `size` bytes: drop what lies beyond, zero the rest of the last page.

        Private copies of dropped pages go too, as in Linux. Growing needs no call.
        """
        inside = size & ~PAGE_MASK
        first_gone = (size + PAGE_SIZE - 1) >> PAGE_SHIFT
        self._unmap_all_beyond(first_gone)
        self.drop(first_gone)
        last = self.pages.get(size >> PAGE_SHIFT) if inside else None
        if last is not None:
            self.ram.view[last + inside : last + PAGE_SIZE] = bytes(PAGE_SIZE - inside)
            self.ram.written(last)

    def writeback(self, start: int = 0, end: int | None = None) -> None:
        """Store the dirty pages from index `start` up to `end`; later stores dirty them anew."""
        if self.writer is None or not self.dirty:
            return
        dirty = sorted(i for i in self.dirty if i >= start and (end is None or i < end))
        self._write_protect(dirty)
        self._forget_runs()
        for index in dirty:
            self.dirty.discard(index)
            try:
                self.writer(index, self.ram.page(self.pages[index]))
            except BaseException:
                self.dirty.add(index)
                raise

    def reclaim(self) -> int:
        """Drop the clean pages that nobody maps and the reader can read again: how many."""
        if self.reader is None:
            return 0
        references = self.ram.references
        idle = [
            i for i, frame in self.pages.items() if references[frame] == 1 and i not in self.dirty
        ]
        self._forget_runs()
        self.ram.put_all([self.pages.pop(index) for index in idle])
        return len(idle)

    def _forget_runs(self) -> None:
        self._runs.clear()
        self._runs_to_write.clear()

    def _unmap(self, doomed: list[int]) -> None:
        """Take cached pages out of all address spaces; private copies stay."""
        for vma in self.vmas:
            base = (vma.start >> PAGE_SHIFT) - vma.pgoff
            end = vma.pgoff + vma.page_count
            pages = vma.mm.pages
            vma.mm.zap(
                base + i
                for i in doomed
                if vma.pgoff <= i < end and pages.get(base + i, 0) & PAGE_MASK == self.pages[i]
            )

    def _unmap_all_beyond(self, index: int) -> None:
        for vma in self.vmas:
            first = vma.start >> PAGE_SHIFT
            beyond = first + max(0, index - vma.pgoff)
            vma.mm.zap_range(beyond, first + vma.page_count)

    def _write_protect(self, indexes: list[int]) -> None:
        for vma in self.vmas:
            if not vma.is_shared:
                continue
            pages, base = vma.mm.pages, (vma.start >> PAGE_SHIFT) - vma.pgoff
            end = vma.pgoff + vma.page_count
            for index in indexes:
                if vma.pgoff <= index < end and base + index in pages:
                    pages[base + index] &= ~PTE_WRITE
            vma.mm.flush_tlb()


class _DirtyRuns(FrameRuns):
    """Runs of pages that were marked dirty when they were looked up."""

    __slots__ = ("_dirty",)

    def __init__(self, cache: PageCache) -> None:
        super().__init__(cache.ram, cache.pages, stores=True)
        self._dirty = cache.dirty

    def _look_up(self, first: int, beyond: int) -> int:
        start = super()._look_up(first, beyond)
        if start >= 0:
            self._dirty.update(range(first, beyond))
        return start
