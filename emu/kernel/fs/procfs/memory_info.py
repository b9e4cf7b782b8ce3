"""The machine's memory: /proc/meminfo, vmstat, zoneinfo, buddyinfo, slabinfo, swaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.mm.vma import VM_LOCKED
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.mm.address_space import AddressSpace

KB = 1024
MAX_ORDER = 11
PAGES_PER_SECTION = 1 << (MAX_ORDER - 1)


@record
class Use:
    """What the machine's pages are used for."""

    total: int
    free: int
    cached: int
    shmem: int
    anonymous: int
    mapped: int
    tables: int
    locked: int
    dirty: int

    @property
    def available(self) -> int:
        """Free pages, and those of files that can be read again."""
        return self.free + self.cached - self.shmem


def use_of(kernel: Kernel) -> Use:
    """Count, going through caches and address spaces but not through pages."""
    ram = kernel.ram
    files = list(ram.caches.values())
    cached = sum(len(cache.pages) for cache in files)
    shmem = ram.shmem_pages()
    spaces = address_spaces(kernel)
    tables = sum(len(mm.table_frames) for mm in spaces)
    locked = sum(vma.page_count for mm in spaces for vma in mm.vmas if vma.flags & VM_LOCKED)
    total, free = ram.size // PAGE_SIZE, ram.free_bytes // PAGE_SIZE
    return Use(
        total=total,
        free=free,
        cached=cached + shmem,
        shmem=shmem,
        anonymous=max(0, total - free - cached - shmem - tables),
        mapped=sum(len(cache.pages) for cache in files if cache.vmas),
        tables=tables,
        locked=locked,
        dirty=sum(len(cache.dirty) for cache in files),
    )


def address_spaces(kernel: Kernel) -> list[AddressSpace]:
    """All address spaces, each once."""
    return list({id(task.mm): task.mm for task in kernel.tasks.values() if task.alive}.values())


def show_meminfo(kernel: Kernel) -> bytes:
    """The machine's memory in kB."""
    use = use_of(kernel)
    committed = sum(mm.data_bytes for mm in address_spaces(kernel)) // PAGE_SIZE + use.shmem
    pages = [
        ("MemTotal", use.total),
        ("MemFree", use.free),
        ("MemAvailable", use.available),
        ("Buffers", 0),
        ("Cached", use.cached),
        ("SwapCached", 0),
        ("Active", use.anonymous + use.cached - use.shmem),
        ("Inactive", use.shmem),
        ("Active(anon)", use.anonymous),
        ("Inactive(anon)", use.shmem),
        ("Active(file)", use.cached - use.shmem),
        ("Inactive(file)", 0),
        ("Unevictable", use.locked),
        ("Mlocked", use.locked),
        ("SwapTotal", 0),
        ("SwapFree", 0),
        ("Dirty", use.dirty),
        ("Writeback", 0),
        ("AnonPages", use.anonymous),
        ("Mapped", use.mapped),
        ("Shmem", use.shmem),
        ("KReclaimable", 0),
        ("Slab", 0),
        ("SReclaimable", 0),
        ("SUnreclaim", 0),
        ("KernelStack", 0),
        ("PageTables", use.tables),
        ("CommitLimit", use.total // 2),
        ("Committed_AS", committed),
        ("VmallocTotal", 0),
        ("VmallocUsed", 0),
        ("VmallocChunk", 0),
    ]
    lines = (f"{name + ':':<16}{count * PAGE_SIZE // KB:8} kB\n" for name, count in pages)
    return "".join(lines).encode()


def show_vmstat(kernel: Kernel) -> bytes:
    """Counts of pages. Events are not counted."""
    return "".join(f"{name} {count}\n" for name, count in _counters(use_of(kernel))).encode()


def show_zoneinfo(kernel: Kernel) -> bytes:
    """One node with one zone."""
    use = use_of(kernel)
    counters = "".join(f"      {name:<12} {count}\n" for name, count in _counters(use)[1:])
    return (
        f"Node 0, zone   Normal\n  per-node stats\n{counters}"
        f"  pages free     {use.free}\n        boost    0\n        min      0\n"
        f"        low      0\n        high     0\n        spanned  {use.total}\n"
        f"        present  {use.total}\n        managed  {use.total}\n        cma      0\n"
        f"        protection: (0)\n      nr_free_pages {use.free}\n  pagesets\n"
        "  node_unreclaimable:  0\n  start_pfn:           0\n"
    ).encode()


def show_buddyinfo(kernel: Kernel) -> bytes:
    """Free pages by size of the piece: the untouched end of memory, and single pages."""
    ram = kernel.ram
    single, untouched = ram.free_pages()
    counts = [single] + [0] * (MAX_ORDER - 1)
    for order in range(MAX_ORDER - 1):
        counts[order] += untouched >> order & 1
    counts[MAX_ORDER - 1] += untouched // PAGES_PER_SECTION
    return f"Node 0, zone   Normal {''.join(f'{count:6d} ' for count in counts)}\n".encode()


def show_slabinfo(kernel: Kernel) -> bytes:
    """The kernel's objects are the host's: there are no slabs."""
    return (
        b"slabinfo - version: 2.1\n"
        b"# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
        b" : tunables <limit> <batchcount> <sharedfactor>"
        b" : slabdata <active_slabs> <num_slabs> <sharedavail>\n"
    )


def show_swaps(kernel: Kernel) -> bytes:
    """No swap."""
    return b"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


def _counters(use: Use) -> list[tuple[str, int]]:
    return [
        ("nr_free_pages", use.free),
        ("nr_mlock", use.locked),
        ("nr_anon_pages", use.anonymous),
        ("nr_mapped", use.mapped),
        ("nr_file_pages", use.cached),
        ("nr_dirty", use.dirty),
        ("nr_writeback", 0),
        ("nr_shmem", use.shmem),
        ("nr_page_table_pages", use.tables),
    ]
