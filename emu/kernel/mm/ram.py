"""Physical memory: one host mapping cut into frames, their reference counts, and what they hold.

This is the only owner of the rule that code translated from a frame must be forgotten when
somebody other than that code's own CPU rewrites or frees the frame.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from emu.arch.cpu import PAGE_MASK, PAGE_SIZE
from emu.kernel.errno import ENOMEM

if TYPE_CHECKING:
    from emu.arch.cpu import Cpu
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.mm.page_cache import PageCache

ZERO_FRAME = 0
"""The frame that stays zero for ever, mapped where memory was read but never written."""

GIVE_BACK = 4096
"""How many dirty free frames are kept before their host memory is given back."""

MAX_MAP_COUNT = 65530
"""How many areas an address space may have, until /proc/sys/vm/max_map_count says otherwise."""

_ZEROES = bytes(PAGE_SIZE)


class Ram:
    """All memory of a machine. A frame is named by its byte offset in `memory`.

    Host memory is taken when a frame is first touched, so that the size is a limit and costs
    nothing by itself.
    """

    def __init__(self, size_bytes: int) -> None:
        self.size = size_bytes & PAGE_MASK
        self.memory = mmap.mmap(
            -1,
            self.size,
            flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0),
        )
        self.view = memoryview(self.memory)
        self.references: dict[int, int] = {ZERO_FRAME: 1}
        self.cpus: list[Cpu] = []
        self.active: dict[Cpu, AddressSpace] = {}
        self.executable: set[int] = set()
        self.made_code = 0
        """How often a frame that held no code became executable."""
        self.rewritten: set[int] = set()
        self.caches: WeakValueDictionary[int, PageCache] = WeakValueDictionary()
        self.stores: WeakValueDictionary[int, PageCache] = WeakValueDictionary()
        """Page caches by what they are: of files that can be read again, and without such."""
        self.special: dict[tuple[bytes, bytes], PageCache] = {}
        self.max_map_count = MAX_MAP_COUNT
        self.abandoned: list[dict[int, int]] = []
        self._dirty: list[int] = []
        self._clean: list[int] = []
        self._next = ZERO_FRAME + PAGE_SIZE

    @property
    def free_bytes(self) -> int:
        """Memory that nobody uses."""
        if self.abandoned:
            self._collect()
        free = len(self._dirty) + len(self._clean)
        return self.size - self._next + free * PAGE_SIZE

    def free_pages(self) -> tuple[int, int]:
        """Free frames: those that were used and are free again, and the end that never was."""
        return len(self._dirty) + len(self._clean), (self.size - self._next) // PAGE_SIZE

    def shmem_pages(self) -> int:
        """Frames of caches that are the store itself: tmpfs and shared memory."""
        return sum(len(cache.pages) for cache in list(self.stores.values()))

    def allocate(self) -> int:
        """A zeroed frame with one reference. ENOMEM when all memory is in use."""
        if self._dirty:
            frame = self._dirty.pop()
            self.view[frame : frame + PAGE_SIZE] = _ZEROES
        else:
            frame = self._take()
        self.references[frame] = 1
        return frame

    def copy(self, source: int) -> int:
        """A new frame with the contents of another. ENOMEM."""
        if source == ZERO_FRAME:
            return self.allocate()
        frame = self._dirty.pop() if self._dirty else self._take()
        view = self.view
        view[frame : frame + PAGE_SIZE] = view[source : source + PAGE_SIZE]
        self.references[frame] = 1
        return frame

    def get(self, frame: int) -> None:
        """Take another reference."""
        self.references[frame] += 1

    def put(self, frame: int) -> None:
        """Drop a reference; the last one frees the frame."""
        count = self.references[frame] - 1
        if count:
            self.references[frame] = count
        else:
            del self.references[frame]
            self._free(frame)

    def put_all(self, frames: Sequence[int]) -> None:
        """Drop one reference of each; the zero frame may be among them.

        The first is used again first, so that frames in a row stay so.
        """
        references, executable, dirty = self.references, self.executable, self._dirty
        for frame in reversed(frames):
            count = references[frame]
            if count > 1:
                references[frame] = count - 1
            elif frame == ZERO_FRAME:
                continue
            elif frame in executable:
                self.put(frame)
                dirty = self._dirty
            else:
                del references[frame]
                dirty.append(frame)
        if len(dirty) > GIVE_BACK:
            self._give_back()

    def page(self, frame: int) -> memoryview:
        """The bytes of a frame."""
        return self.view[frame : frame + PAGE_SIZE]

    def written(self, frame: int) -> None:
        """Tell that the kernel wrote to a frame: code translated from it is stale."""
        if frame in self.executable:
            for cpu in self.cpus:
                cpu.invalidate_code(frame)
            for mm in self.active.values():
                mm.svc_immediates.clear()

    def let_execute(self, frame: int) -> None:
        """Note that a frame becomes executable somewhere, and forget what it held as code before.

        Stores through a mapping without execute rights need not invalidate translations (see
        `let_write`), so this is the last moment to do it.
        """
        if frame in self.rewritten:
            self.rewritten.discard(frame)
            self.written(frame)
        if frame not in self.executable:
            self.executable.add(frame)
            self.made_code += 1

    def let_write(self, frame: int) -> None:
        """Note that user code may store to a frame through a mapping that it cannot execute."""
        if frame in self.executable:
            self.rewritten.add(frame)

    def _take(self) -> int:
        if self.abandoned:
            self._collect()
            if self._dirty:
                frame = self._dirty.pop()
                self.view[frame : frame + PAGE_SIZE] = _ZEROES
                return frame
        if self._clean:
            return self._clean.pop()
        frame = self._next
        if frame >= self.size:
            raise ENOMEM("the machine's memory is used up")
        self._next = frame + PAGE_SIZE
        return frame

    def reclaim(self) -> int:
        """Drop page cache that can be read again: how many frames.

        For moments when the kernel holds no frame by its address alone; allocating never does it.
        """
        return sum(cache.reclaim() for cache in list(self.caches.values()))

    def _collect(self) -> None:
        """Free the frames of page caches that the garbage collector found."""
        while self.abandoned:
            for frame in self.abandoned.pop().values():
                self.put(frame)

    def _free(self, frame: int) -> None:
        if frame in self.executable:
            self.written(frame)
            self.executable.discard(frame)
            self.rewritten.discard(frame)
        self._dirty.append(frame)
        if len(self._dirty) > GIVE_BACK:
            self._give_back()

    def _give_back(self) -> None:
        """Return the host memory of free frames, which also zeroes them."""
        frames, self._dirty = self._dirty, []
        frames.sort()
        start = end = 0
        for frame in frames:
            if frame != end:
                self._discard(start, end)
                start = frame
            end = frame + PAGE_SIZE
        self._discard(start, end)
        frames.reverse()  # the lowest is used first
        self._clean += frames

    def _discard(self, start: int, end: int) -> None:
        if end > start:
            self.memory.madvise(mmap.MADV_DONTNEED, start, end - start)
