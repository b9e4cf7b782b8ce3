"""One engine per ISA: memory, callbacks, entering and leaving the guest."""

from __future__ import annotations

import ctypes
import mmap
import time
from collections.abc import Callable
from ctypes import c_char, c_int, c_uint32, c_uint64
from threading import get_ident
from typing import ClassVar, Literal

from emu.arch.cpu import (
    PAGE_SHIFT,
    PAGE_SIZE,
    PTE_EXEC,
    PTE_READ,
    PTE_WRITE,
    Fault,
    RegisterFile,
    TrapHandler,
)
from emu.arch.isa import Isa
from emu.cpu import library as lib
from emu.cpu import native
from emu.cpu.library import EngineError
from emu.cpu.registers import RegisterAccess, RegisterNames, cell_at, open_state
from emu.cpu.tlb import Tlb, no_pages

# Code buffer of the engine; the default of 1 GiB only costs address space.
_TRANSLATION_BUFFER = 64 << 20
_ALL_RIGHTS = PTE_READ | PTE_WRITE | PTE_EXEC
_FOREIGN_STOP_RETRY_S = 0.0005

# In uc_engine: the address of the last refused access. Believed only if it is in the right page.
_INVALID_ADDRESS_OFFSET = 0x588

# Where the bring-up stub runs; gone before any guest page exists.
_STUB_PAGE = 0x10
STUB_ADDRESS = _STUB_PAGE << PAGE_SHIFT


class Engine:
    """A processor of one ISA in unprivileged user state; see `emu.arch.cpu.Cpu`.

    Each ISA is a subclass in `emu.cpu.setup`, which brings the processor up and says what its
    exceptions mean.
    """

    architecture: ClassVar[int]
    mode: ClassVar[int]
    models: ClassVar[dict[str, int]]
    default_model: ClassVar[str]
    names: ClassVar[RegisterNames]
    ways: ClassVar[dict[str, int]]
    """Ways into the kernel that are exceptions, and their exception numbers."""

    platform: bytes | None = None
    hwcap: int = 0
    hwcap2: int = 0
    vector_page: tuple[int, bytes] | None = None
    """A page that Linux maps for every process of this ISA (address, content), if any."""

    def __init__(self, isa: Isa, ram: mmap.mmap, *, window: bool, model: str | None) -> None:
        self.isa = isa
        self.order: Literal["big", "little"] = "big" if isa.big_endian else "little"
        self.model = model or self.default_model
        if self.model not in self.models:
            known = ", ".join(self.models)
            raise ValueError(f"{isa.name} has no CPU model {self.model!r}; known: {known}")
        self._failure: BaseException | None = None
        self._fault: Fault | None = None
        self._refused: tuple[int, int] | None = None
        self.again = False
        self._rewind: Callable[[], None] | None = None
        self._stopping = False
        self._runner: int | None = None
        self._in_guest = False
        self._handlers: dict[int, TrapHandler] = {}
        self.keep: list[object] = []
        self.code_frames: set[int] = set()
        """Frames that may have translated code. Ask before writing them, and invalidate."""

        self.library = lib.load()
        self.handle = self._open(isa)
        self._map(ram)
        self._invalid_address = cell_at(self.handle + _INVALID_ADDRESS_OFFSET)
        self.access = RegisterAccess(self.library, self.handle)
        self.state = open_state(self.library, self.handle, self.names, window=window)
        self.registers: RegisterFile = self.state.registers
        self._tlb = Tlb(self, self.library.tlb_flusher(self.handle), self._code_inspector())
        self.use = self._tlb.use
        self.flush_tlb = self._tlb.flush
        self._install_fill()
        self._bring_up()
        self._finish_bring_up()
        self._install_traps()
        self._pristine = self.save()

    # Guest state

    @property
    def pc(self) -> int:
        """The program counter. Inside a trap: the address after the trap instruction."""
        return self.state.read_pc()

    @pc.setter
    def pc(self, address: int) -> None:
        self.state.write_pc(address)

    @property
    def thread_pointer(self) -> int:
        """The register that points at thread-local storage."""
        raise NotImplementedError

    @thread_pointer.setter
    def thread_pointer(self, address: int) -> None:
        raise NotImplementedError

    @property
    def gs_base(self) -> int:
        """The base of x86-64's other segment; ValueError elsewhere."""
        raise ValueError(f"{self.isa.name} has no gs base")

    @gs_base.setter
    def gs_base(self, address: int) -> None:
        raise ValueError(f"{self.isa.name} has no gs base")

    def set_tls_entry(self, index: int, base: int, limit: int, flags: int) -> None:
        """Write an i386 thread-local descriptor; ValueError elsewhere."""
        raise ValueError(f"{self.isa.name} has no descriptors for threads")

    @property
    def thumb(self) -> bool:
        """Whether an ARM CPU is in Thumb state; False elsewhere."""
        return False

    @property
    def trap_length(self) -> int:
        """The size in bytes of the trap instruction just taken."""
        return self.isa.trap_length

    def branch(self, address: int) -> None:
        """Continue at a function's address, as an indirect call would."""
        self.pc = address

    def reset(self) -> None:
        """Give all registers the values of a fresh process: zero, default FP control."""
        self.restore(self._pristine)

    def save(self) -> bytes:
        """The whole register state, for `restore` on an engine of the same ISA and model."""
        return self.state.snapshot()

    def restore(self, state: object) -> None:
        """Put back what `save` returned. The address space stays as it is."""
        assert isinstance(state, bytes)
        self.state.load(state)

    # Running

    def run(self) -> Fault | None:
        """Execute from `pc` until `stop` (None) or a fault. Raises what a handler raised."""
        library, handle = self.library, self.handle
        self._runner = get_ident()  # Before looking at the flag: see `stop`.
        try:
            while not self._stopping:
                self._in_guest = True
                status = library.start(handle, self._entry(), 0, 0, 0)
                self._in_guest = False
                if self._rewind is not None:
                    self._rewind()
                if self._failure is not None:
                    error, self._failure = self._failure, None
                    self._fault = self._refused = None
                    raise error
                if self._fault is not None:
                    fault, self._fault, self._refused = self._fault, None, None
                    return fault
                if self._refused is not None:
                    page, access = self._refused
                    self._refused = None
                    page_fault = self._page_fault(page, access)
                    if page_fault is not None:
                        return page_fault
                elif status and not self._stopping and not self.again:
                    return self._unexplained()
                self.again = False
            self._stopping = False
            return None
        finally:
            self._in_guest = False
            self._runner = None

    def stop(self) -> None:
        """End the current or the next `run`; may be called from another thread.

        From another thread it returns when the run has ended, or at once if none is under way.
        """
        self._stopping = True
        self.library.stop(self.handle)
        me = get_ident()
        # The engine forgets a stop that comes just before it starts, so repeat until it is seen.
        while self._stopping and self._runner not in (None, me):
            time.sleep(_FOREIGN_STOP_RETRY_S)
            self.library.stop(self.handle)

    def interrupt(self) -> None:
        """End the current run soon, if there is one; for a ticking thread."""
        if self._runner is not None:
            self._stopping = True
            self.library.stop(self.handle)

    def on_trap(self, way: str, handler: TrapHandler) -> None:
        """Route one way into the kernel; ValueError if this ISA has no such way."""
        if way not in self.ways:
            raise ValueError(f"{self.isa.name} has no way in called {way!r}")
        self._handlers[self.ways[way]] = handler

    # Code

    def invalidate_code(self, frame: int) -> None:
        """Forget instructions translated from the frame at this RAM address, if there are any."""
        if frame in self.code_frames:
            self.discard_code(frame)

    def discard_code(self, frame: int) -> None:
        """As `invalidate_code`, in any case."""
        self._tlb.with_frame(frame, self._remove_translations)

    def _remove_translations(self, address: int) -> None:
        """The library wants a virtual address, and forgets what the frame there had."""
        self.library.control(
            self.handle, lib.CTL_REMOVE_CACHE, c_uint64(address), c_uint64(address + PAGE_SIZE)
        )

    def patches_itself(self, page: int) -> bool:
        """Whether the running instruction is in this page and must see its own stores."""
        return False

    # For the callbacks and the ISAs

    def abandon(self, error: BaseException) -> None:
        """Leave the guest and raise `error` out of `run`."""
        if self._failure is None:
            self._failure = error
        self.library.stop(self.handle)

    def page_refused(self, page: int, access: int) -> None:
        """The guest has no right to this access; `run` reports it."""
        self._refused = page, access

    def raise_fault(self, signal: str, code: str, pc: int, address: int | None = None) -> None:
        """Leave the guest with an exception at `pc`, which is also its address by default."""
        self.pc = pc
        self._fault = Fault(signal, code, pc if address is None else address, pc)
        self.library.stop(self.handle)

    def raise_fault_here(self, signal: str, code: str, pc: int, address: int | None = None) -> None:
        """As `raise_fault`, from a callback after which the engine would finish its block.

        The rest of the block finds no memory, and what it did to registers is undone.
        """
        self.raise_fault(signal, code, pc, address)
        state = self.save()
        resume = self._tlb.suspend()

        def rewind() -> None:
            self._rewind = None
            resume()
            self.restore(state)

        self._rewind = rewind

    def read_user(self, address: int, size: int) -> bytes | None:
        """Guest memory as the running instruction would read it; None if it may not."""
        places = self._user_places(address, size, PTE_READ)
        return None if places is None else b"".join(self.ram[place] for place in places)

    def write_user(self, address: int, data: bytes) -> bool:
        """Store as the running instruction would; False, and nothing stored, if it may not."""
        places = self._user_places(address, len(data), PTE_WRITE)
        for place in places or ():
            size = place.stop - place.start
            self.ram[place], data = data[:size], data[size:]
        return places is not None

    def read_code(self, address: int, size: int) -> bytes:
        """Instruction bytes, fewer where no code is mapped; never a page fault."""
        code = b""
        while len(code) < size:
            va = address + len(code) & self.isa.word_mask
            pte = self._tlb.look(va >> PAGE_SHIFT)
            if not pte & PTE_EXEC:
                break
            place = (pte & -PAGE_SIZE) + va % PAGE_SIZE
            code += self.ram[place : place + min(size - len(code), PAGE_SIZE - va % PAGE_SIZE)]
        return code

    def _user_places(self, address: int, size: int, access: int) -> list[slice] | None:
        """Where the bytes are in RAM, pages faulted in; None, and a fault to report, if refused."""
        places = []
        while size:
            va = address & self.isa.word_mask
            pte = self._tlb.fill(va, access)
            if not pte & access:
                return None
            chunk = min(size, PAGE_SIZE - va % PAGE_SIZE)
            start = (pte & -PAGE_SIZE) + va % PAGE_SIZE
            places.append(slice(start, start + chunk))
            address += chunk
            size -= chunk
        return places

    # What an ISA says

    def _bring_up(self) -> None:
        """From reset to user state, in privileged state and with `_run_stub` at hand."""
        raise NotImplementedError

    def _exception(self, number: int) -> None:
        """An exception that is no trap: `raise_fault`, or set it right."""
        raise NotImplementedError

    def _invalid(self) -> bool:
        """An instruction the engine does not know; True to go on."""
        pc = self.pc
        self.raise_fault("SIGILL", "ILL_ILLOPC", pc)
        return False

    def _page_fault(self, page: int, access: int) -> Fault | None:
        """The fault of a refused access; None if it was put right."""
        return Fault("SIGSEGV", "", self._refused_address(page), self.pc, access)

    def _refused_address(self, page: int) -> int:
        """The byte whose access was refused, if the engine kept it; otherwise its page."""
        start = page << PAGE_SHIFT
        kept = self._invalid_address.value if self._invalid_address is not None else start
        return kept if kept >> PAGE_SHIFT == page else start

    def _entry(self) -> int:
        """The address to start at, as the engine wants it."""
        return self.state.read_pc()

    def _code_inspector(self) -> Callable[[int, int], None] | None:
        """What must look at a frame and page before they are translated."""
        return None

    def _unexplained(self) -> Fault:
        pc = self.pc
        return Fault("SIGILL", "ILL_ILLOPC", pc, pc)

    # Construction

    def _open(self, isa: Isa) -> int:
        library = self.library
        mode = self.mode | (lib.MODE_BIG_ENDIAN if isa.big_endian else 0)
        handle = library.open(self.architecture, mode)
        library.control(handle, lib.CTL_TCG_BUFFER_SIZE, c_uint32(_TRANSLATION_BUFFER))
        library.control(handle, lib.CTL_CPU_MODEL, c_int(self.models[self.model]))
        if self.architecture in (lib.ARCH_ARM, lib.ARCH_ARM64):
            # These targets default to pages of 1 KiB.
            library.control(handle, lib.CTL_PAGE_SIZE, c_uint32(PAGE_SIZE))
        library.control(handle, lib.CTL_TLB_TYPE, c_int(lib.TLB_VIRTUAL))
        return handle

    def _map(self, ram: mmap.mmap) -> None:
        size = len(ram)
        if size % PAGE_SIZE:
            raise EngineError("the size of RAM is not a multiple of the page size")
        self.ram = ram
        self._ram_address = ctypes.addressof(c_char.from_buffer(ram))
        self._map_memory(0, ram)
        # Above RAM, out of reach of page table entries: the bring-up stub, and what a guest's
        # processor needs in memory but must not see in its own.
        self.private = mmap.mmap(-1, 2 * PAGE_SIZE)
        self.private_frame = size
        self._map_memory(size, self.private)

    def _map_memory(self, physical: int, memory: mmap.mmap) -> None:
        host = ctypes.addressof(c_char.from_buffer(memory))
        status = self.library.mem_map_ptr(self.handle, physical, len(memory), _ALL_RIGHTS, host)
        self.library.check(status, f"map {len(memory) >> 20} MiB of memory")

    def _fill_flags(self) -> tuple[int, int]:
        """Address of a flags word to mask after data fills, and the mask; (0, _) for none."""
        return 0, 0xFFFFFFFF

    def _install_fill(self) -> None:
        if native.available() and self.state.direct:
            callback = _PythonFill(self._tlb.fill)
            blob = native.fill_blob(lib.address_of(callback), *self._fill_flags())
            self.keep += [callback, blob]
            self.hook(lib.HOOK_TLB_FILL, blob.address, blob.data_address)
        else:
            fallback = lib.FillCallback(self._python_fill)
            self.keep.append(fallback)
            self.hook(lib.HOOK_TLB_FILL, lib.address_of(fallback))

    def _python_fill(self, _uc: int, va: int, kind: int, entry: int, _data: int) -> bool:
        pte = self._tlb.fill(va, 1 << kind - lib.MEM_READ)
        if kind != lib.MEM_FETCH:
            self._data_fill_done()
        if not pte:
            return False
        result = _TlbEntry.from_address(entry)
        result.physical = pte & -PAGE_SIZE
        result.rights = pte & _ALL_RIGHTS
        return True

    def _data_fill_done(self) -> None:
        """What `_fill_flags` asks for, in Python."""

    def _install_traps(self) -> None:
        handlers = self._handlers
        exception = self._exception
        abandon = self.abandon
        known_invalid = self._invalid

        def interrupt(_uc: int, number: int, _data: int) -> None:
            handler = handlers.get(number)
            try:
                if handler is None:
                    exception(number)
                else:
                    handler()
            except BaseException as error:
                abandon(error)

        def invalid(_uc: int, _data: int) -> bool:
            try:
                return known_invalid()
            except BaseException as error:
                abandon(error)
                return False

        callbacks = lib.InterruptCallback(interrupt), lib.InvalidCallback(invalid)
        self.keep += callbacks
        self.hook(lib.HOOK_INTR, lib.address_of(callbacks[0]))
        self.hook(lib.HOOK_INSN_INVALID, lib.address_of(callbacks[1]))

    def hook(self, kind: int, function: int, data: int = 0, *extra: int) -> int:
        return self.library.hook(self.handle, kind, function, data, *extra)

    def run_stub(self, code: bytes, *, until: int | None = None) -> None:
        """Run privileged instructions at STUB_ADDRESS, to their end or to `until`."""
        pages = {_STUB_PAGE: self.private_frame | PTE_READ | PTE_EXEC}
        self.private[: len(code)] = code
        self.use(pages, no_pages)
        end = STUB_ADDRESS + len(code) if until is None else until
        status = self.library.start(self.handle, STUB_ADDRESS, end, 0, 0)
        self.library.check(status, "bring the processor up")
        self.discard_code(self.private_frame)
        self.use({}, no_pages)

    def _finish_bring_up(self) -> None:
        """From now on only `stop` ends a run: an end address of 0 would be a guest's NULL."""
        self.use({}, no_pages)
        self.code_frames.clear()
        self.library.control(self.handle, lib.CTL_USE_EXITS, c_int(1))
        no_exits = (ctypes.c_uint64 * 1)()
        self.library.control(self.handle, lib.CTL_EXITS, no_exits, ctypes.c_size_t(0))
        for number, name in enumerate(self.names.general):
            if name:
                self.registers[number] = 0
        self.pc = 0

    def close(self) -> None:
        """Give the engine back. Nothing may be called afterwards."""
        self.library.close(self.handle)


class _TlbEntry(ctypes.Structure):
    _fields_ = (("physical", ctypes.c_uint64), ("rights", c_uint32))


_PythonFill = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_uint64, c_uint32)
