"""The engine under a processor: its memory, its callbacks, and its way out of reset."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable
from ctypes import c_char, c_int, c_uint32, c_uint64
from typing import ClassVar, Literal

from emu.arch.cpu import (
    PAGE_SHIFT,
    PAGE_SIZE,
    PTE_EXEC,
    PTE_READ,
    PTE_RIGHTS,
    PageFault,
    PageTable,
    RegisterFile,
)
from emu.arch.isa import Isa
from emu.cpu import library as lib
from emu.cpu import native
from emu.cpu.abort_guard import AbortGuard
from emu.cpu.block_limit import limit_blocks
from emu.cpu.library import EngineError
from emu.cpu.registers import RegisterAccess, RegisterNames, open_state
from emu.cpu.tlb import Tlb, no_pages
from emu.cpu.user_memory import UserMemory
from emu.cpu.whole_blocks import run_whole_blocks

# Code buffer of the engine; the default of 1 GiB only costs address space.
_TRANSLATION_BUFFER = 64 << 20

# Where the bring-up stub runs; gone before any guest page exists.
_STUB_PAGE = 0x10
STUB_ADDRESS = _STUB_PAGE << PAGE_SHIFT

_PythonFill = ctypes.CFUNCTYPE(c_uint64, c_uint64, c_uint32)


class Hardware:
    """An engine of one ISA as it comes out of reset, still privileged."""

    architecture: ClassVar[int]
    mode: ClassVar[int]
    models: ClassVar[dict[str, int]]
    default_model: ClassVar[str]
    names: ClassVar[RegisterNames]

    use: Callable[[PageTable, PageFault], None]
    """Switch to another address space and forget its predecessor's translations."""

    flush_tlb: Callable[[], None]
    """Forget cached page table entries: after unmapping, remapping or taking rights away."""

    def __init__(self, isa: Isa, ram: mmap.mmap, *, window: bool, model: str | None) -> None:
        self.isa = isa
        self.order: Literal["big", "little"] = "big" if isa.big_endian else "little"
        self.model = model or self.default_model
        if self.model not in self.models:
            known = ", ".join(self.models)
            raise ValueError(f"{isa.name} has no CPU model {self.model!r}; known: {known}")
        self.code_frames: set[int] = set()
        """Frames that may have translated code. Ask before writing them, and invalidate."""
        self.keep: list[object] = []
        """What the engine has pointers to."""

        self.library = lib.load()
        self.handle = self._open()
        self._map(ram)
        self.guard = AbortGuard(self.library, self.handle, isa.name)
        self.access = RegisterAccess(self.library, self.handle)
        self.state = open_state(self.library, self.handle, self.names, window=window)
        self.registers: RegisterFile = self.state.registers
        flusher = self.library.tlb_flusher(self.handle)
        self.tlb = Tlb(self, flusher, self._code_inspector())
        self.use = self.tlb.use
        self.flush_tlb = self.tlb.flush
        self.memory = UserMemory(ram, self.tlb, isa.word_mask)
        self._install_fill()

    def hook(self, kind: int, function: int, data: int = 0, *extra: int) -> int:
        """Install a callback by address; `extra` is the instruction for HOOK_INSN."""
        return self.library.hook(self.handle, kind, function, data, *extra)

    def run_stub(self, code: bytes, *, until: int | None = None) -> None:
        """Run privileged instructions at STUB_ADDRESS, to their end or to `until`."""
        self.private[: len(code)] = code
        self.use({_STUB_PAGE: self.private_frame | PTE_READ | PTE_EXEC}, no_pages)
        end = STUB_ADDRESS + len(code) if until is None else until
        status = self.library.start(self.handle, STUB_ADDRESS, end, 0, 0)
        self.library.check(status, "bring the processor up")
        self.discard_code(self.private_frame)
        self.use({}, no_pages)

    def finish_bring_up(self) -> None:
        """From now on only a stop ends a run: an end address of 0 would be a guest's NULL."""
        self.use({}, no_pages)
        self.code_frames.clear()
        self.library.control(self.handle, lib.CTL_USE_EXITS, c_int(1))
        no_exits = (c_uint64 * 1)()
        self.library.control(self.handle, lib.CTL_EXITS, no_exits, ctypes.c_size_t(0))
        for number, name in enumerate(self.names.general):
            if name:
                self.registers[number] = 0
        self.state.write_pc(0)

    def discard_code(self, frame: int) -> None:
        """Forget what was translated from a frame, and let its next fetch be asked for."""
        self.tlb.with_frame(frame, self._remove_translations)

    def close(self) -> None:
        """Give the engine back. Nothing may be called afterwards."""
        self.guard.close()
        self.library.close(self.handle)

    # What the TLB asks; see `emu.cpu.tlb.FillOwner`.

    def abandon(self, error: BaseException) -> None:
        """Bring-up has nobody to tell."""
        raise error

    def page_refused(self, page: int, access: int) -> None:
        """Bring-up touches no other page."""

    def patches_itself(self, page: int) -> bool:
        """Whether the running instruction is in this page and must see its own stores."""
        return False

    # What an ISA may add.

    def _code_inspector(self) -> Callable[[int, int], None] | None:
        """What must look at a frame and page before they are translated."""
        return None

    def _fill_flags(self) -> tuple[int, int]:
        """Address of a flags word to mask after data fills, and the mask; (0, _) for none."""
        return 0, 0xFFFFFFFF

    def _data_fill_done(self) -> None:
        """What `_fill_flags` asks for, in Python."""

    # Construction

    def _open(self) -> int:
        library = self.library
        mode = self.mode | (lib.MODE_BIG_ENDIAN if self.isa.big_endian else 0)
        handle = library.open(self.architecture, mode)
        library.control(handle, lib.CTL_TCG_BUFFER_SIZE, c_uint32(_TRANSLATION_BUFFER))
        library.control(handle, lib.CTL_CPU_MODEL, c_int(self.models[self.model]))
        if self.architecture in (lib.ARCH_ARM, lib.ARCH_ARM64):
            # These targets default to pages of 1 KiB.
            library.control(handle, lib.CTL_PAGE_SIZE, c_uint32(PAGE_SIZE))
        library.control(handle, lib.CTL_TLB_TYPE, c_int(lib.TLB_VIRTUAL))
        self.has_short_blocks = limit_blocks(library, self.isa.name)
        self.has_whole_blocks = run_whole_blocks(library, self.isa.name)
        return handle

    def _map(self, ram: mmap.mmap) -> None:
        size = len(ram)
        if size % PAGE_SIZE:
            raise EngineError("the size of RAM is not a multiple of the page size")
        self.ram = ram
        self._map_memory(0, ram)
        # Above RAM, out of reach of page table entries: the bring-up stub, and what a guest's
        # processor needs in memory but must not see in its own.
        self.private = mmap.mmap(-1, 2 * PAGE_SIZE)
        self.private_frame = size
        self._map_memory(size, self.private)

    def _map_memory(self, physical: int, memory: mmap.mmap) -> None:
        host = ctypes.addressof(c_char.from_buffer(memory))
        status = self.library.mem_map_ptr(self.handle, physical, len(memory), PTE_RIGHTS, host)
        self.library.check(status, f"map {len(memory) >> 10} KiB of memory")

    def _remove_translations(self, address: int) -> None:
        """The library wants a virtual address, and forgets what the frame there had."""
        end = c_uint64(address + PAGE_SIZE)
        self.library.control(self.handle, lib.CTL_REMOVE_CACHE, c_uint64(address), end)

    def _install_fill(self) -> None:
        if native.available() and self.state.direct:
            callback = _PythonFill(self.tlb.fill)
            blob = native.fill_blob(lib.address_of(callback), *self._fill_flags())
            self.keep += [callback, blob]
            self.hook(lib.HOOK_TLB_FILL, blob.address, blob.data_address)
        else:
            fallback = lib.FillCallback(self._python_fill)
            self.keep.append(fallback)
            self.hook(lib.HOOK_TLB_FILL, lib.address_of(fallback))

    def _python_fill(self, _uc: int, va: int, kind: int, entry: int, _data: int) -> bool:
        pte = self.tlb.fill(va, 1 << kind - lib.MEM_READ)
        if kind != lib.MEM_FETCH:
            self._data_fill_done()
        if not pte:
            return False
        result = _TlbEntry.from_address(entry)
        result.physical = pte & -PAGE_SIZE
        result.rights = pte & PTE_RIGHTS
        return True


class _TlbEntry(ctypes.Structure):
    _fields_ = (("physical", c_uint64), ("rights", c_uint32))
