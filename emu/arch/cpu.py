"""What the kernel sees of a CPU: the interface that `emu.cpu` implements.

Pure description, so that the kernel is typed, and tested, without an engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from emu.arch.isa import Isa
from emu.arch.user_state import UserState
from emu.record import record

PAGE_SHIFT = 12
PAGE_SIZE = 1 << PAGE_SHIFT
PAGE_MASK = ~(PAGE_SIZE - 1)

# A page table entry is an int: the frame's address in RAM, with these rights in its low bits.
PTE_READ = 1
PTE_WRITE = 2
PTE_EXEC = 4
PTE_RIGHTS = 7

ACCESS_READ = PTE_READ
ACCESS_WRITE = PTE_WRITE
ACCESS_EXEC = PTE_EXEC

PageTable = dict[int, int]
"""Virtual page number -> page table entry."""

PageFault = Callable[[int, int], int]
"""``fault(page, access) -> pte``: make the page present for this access, or answer 0 to refuse."""

TrapHandler = Callable[[], None]
"""Called inside the guest's trap; ends the run with `Cpu.stop` when the CPU must be left.

It raises nothing, for no exception may pass the engine: what goes wrong it tells `Cpu.abandon`.
"""


class RegisterFile(Protocol):
    """General registers by hardware number, as unsigned machine words.

    The fast form is a memoryview of the CPU's own state, which may be wider than the ISA's word
    (i386 registers sit in 64-bit slots): mask what is read, and write only what fits the word.
    """

    def __getitem__(self, number: int, /) -> int: ...
    def __setitem__(self, number: int, value: int, /) -> None: ...


@record
class Fault:
    """An exception that user code raised, in the signal's own terms.

    `signal` and `code` are names (``SIGSEGV``, ``SEGV_MAPERR``). For page faults `code` is empty
    and `access` says what was tried: only the kernel knows whether the page is unmapped or
    forbidden. `address` is the byte a page fault was about, or its page where the engine does not
    tell; otherwise it is the instruction. `pc` is the program counter a signal frame reports.
    `trap` and `error` are x86's exception number and error code of all but page faults.
    """

    signal: str
    code: str
    address: int
    pc: int
    access: int = 0
    trap: int = 0
    error: int = 0


class Cpu(Protocol):
    """One processor of one ISA, always in unprivileged user state."""

    isa: Isa
    registers: RegisterFile
    hwcap: int
    hwcap2: int
    platform: bytes | None
    """AT_HWCAP, AT_HWCAP2 and AT_PLATFORM: just what this CPU can execute."""

    model: str
    identity: Mapping[str, int]
    """The words by which this CPU says who it is: CPUID's, or ARM's MIDR; none elsewhere."""

    work_done: int
    """How many blocks of code the last `run` executed; 0 where they are not counted."""

    @property
    def instructions(self) -> int:
        """How many instructions were executed, on a machine that counts them; 0 otherwise."""

    @property
    def overwritten(self) -> dict[str, int]:
        """Registers that the trap instruction overwrote, as they were, if instructions count."""

    vector_page: tuple[int, bytes] | None
    """ARM's page of kernel helpers, address and content; None elsewhere."""

    @property
    def thumb(self) -> bool:
        """Whether an ARM CPU is in Thumb state; False elsewhere."""

    @property
    def gs_base(self) -> int:
        """The base of x86-64's other segment."""

    @gs_base.setter
    def gs_base(self, address: int) -> None: ...

    def set_tls_entry(self, index: int, base: int, limit: int, flags: int) -> None:
        """Write an i386 thread-local descriptor; see set_thread_area(2)."""

    @property
    def pc(self) -> int:
        """The program counter. Inside a trap: the address after the trap instruction."""

    @pc.setter
    def pc(self, address: int) -> None: ...

    @property
    def thread_pointer(self) -> int:
        """FS base, TPIDR_EL0, TPIDRURO, tp or UserLocal; on i386 the GS base of entry 6."""

    @thread_pointer.setter
    def thread_pointer(self, address: int) -> None: ...

    def on_trap(self, way: str, handler: TrapHandler) -> None:
        """Route one way into the kernel (``syscall``, ``int80``, ``sysenter``, ``svc`` ...)."""

    def run(self) -> Fault | None:
        """Execute from `pc` until `stop` (None) or a fault."""

    def limit_run(self, blocks: int) -> None:
        """How many blocks each run may have from now on, where they are counted."""

    def step(self) -> Fault | None:
        """Execute one instruction from `pc`; None also if it led into the kernel."""

    def stop(self) -> None:
        """End the current or the next `run`; may be called from another thread."""

    def interrupt(self) -> None:
        """End the current `run` soon, if there is one; for a ticking thread."""

    def abandon(self, error: BaseException) -> None:
        """Leave the guest and raise `error` out of `run`."""

    def use(self, pages: PageTable, fault: PageFault) -> None:
        """Switch to another address space and forget its predecessor's translations."""

    def hook_address(self, address: int, action: Callable[[], None]) -> None:
        """Call a function before the instruction at an address, from now on."""

    def flush_tlb(self) -> None:
        """Forget cached page table entries: after unmapping, remapping or taking rights away."""

    def invalidate_code(self, frame: int) -> None:
        """Forget instructions translated from the frame at this RAM address."""

    def reset(self) -> None:
        """Give all registers the values of a fresh process: zero, default FP control."""

    @property
    def trap_length(self) -> int:
        """The size in bytes of the trap instruction just taken."""

    def user_state(self) -> UserState:
        """The registers, as a signal frame saves them."""

    def set_user_state(self, state: UserState) -> None:
        """Give the registers these values, as far as user code may set them."""

    def save(self) -> object:
        """The whole register state, for `restore`."""

    def restore(self, state: object) -> None:
        """Put back what `save` returned."""
