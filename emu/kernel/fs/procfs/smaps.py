"""/proc/PID/smaps and smaps_rollup: what each area of memory really takes.

See show_smap in fs/proc/task_mmu.c.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE
from emu.kernel.fs.procfs.maps import map_line
from emu.kernel.mm import vma as vm
from emu.kernel.mm.ram import ZERO_FRAME
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.mm.vma import Vma
    from emu.kernel.task import Task

PSS_SHIFT = 12
KB = 1024

# The flags' two letters, in the order of their bits: show_smap_vma_flags.
VM_FLAG_NAMES = (
    (vm.VM_READ, "rd"), (vm.VM_WRITE, "wr"), (vm.VM_EXEC, "ex"), (vm.VM_SHARED, "sh"),
    (vm.VM_MAYREAD, "mr"), (vm.VM_MAYWRITE, "mw"), (vm.VM_MAYEXEC, "me"), (vm.VM_MAYSHARE, "ms"),
    (vm.VM_GROWSDOWN, "gd"), (vm.VM_PFNMAP, "pf"), (vm.VM_LOCKED, "lo"), (vm.VM_SEQ_READ, "sr"),
    (vm.VM_RAND_READ, "rr"), (vm.VM_DONTCOPY, "dc"), (vm.VM_DONTEXPAND, "de"),
    (vm.VM_LOCKONFAULT, "lf"), (vm.VM_NORESERVE, "nr"), (vm.VM_WIPEONFORK, "wf"),
    (vm.VM_DONTDUMP, "dd"),
)  # fmt: skip


@record(frozen=False)
class Usage:
    """Bytes by kind; `pss` and its like in bytes << PSS_SHIFT, as shares are fractions."""

    rss: int = 0
    pss: int = 0
    pss_dirty: int = 0
    pss_anon: int = 0
    pss_file: int = 0
    pss_shmem: int = 0
    shared_clean: int = 0
    shared_dirty: int = 0
    private_clean: int = 0
    private_dirty: int = 0
    anonymous: int = 0
    pss_locked: int = 0

    def add(self, other: Usage) -> None:
        """Sum up."""
        for name in Usage.__annotations__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def show_smaps(asks: Task, mm: AddressSpace) -> bytes:
    """Each area's line of maps, and what its pages take."""
    present = PresentPages(mm)
    parts = []
    for vma in mm.vmas:
        parts.append(map_line(asks, vma))
        size = (vma.end - vma.start) // KB
        head = [
            ("Size", size),
            ("KernelPageSize", PAGE_SIZE // KB),
            ("MMUPageSize", PAGE_SIZE // KB),
        ]
        parts.append(lines([*head, *usage_lines(usage_of(vma, present.within(vma)))]))
        flags = "".join(f"{name} " for bit, name in VM_FLAG_NAMES if vma.flags & bit)
        parts.append(f"THPeligible:           0\nVmFlags: {flags}\n".encode())
    return b"".join(parts)


def show_smaps_rollup(asks: Task, mm: AddressSpace) -> bytes:
    """The sum over all areas."""
    areas = list(mm.vmas)
    if not areas:
        return b""
    total, present = Usage(), PresentPages(mm)
    for vma in areas:
        total.add(usage_of(vma, present.within(vma)))
    text = f"{areas[0].start:08x}-{areas[-1].end:08x} ---p 00000000 00:00 0 "
    head = text.ljust(73) + "[rollup]\n"
    return head.encode() + lines(usage_lines(total, by_kind=True))


class PresentPages:
    """The present pages of an address space, by area, found in one pass over both."""

    def __init__(self, mm: AddressSpace) -> None:
        self._pages = sorted(mm.pages)
        self._at = 0

    def within(self, vma: Vma) -> list[int]:
        """The pages of an area; areas are asked for in their order."""
        pages, at = self._pages, self._at
        first, last = vma.start >> PAGE_SHIFT, vma.end >> PAGE_SHIFT
        while at < len(pages) and pages[at] < first:
            at += 1
        start = at
        while at < len(pages) and pages[at] < last:
            at += 1
        self._at = at
        return pages[start:at]


def usage_of(vma: Vma, pages: Iterable[int]) -> Usage:
    """What the present pages of an area take. The zero page is nobody's."""
    usage, mm, mapping = Usage(), vma.mm, vma.mapping
    references, table = mm.ram.references, mm.pages
    for page in pages:
        frame = table[page] & PAGE_MASK
        if frame == ZERO_FRAME:
            continue
        index = vma.index(page)
        of_file = mapping is not None and mapping.pages.get(index) == frame
        users = references[frame] - of_file  # the page cache itself is one
        dirty = not of_file or (mapping is not None and index in mapping.dirty)
        share = (PAGE_SIZE << PSS_SHIFT) // users
        usage.rss += PAGE_SIZE
        usage.pss += share
        usage.pss_dirty += share * dirty
        if not of_file:
            usage.anonymous += PAGE_SIZE
            usage.pss_anon += share
        elif mapping is not None and mapping.reader is None:
            usage.pss_shmem += share
        else:
            usage.pss_file += share
        if users > 1:
            usage.shared_dirty += PAGE_SIZE * dirty
            usage.shared_clean += PAGE_SIZE * (not dirty)
        else:
            usage.private_dirty += PAGE_SIZE * dirty
            usage.private_clean += PAGE_SIZE * (not dirty)
    if vma.flags & vm.VM_LOCKED:
        usage.pss_locked = usage.pss
    return usage


def usage_lines(usage: Usage, *, by_kind: bool = False) -> list[tuple[str, int]]:
    """Names and kB. A page that is present was used: nothing ages here."""
    kinds = [
        ("Pss_Anon", usage.pss_anon >> PSS_SHIFT),
        ("Pss_File", usage.pss_file >> PSS_SHIFT),
        ("Pss_Shmem", usage.pss_shmem >> PSS_SHIFT),
    ]
    found = [
        ("Rss", usage.rss),
        ("Pss", usage.pss >> PSS_SHIFT),
        ("Pss_Dirty", usage.pss_dirty >> PSS_SHIFT),
        *(kinds if by_kind else ()),
        ("Shared_Clean", usage.shared_clean),
        ("Shared_Dirty", usage.shared_dirty),
        ("Private_Clean", usage.private_clean),
        ("Private_Dirty", usage.private_dirty),
        ("Referenced", usage.rss),
        ("Anonymous", usage.anonymous),
        ("KSM", 0),
        ("LazyFree", 0),
        ("AnonHugePages", 0),
        ("ShmemPmdMapped", 0),
        ("FilePmdMapped", 0),
        ("Shared_Hugetlb", 0),
        ("Private_Hugetlb", 0),
        ("Swap", 0),
        ("SwapPss", 0),
        ("Locked", usage.pss_locked >> PSS_SHIFT),
    ]
    return [(name, count // KB) for name, count in found]


def lines(values: Iterable[tuple[str, int]]) -> bytes:
    """Names and kB in columns."""
    return "".join(f"{name + ':':<16}{value:8} kB\n" for name, value in values).encode()
