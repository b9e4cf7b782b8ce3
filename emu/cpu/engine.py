"""A processor in user state: its registers, running it, and what ends a run."""

from __future__ import annotations

import mmap
import time
from collections.abc import Callable, Mapping
from threading import get_ident
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from emu.arch.cpu import PAGE_MASK, PAGE_SHIFT, Fault, TrapHandler
from emu.arch.isa import Isa
from emu.cpu import library as lib
from emu.cpu import native
from emu.cpu.block_budget import BlockBudget
from emu.cpu.block_limit import MAX_INSTRUCTIONS, single_instructions
from emu.cpu.hardware import Hardware
from emu.cpu.registers import cell_at
from emu.cpu.traps import interrupt_callback, invalid_callback, plain_callback, trap_callback
from emu.cpu.user_registers import UserRegisters

if TYPE_CHECKING:
    from emu.cpu.instruction_count import InstructionCount

_FOREIGN_STOP_RETRY_S = 0.0005

# In uc_engine: the address of the last refused access. Believed only if it is in the right page.
_INVALID_ADDRESS_OFFSET = 0x588


class Engine(UserRegisters, Hardware):
    """A processor of one ISA in unprivileged user state; see `emu.arch.cpu.Cpu`.

    Each ISA is a subclass in `emu.cpu.setup`, which brings the processor up and says what its
    exceptions mean.
    """

    ways: ClassVar[dict[str, int]]
    """Ways into the kernel, and their exception numbers; negative ones are instructions."""

    platform: bytes | None = None
    hwcap: int = 0
    hwcap2: int = 0
    identity: Mapping[str, int] = MappingProxyType({})
    vector_page: tuple[int, bytes] | None = None
    """A page that Linux maps for every process of this ISA (address, content), if any."""

    work_done = 0
    """How many blocks the last run had; 0 where they are not counted."""

    def __init__(
        self,
        isa: Isa,
        ram: mmap.mmap,
        *,
        window: bool,
        model: str | None,
        blocks_per_run: int | None = None,
    ) -> None:
        self._failure: BaseException | None = None
        self._fault: Fault | None = None
        self._refused: tuple[int, int] | None = None
        self._rewind: Callable[[], None] | None = None
        self._repaired = False
        self._unexplained_at: int | None = None
        self._stopping = False
        self._stepping = False
        self._runner: int | None = None
        self._handlers: dict[int, TrapHandler] = {}
        self._trap: native.Blob | None = None
        self._trap_callback: Any = None
        super().__init__(isa, ram, window=window, model=model)
        self._invalid_address = cell_at(self.handle + _INVALID_ADDRESS_OFFSET)
        self._bring_up()
        self.finish_bring_up()
        self._install_traps()
        self._pristine = self.save()
        self._instructions: InstructionCount | None = None
        self._budget: BlockBudget | None = None
        if blocks_per_run is not None:
            self._budget = BlockBudget(self.library, self.handle, blocks_per_run)

    # Registers

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

    def limit_run(self, blocks: int) -> None:
        """How many blocks each run may have from now on, where they are counted."""
        if self._budget is not None:
            self._budget.allowed = blocks

    def run(self) -> Fault | None:
        """Execute from `pc` until `stop` (None) or a fault. Raises what a handler raised.

        With counted blocks it also ends (None) when those of one run are used up.
        """
        start, handle, guard, budget = self.library.start, self.handle, self.guard, self._budget
        if budget is not None:
            budget.refill()
        self._runner = get_ident()  # Before looking at the flag: see `stop`.
        guard.enter(self._runner)
        stepping = gave_up = False
        try:
            while not self._stopping:
                self._fault = self._refused = None
                stepping = gave_up and self.has_short_blocks
                if stepping:
                    status = self._step_through_a_block()
                else:
                    status = start(handle, self._entry(), 0, 0, 0)
                gave_up = guard.gave_up()
                if self._rewind is not None:
                    self._rewind()
                self._settle()
                if self._failure is not None:
                    error, self._failure = self._failure, None
                    raise error
                if self._fault is not None:
                    return self._fault
                if self._refused is not None:
                    return self._page_fault(*self._refused)
                if gave_up and not self._stopping and (stepping or not self.has_short_blocks):
                    return self._unexplained()
                if self._stepping or (budget is not None and budget.exhausted):
                    break
                if status and not self._stopping and not self._is_to_be_retried():
                    return self._unexplained()
            self._stopping = False
            return None
        finally:
            guard.leave()
            self._runner = None
            if budget is not None:
                self.work_done = budget.used

    def step(self) -> Fault | None:
        """Execute one instruction: a block of it alone, in which a stop is asked for.

        Nothing that is translated meanwhile stays, nor does what was translated before count.
        """
        if not self.has_short_blocks:
            return self.run()
        frame = self.tlb.look(self.pc >> PAGE_SHIFT) & PAGE_MASK
        self.invalidate_code(frame)
        stop = self.library.hook(self.handle, lib.HOOK_CODE, lib.address_of(self.library.stop))
        self._stepping = True
        try:
            with single_instructions(self.library, self.isa.name):
                start = self.pc
                fault = self.run()
                if fault is None and self.pc == start:
                    # The engine gives an instruction up whose page it had to ask for.
                    fault = self.run()
                return fault
        finally:
            self._stepping = False
            self.library.hook_del(self.handle, stop)
            self.invalidate_code(frame)

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
        number = self._way_number(way)
        if number is None:
            raise ValueError(f"{self.isa.name} has no way in called {way!r}")
        self._handlers[number] = handler
        if self._trap is not None and number == self._trap.data[0]:
            self._trap_callback = trap_callback(handler)
            self._trap.data[1] = lib.address_of(self._trap_callback)

    def _way_number(self, way: str) -> int | None:
        """The exception of a way in; None if there is none such."""
        return self.ways.get(way)

    def invalidate_code(self, frame: int) -> None:
        """Forget instructions translated from the frame at this RAM address, if there are any."""
        if frame in self.code_frames:
            self.discard_code(frame)

    def count_instructions(self) -> None:
        """Count them from now on; before the first run."""
        from emu.cpu.instruction_count import InstructionCount

        self._instructions = InstructionCount(self.library, self.handle)

    def hook_address(self, address: int, action: Callable[[], None]) -> None:
        """Call a function before the instruction at an address, from now on."""
        from emu.cpu.address_hooks import hook_address

        hook_address(self, address, action)

    @property
    def overwritten(self) -> dict[str, int]:
        """What the trap instruction itself overwrote, as far as it is known: see `X86_64`."""
        return {}

    @property
    def instructions(self) -> int:
        """How many instructions were executed since `count_instructions`; 0 without it."""
        return self._instructions.value if self._instructions is not None else 0

    # For callbacks

    def abandon(self, error: BaseException) -> None:
        """Leave the guest and raise `error` out of `run`."""
        if self._failure is None:
            self._failure = error
        self.library.stop(self.handle)

    def page_refused(self, page: int, access: int) -> None:
        """The guest has no right to this access; `run` reports it."""
        self._refused = page, access

    def raise_fault(
        self, signal: str, code: str, pc: int, address: int | None = None,
        *, trap: int = 0, error: int = 0,
    ) -> None:  # fmt: skip
        """Leave the guest with an exception at `pc`, which is also its address by default."""
        self.pc = pc
        place = pc if address is None else address
        self._fault = Fault(signal, code, place, pc, trap=trap, error=error)
        self.library.stop(self.handle)

    def raise_fault_here(self, signal: str, code: str, pc: int, address: int | None = None) -> None:
        """As `raise_fault`, from a callback after which the engine would finish its block.

        The rest of the block finds no memory, and what it did to registers is undone.
        """
        self.raise_fault(signal, code, pc, address)
        state = self.save()
        resume = self.tlb.suspend()

        def rewind() -> None:
            self._rewind = None
            resume()
            self.restore(state)

        self._rewind = rewind

    def repaired(self, pc: int) -> None:
        """The instruction was done for the guest: go on at `pc`, whatever the engine says."""
        self.pc = pc
        self._repaired = True

    # What an ISA says

    def _bring_up(self) -> None:
        """From reset to user state, by `run_stub` and register writes."""
        raise NotImplementedError

    def _install_traps(self) -> None:
        exceptions = interrupt_callback(self._handlers, self._exception, self.abandon)
        unknown = invalid_callback(self._invalid, self.abandon)
        self.keep += [exceptions, unknown]
        if native.available():
            self._install_trap(next(n for n in self.ways.values() if n >= 0), exceptions)
        else:
            self.hook(lib.HOOK_INTR, lib.address_of(exceptions))
        self.hook(lib.HOOK_INSN_INVALID, lib.address_of(unknown))

    def _install_trap(self, number: int, exceptions: Any) -> None:
        """Have this ISA's own trap skip what other exceptions need; see `on_trap`."""
        others = lib.address_of(exceptions)
        self._trap_callback = plain_callback(lambda: self._exception(number), self.abandon)
        trap = lib.address_of(self._trap_callback)
        self._trap = native.interrupt_blob(number, trap, others)
        self.hook(lib.HOOK_INTR, self._trap.address, self._trap.data_address)

    def _exception(self, number: int) -> None:
        """An exception that is no trap: `raise_fault`, or set it right."""
        raise NotImplementedError

    def _invalid(self) -> bool:
        """An instruction the engine does not know: `raise_fault`, or True to go on."""
        raise NotImplementedError

    def _settle(self) -> None:
        """Make the state one that a signal frame can hold, after the engine stopped anywhere."""

    def _entry(self) -> int:
        """The address to start at, as the engine wants it."""
        return self.state.read_pc()

    def _page_fault(self, page: int, access: int) -> Fault:
        """The fault of a refused access."""
        return Fault("SIGSEGV", "", self._refused_address(page), self.pc, access)

    def _refused_address(self, page: int) -> int:
        """The byte whose access was refused, if the engine kept it; otherwise its page."""
        start = page << PAGE_SHIFT
        kept = self._invalid_address.value if self._invalid_address is not None else start
        return kept if kept >> PAGE_SHIFT == page else start

    def _step_through_a_block(self) -> int:
        """Run what the engine could not translate as a whole, up to the instruction it gives up on.

        What is translated meanwhile is thrown away when the count ends.
        """
        with single_instructions(self.library, self.isa.name):
            entry = self._entry()
            return int(self.library.start(self.handle, entry, 0, 0, MAX_INSTRUCTIONS))

    def _is_to_be_retried(self) -> bool:
        """Whether an error that nobody reported needs no report.

        A Python exception in the few instructions of a callback that cannot catch it (Ctrl-C)
        looks like this: once per place, the instruction is tried again.
        """
        if self._repaired:
            self._repaired = False
            return True
        pc = self.pc
        first, self._unexplained_at = self._unexplained_at != pc, pc
        return first

    def _unexplained(self) -> Fault:
        pc = self.pc
        return Fault("SIGILL", "ILL_ILLOPC", pc, pc)
