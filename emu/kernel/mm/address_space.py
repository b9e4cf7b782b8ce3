"""The address space of a process: its areas, its page table, and what may be done to them.

The operations are the kernel's own and live in modules of their own: `mapping` (mmap, munmap,
brk), `remap` (mremap), `protect` (mprotect), `advice` (madvise, msync, mincore), `lock` (mlock).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_MASK, PAGE_SHIFT, PTE_WRITE
from emu.kernel.errno import ENOMEM, KernelError
from emu.kernel.mm import brk, mapping, protect
from emu.kernel.mm import fault as faults
from emu.kernel.mm.access import UserMemory
from emu.kernel.mm.layout import MMAP_MIN_ADDR, Rlimits, mmap_base
from emu.kernel.mm.ram import ZERO_FRAME, Ram
from emu.kernel.mm.vma import (
    VM_DONTCOPY,
    VM_GROWSDOWN,
    VM_LOCKED,
    VM_LOCKED_MASK,
    VM_SHARED,
    VM_WIPEONFORK,
    VM_WRITE,
    Vma,
)
from emu.kernel.mm.vma_list import VmaList
from emu.kernel.uapi.resource import RLIM_INFINITY

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.arch.cpu import Cpu
    from emu.kernel.aio import AioContext
    from emu.kernel.vfs.file import File


TABLE_STEP = 4096
"""Page table entries that are paid for together; the first ones are free."""
TABLE_COST = 100
"""Frames that so many entries take of the host's memory."""


class AddressSpace(UserMemory):
    """Memory as one process sees it. See struct mm_struct.

    `rlimits` is the process's own dictionary: a changed limit counts at once. `cpu` is the CPU
    that translates by this page table now, if any.
    """

    def __init__(self, ram: Ram, abi: Abi, rlimits: Rlimits) -> None:
        super().__init__(ram, abi.isa.byte_order, abi.word_bits)
        self.abi = abi
        self.rlimits = rlimits
        self.task_size = abi.memory.task_size
        self.word_mask = (1 << abi.convention.word_bits) - 1
        self.min_address = MMAP_MIN_ADDR
        self.mmap_base = mmap_base(abi.memory, self.limit("RLIMIT_STACK"))
        self.rights = faults.page_rights(not abi.name.startswith("riscv"))
        self.has_32bit_maps = abi.name in ("x86-64", "x32")
        self.vmas = VmaList()
        self.cpu: Cpu | None = None
        # ARM: what is known of trap instructions that the program cannot rewrite; see `gates`.
        self.svc_immediates: dict[int, int] = {}
        self.last_fault_code: faults.FaultCode = "SEGV_MAPERR"
        self.users = 1
        self.table_room = TABLE_STEP
        self.most_pages = 0
        """The most that were present when some were taken away."""
        self.table_frames: list[int] = []
        self.default_flags = 0
        self.membarrier_registrations = 0
        self.read_implies_exec = False
        self.vdso_base = self.vdso_landing = 0
        self.sigreturn: tuple[int, int] | None = None
        """Where handlers return to that have no restorer: without and with SA_SIGINFO."""
        # What /proc and brk(2) need to know of the program: see struct mm_struct.
        self.start_code = self.end_code = self.start_data = self.end_data = 0
        self.start_brk = self.brk = self.start_stack = 0
        self.arg_start = self.arg_end = self.env_start = self.env_end = 0
        self.saved_auxv = b""
        self.exe_file: File | None = None
        self.aio_contexts: dict[int, AioContext] = {}
        """By the address of the page that each has: see io_setup(2)."""

    def mmap(
        self,
        address: int,
        length: int,
        prot: int,
        flags: int,
        file: File | None = None,
        offset: int = 0,
        *,
        may_lock: bool = False,
        below: int | None = None,
    ) -> int:
        """Map memory and answer its address. See `mapping.do_mmap` and mmap(2)."""
        return mapping.do_mmap(
            self, address, length, prot, flags, file, offset, may_lock=may_lock, below=below
        )

    def munmap(self, address: int, length: int) -> None:
        """Remove mappings. EINVAL, ENOMEM. See munmap(2)."""
        mapping.do_munmap(self, address, length)

    def mprotect(self, address: int, length: int, prot: int) -> None:
        """Change rights. EINVAL, EACCES, ENOMEM. See mprotect(2)."""
        protect.do_mprotect(self, address, length, prot)

    def set_brk(self, address: int, *, may_lock: bool = False) -> int:
        """Move the program break; answers where it is then. See brk(2)."""
        return brk.do_brk(self, address, may_lock)

    def activate(self, cpu: Cpu) -> None:
        """Let a CPU translate by this page table."""
        previous = self.ram.active.get(cpu)
        if previous is not None:
            previous.cpu = None
        self.ram.active[cpu] = self
        self.cpu = cpu
        cpu.use(self.pages, self.fault_of_guest)

    def flush_tlb(self) -> None:
        """Let the CPU forget entries that were taken away or tightened."""
        self.forget_runs()
        self.svc_immediates.clear()
        if self.cpu is not None:
            self.cpu.flush_tlb()

    def fault(self, page: int, access: int) -> int:
        """Make a page present: its entry, or 0 with the reason in `last_fault_code`."""
        old = self.pages.get(page, 0)
        pte = self._handle_fault(page, access)
        if old and pte and (old ^ pte) & PAGE_MASK:
            # The kernel copied what the CPU may have translated for reading: see ptep_clear_flush.
            self.flush_tlb()
        return pte

    def _handle_fault(self, page: int, access: int) -> int:
        try:
            return faults.handle_fault(self, page, access)
        except faults.Refused as refused:
            self.last_fault_code = refused.code
            return 0

    def fault_of_guest(self, page: int, access: int) -> int:
        """The same for user code, which can wait until page cache has made room.

        The CPU replaces its own entry with the answer, so that its others need no flush.
        """
        old = self.pages.get(page)
        pte = self._handle_fault(page, access)
        if old is not None:
            self.forget_runs()
        if not pte and self.last_fault_code == faults.OUT_OF_MEMORY and self.ram.reclaim():
            pte = self._handle_fault(page, access)
        return pte

    def charge_table(self, entries: int) -> None:
        """Pay with frames for a page table of this many entries. ENOMEM.

        A page table costs memory even where all its entries show the zero frame.
        """
        while self.table_room < entries:
            if self.ram.free_bytes < TABLE_COST << PAGE_SHIFT:
                raise ENOMEM("no memory for page tables")
            self.table_frames += [self.ram.allocate() for _ in range(TABLE_COST)]
            self.table_room += TABLE_STEP

    def limit(self, name: str) -> int:
        """A soft resource limit."""
        return self.rlimits[name][0]

    @property
    def total_bytes(self) -> int:
        """The size of all areas."""
        return sum(vma.end - vma.start for vma in self.vmas)

    @property
    def data_bytes(self) -> int:
        """The size of the private writable areas that are no stack: what RLIMIT_DATA counts."""
        return sum(vma.end - vma.start for vma in self.vmas if is_data(vma.flags))

    @property
    def locked_bytes(self) -> int:
        """The size of the locked areas: what RLIMIT_MEMLOCK counts."""
        return sum(vma.end - vma.start for vma in self.vmas if vma.flags & VM_LOCKED)

    @property
    def resident_bytes(self) -> int:
        """The size of the present pages."""
        return len(self.pages) << PAGE_SHIFT

    def may_expand(self, flags: int, growth: int) -> bool:
        """Whether RLIMIT_AS and RLIMIT_DATA allow `growth` more bytes: see may_expand_vm."""
        limit = self.limit("RLIMIT_AS")
        if limit < RLIM_INFINITY and self.total_bytes + growth > limit:
            return False
        limit = self.limit("RLIMIT_DATA")
        return not (is_data(flags) and limit < RLIM_INFINITY and self.data_bytes + growth > limit)

    def zap_range(self, first: int, end: int) -> None:
        """Unmap the pages `first` up to `end` (page numbers) from the page table."""
        pages = self.pages
        if end - first <= len(pages):
            self.zap(page for page in range(first, end) if page in pages)
        else:
            self.zap([page for page in pages if first <= page < end])

    def zap(self, doomed: Iterable[int]) -> None:
        """Unmap these pages from the page table."""
        self.most_pages = max(self.most_pages, len(self.pages))
        pop = self.pages.pop
        frames = [pop(page) & PAGE_MASK for page in doomed]
        if frames:
            # First nobody can reach the frames any more, then they may be used again.
            self.flush_tlb()
            self.ram.put_all(frames)

    def fork(self, rlimits: Rlimits | None = None) -> AddressSpace:
        """A copy for a child: private pages are shared until one side writes. ENOMEM."""
        child = AddressSpace(self.ram, self.abi, self.rlimits if rlimits is None else rlimits)
        child.charge_table(len(self.pages))
        for name in _COPIED_ON_FORK:
            setattr(child, name, getattr(self, name))
        references = self.ram.references
        parent_pages, child_pages = self.pages, child.pages
        for vma in self.vmas:
            if vma.flags & VM_DONTCOPY:
                continue
            twin = vma.piece(vma.start, vma.end)
            twin.mm = child
            twin.flags &= ~VM_LOCKED_MASK
            if twin.file is not None:
                twin.file.get()
            child.vmas.insert(twin)
            if vma.flags & VM_WIPEONFORK:
                continue
            keep = ~0 if vma.flags & VM_SHARED else ~PTE_WRITE
            shared = {p: parent_pages[p] & keep for p in self.present(vma.start, vma.end)}
            child_pages.update(shared)
            parent_pages.update(shared)
            for pte in shared.values():
                references[pte & PAGE_MASK] += 1
        if self.exe_file is not None:
            child.set_exe_file(self.exe_file)
        # The zero frame is never counted: it lives for ever.
        references[ZERO_FRAME] = 1
        self.flush_tlb()
        return child

    def present(self, start: int, end: int) -> list[int]:
        """The page numbers that are in the page table within a range of addresses, in order."""
        pages = self.pages
        first, last = start >> PAGE_SHIFT, end >> PAGE_SHIFT
        if last - first <= len(pages):
            return [page for page in range(first, last) if page in pages]
        return sorted(page for page in pages if first <= page < last)

    def area_name(self, vma: Vma) -> bytes:
        """What /proc/PID/maps calls an area without a file: ``[heap]``, ``[stack]`` or its name."""
        if vma.name or not vma.is_anonymous:
            return vma.name
        if vma.start <= self.brk and vma.end >= self.start_brk > 0:
            return b"[heap]"
        return b"[stack]" if vma.start <= self.start_stack <= vma.end else b""

    def get(self) -> None:
        """Another task shares this address space."""
        self.users += 1

    def release(self) -> None:
        """A task leaves; the last one gives all memory back."""
        self.users -= 1
        if self.users:
            return
        for context in self.aio_contexts.values():
            context.destroy()
        self.aio_contexts.clear()
        self.zap(list(self.pages))
        self.ram.put_all(self.table_frames)
        self.table_frames.clear()
        if self.cpu is not None:
            self.ram.active.pop(self.cpu, None)
            self.cpu = None
        for vma in list(self.vmas):
            self.remove_vma(vma)
        if self.exe_file is not None:
            self.exe_file.inode.write_count += 1
            self.exe_file.put()
            self.exe_file = None

    def set_exe_file(self, file: File) -> None:
        """Keep the program's file open, and from being written (ETXTBSY), while it runs."""
        self.exe_file = file
        file.get()
        file.inode.write_count -= 1

    def remove_vma(self, vma: Vma) -> None:
        """Take out an area whose pages are unmapped, storing what its file must get."""
        self.vmas.remove(vma)
        if vma.mapping is not None and vma.is_shared and vma.mapping.dirty:
            # Linux would store it later, and tell of an error to whoever syncs the file.
            with contextlib.suppress(KernelError):
                vma.mapping.writeback(vma.pgoff, vma.pgoff + vma.page_count)
        if vma.file is not None:
            vma.file.put()


_COPIED_ON_FORK = (
    "mmap_base", "min_address", "read_implies_exec", "sigreturn", "vdso_base", "vdso_landing",
    "start_code", "end_code", "start_data", "end_data", "start_brk", "brk", "start_stack",
    "arg_start", "arg_end", "env_start", "env_end", "saved_auxv",
)  # fmt: skip


def is_data(flags: int) -> bool:
    """Whether an area with these flags counts as data: see is_data_mapping."""
    return flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN) == VM_WRITE
