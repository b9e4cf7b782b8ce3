"""Virtual memory areas: one piece of an address space with one set of properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SHIFT
from emu.kernel.mm.c_names import VmaNames
from emu.kernel.mm.layout import STACK_GUARD_GAP

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.mm.page_cache import PageCache
    from emu.kernel.vfs.file import File

# The kernel's own flags (include/linux/mm.h); the first three equal PROT_* and PTE_*.
VM_READ = 0x1
VM_WRITE = 0x2
VM_EXEC = 0x4
VM_SHARED = 0x8
VM_MAYREAD = 0x10
VM_MAYWRITE = 0x20
VM_MAYEXEC = 0x40
VM_MAYSHARE = 0x80
VM_GROWSDOWN = 0x100
VM_PFNMAP = 0x400
VM_LOCKED = 0x2000
VM_SEQ_READ = 0x8000
VM_RAND_READ = 0x10000
VM_DONTCOPY = 0x20000
VM_DONTEXPAND = 0x40000
VM_LOCKONFAULT = 0x80000
VM_NORESERVE = 0x200000
VM_WIPEONFORK = 0x2000000
VM_DONTDUMP = 0x4000000

VM_ACCESS = VM_READ | VM_WRITE | VM_EXEC
VM_MAYANY = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC
VM_LOCKED_MASK = VM_LOCKED | VM_LOCKONFAULT


class Vma(VmaNames):
    """The pages from `start` up to `end`, backed by `mapping` from page `pgoff` on.

    Without a mapping the memory is private and anonymous. `file` is what was mapped, kept open;
    `name` is what /proc/PID/maps shows for the kernel's own areas.
    """

    __slots__ = ("end", "file", "flags", "mapping", "mm", "name", "pgoff", "start")

    def __init__(
        self,
        mm: AddressSpace,
        start: int,
        end: int,
        flags: int,
        pgoff: int = 0,
        mapping: PageCache | None = None,
        file: File | None = None,
        name: bytes = b"",
    ) -> None:
        self.mm = mm
        self.start = start
        self.end = end
        self.flags = flags
        self.pgoff = pgoff
        self.mapping = mapping
        self.file = file
        self.name = name

    @property
    def page_count(self) -> int:
        """How many pages it spans."""
        return (self.end - self.start) >> PAGE_SHIFT

    @property
    def is_shared(self) -> bool:
        """Whether stores reach the mapping itself."""
        return self.flags & VM_SHARED != 0

    @property
    def is_anonymous(self) -> bool:
        """Whether it is private memory without a file."""
        return self.mapping is None

    @property
    def offset(self) -> int:
        """The byte offset in the file, for /proc/PID/maps; 0 for memory without one."""
        return 0 if self.mapping is None else self.pgoff << PAGE_SHIFT

    @property
    def permissions(self) -> str:
        """As in /proc/PID/maps: ``r-xp``."""
        flags = self.flags
        return (
            ("r" if flags & VM_READ else "-")
            + ("w" if flags & VM_WRITE else "-")
            + ("x" if flags & VM_EXEC else "-")
            + ("s" if flags & VM_MAYSHARE else "p")
        )

    @property
    def start_with_gap(self) -> int:
        """The start, or that of the guard gap below a stack: see vm_start_gap."""
        if self.flags & VM_GROWSDOWN:
            return max(0, self.start - STACK_GUARD_GAP)
        return self.start

    @property
    def end_of_object(self) -> int | None:
        """The size in bytes of what backs it; None for no end."""
        mapping = self.mapping
        if self.file is not None and (mapping is None or mapping.end is None):
            size: int = self.file.inode.size
            return size
        return None if mapping is None else mapping.end

    def index(self, page: int) -> int:
        """The mapping's page index of a virtual page number."""
        return page - (self.start >> PAGE_SHIFT) + self.pgoff

    def piece(self, start: int, end: int) -> Vma:
        """A new area like this one over a part of it, or over what it will be moved to."""
        pgoff = self.pgoff + ((start - self.start) >> PAGE_SHIFT)
        return Vma(self.mm, start, end, self.flags, pgoff, self.mapping, self.file, self.name)

    def continues_in(self, other: Vma) -> bool:
        """Whether the area right above could be part of this one."""
        return (
            self.end == other.start
            and self.flags == other.flags
            and self.mapping is other.mapping
            and self.file is other.file
            and self.name == other.name
            and (self.mapping is None or self.pgoff + self.page_count == other.pgoff)
        )

    def __repr__(self) -> str:
        return f"<vma {self.start:x}-{self.end:x} {self.permissions} {self.name.decode()}>"
