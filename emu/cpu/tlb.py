"""Filling the engine's TLB from the current page table, and keeping translated code honest.

No page is ever writable and executable in the TLB at the same time, whatever its entry allows:
each change between the two comes back here. So a store to a page that holds translated code
invalidates it, also through another address or after an mprotect, and ordinary data pages get
the engine's fast store path, which it denies to executable ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from emu.arch.cpu import ACCESS_EXEC, ACCESS_WRITE, PageFault, PageTable

FIRST_LIMIT = 256
LARGEST_LIMIT = 16384
# The engine's own table shrinks when little used, so give it an occasion to grow again.
_LIMIT_WHEN_LARGEST = 8 * LARGEST_LIMIT

# Where a frame is seen while its code is thrown away.
_SCRATCH_PAGE = 0x7FFFF

_NOT_EXEC = ~ACCESS_EXEC
_NOT_WRITE = ~ACCESS_WRITE
_ONLY_READ = ~(ACCESS_EXEC | ACCESS_WRITE)
_FRAME = ~0xFFF


class FillOwner(Protocol):
    """What a fill needs of its engine."""

    code_frames: set[int]

    def page_refused(self, page: int, access: int) -> None:
        """The guest has no right to this access."""

    def abandon(self, error: BaseException) -> None:
        """Leave the guest and raise `error` out of `run`."""

    def discard_code(self, frame: int) -> None:
        """Forget what was translated from a frame."""

    def patches_itself(self, page: int) -> bool:
        """Whether the running instruction is in this page, and must see its own stores."""


def no_pages(page: int, access: int) -> int:
    """The page fault of a CPU without an address space."""
    return 0


class Tlb:
    """The fill callback and its state; its functions are made once, as closures.

    `look` answers a page's entry as it is, 0 for none, without a page fault.
    `suspend` takes all memory away until the function it answers is called.
    `with_frame` calls its second argument with an address at which the frame can be fetched.
    """

    with_frame: Callable[[int, Callable[[int], object]], None]
    suspend: Callable[[], Callable[[], None]]
    fill: Callable[[int, int], int]
    look: Callable[[int], int]
    use: Callable[[PageTable, PageFault], None]
    flush: Callable[[], None]

    def __init__(
        self,
        owner: FillOwner,
        flush_engine: Callable[[], object],
        inspect: Callable[[int, int], None] | None = None,
    ) -> None:
        """`inspect` is told each (frame, page) before it may be translated."""
        code_frames = owner.code_frames
        # Frame -> the page it was last made writable at, since the last flush.
        writable: dict[int, int] = {}
        nothing: PageTable = {}
        lookup = nothing.get
        page_fault: PageFault = no_pages
        limit = budget = FIRST_LIMIT

        def fill(va: int, access: int) -> int:
            nonlocal budget
            try:
                page = va >> 12
                pte = lookup(page, 0)
                if not pte & access:
                    pte = miss(page, access)
                    if not pte:
                        return 0
                budget -= 1
                if budget < 0:
                    grow()
                frame = pte & _FRAME
                if access == ACCESS_EXEC:
                    if frame not in code_frames or frame in writable:
                        become_code(frame, page)
                    if inspect is not None:
                        inspect(frame, page)
                    return pte & _NOT_WRITE
                if access == ACCESS_WRITE:
                    if frame in code_frames:
                        if owner.patches_itself(page):
                            return pte
                        owner.discard_code(frame)
                    writable[frame] = page
                    return pte & _NOT_EXEC
                if frame in code_frames:
                    return pte & _NOT_WRITE
                if pte & ACCESS_WRITE:
                    writable[frame] = page
                    return pte & _NOT_EXEC
                return pte & _ONLY_READ
            except BaseException as error:
                owner.abandon(error)
                return 0

        def miss(page: int, access: int) -> int:
            pte = page_fault(page, access)
            if pte & access:
                return pte
            owner.page_refused(page, access)
            return 0

        def become_code(frame: int, page: int) -> None:
            code_frames.add(frame)
            if writable.pop(frame, page) != page:
                flush()  # A store through the other address must come back to `fill`.

        def grow() -> None:
            # The engine resizes its table only when it is flushed, by how full it was.
            nonlocal limit
            limit = min(2 * limit, LARGEST_LIMIT)
            flush()

        def flush() -> None:
            nonlocal budget
            budget = limit if limit < LARGEST_LIMIT else _LIMIT_WHEN_LARGEST
            writable.clear()
            flush_engine()

        def with_frame(frame: int, action: Callable[[int], object]) -> None:
            nonlocal lookup, inspect
            kept = lookup, inspect
            lookup, inspect = {_SCRATCH_PAGE: frame | ACCESS_EXEC}.get, None
            flush_engine()  # The guest may have a page of its own there.
            try:
                action(_SCRATCH_PAGE << 12)
            finally:
                lookup, inspect = kept
                code_frames.discard(frame)
                flush()

        def suspend() -> Callable[[], None]:
            nonlocal lookup, page_fault
            kept = lookup, page_fault
            lookup, page_fault = nothing.get, no_pages
            flush()

            def resume() -> None:
                nonlocal lookup, page_fault
                lookup, page_fault = kept
                flush()

            return resume

        def use(pages: PageTable, fault: PageFault) -> None:
            nonlocal lookup, page_fault
            lookup = pages.get
            page_fault = fault
            flush()

        self.fill = fill
        self.look = lambda page: lookup(page, 0)
        self.use = use
        self.flush = flush
        self.with_frame = with_frame
        self.suspend = suspend
