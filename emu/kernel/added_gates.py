"""Ways into the kernel that somebody adds: another vector, with a convention and table of its own.

On x86 a vector is an entry of the IDT (``int 0x81``); elsewhere it is the trap instruction's
immediate, which Linux does not look at: arm64's and ARM's ``svc``, MIPS's ``syscall`` code.
RISC-V's ``ecall`` has none.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from emu.arch.abi import Row
from emu.arch.convention import Convention
from emu.kernel.errno import EFAULT
from emu.kernel.gates import guarded, is_wide
from emu.kernel.syscall import Syscall
from emu.record import record

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.arch.cpu import Cpu, TrapHandler
    from emu.kernel.gates import GateKind
    from emu.kernel.kernel import Kernel
    from emu.kernel.task import Task

FIRST_VECTOR, LAST_VECTOR, LINUX_VECTOR = 0x20, 0xFF, 0x80
"""The IDT's entries that no exception has, and the one that is Linux's."""

# Trap instructions with an immediate: its shift and width in the word.
IMMEDIATES = {
    "arm": (0, 24), "arm64": (5, 16), "mips": (6, 20), "mipsel": (6, 20), "mips64": (6, 20),
    "mips64el": (6, 20),
}  # fmt: skip
TRAP_BYTES = 4

Entry = str | Callable[..., Any]
"""A kernel entry point by its name, or a handler: ``handler(task, typed arguments...)``."""


@record
class AddedGate:
    """A way in: what leads there, where number and arguments are, and what answers.

    `abi` gives errnos, layouts and flags. Without a `convention` it is the ABI's, without a
    `table` the ABI's own system calls.
    """

    isa: str
    vector: int
    abi: str
    convention: Convention | None = None
    table: Mapping[int, Entry] | None = None

    @property
    def way(self) -> str:
        """The trap's name: ``int81``, ``svc-7``."""
        if self.is_interrupt:
            return f"int{self.vector:x}"
        return f"{'svc' if self.isa.startswith('arm') else 'syscall'}-{self.vector:x}"

    @property
    def is_interrupt(self) -> bool:
        """Whether the vector is an entry of x86's IDT."""
        return self.isa in ("x86-64", "i386")

    def check(self) -> None:
        """ValueError if this ISA has no such vector, or it is Linux's."""
        if self.is_interrupt:
            if not FIRST_VECTOR <= self.vector <= LAST_VECTOR or self.vector == LINUX_VECTOR:
                raise ValueError(f"vector {self.vector:#x} is an exception's or Linux's")
        elif self.isa not in IMMEDIATES:
            raise ValueError(f"{self.isa} has one way in only")
        elif not 0 < self.vector < 1 << IMMEDIATES[self.isa][1]:
            raise ValueError(f"{self.isa} has no immediate {self.vector:#x}, or it is Linux's")


def with_added(
    kernel: Kernel,
    cpu: Cpu,
    abi: Abi,
    ways: dict[str, TrapHandler],
    gates: list[AddedGate],
    kind: GateKind,
) -> dict[str, TrapHandler]:
    """A CPU's ways in and the added ones."""
    by_immediate: dict[int, TrapHandler] = {}
    for gate in gates:
        handler = make_added(kernel, cpu, gate, abi, kind)
        if gate.is_interrupt:
            ways[gate.way] = handler
        else:
            by_immediate[gate.vector] = handler
    if by_immediate:
        (way,) = ways
        ways[way] = guarded(cpu, choosing(kernel, cpu, ways[way], by_immediate))
    return ways


def make_added(
    kernel: Kernel, cpu: Cpu, gate: AddedGate, program: Abi, kind: GateKind
) -> TrapHandler:
    """The function that the trap calls."""
    abi = kernel.abi(gate.abi, program.byte_order)
    convention = gate.convention or abi.convention
    rows = None
    if gate.table is not None:
        rows = {number: own_row(kernel, abi, number, e) for number, e in gate.table.items()}
    wide = is_wide(cpu, convention)
    table = kind.table(
        kernel, abi, cpu.registers, wide, gate.convention, way=gate.way, own_rows=rows
    )
    return kind.make(kernel, cpu, table)


def own_row(kernel: Kernel, abi: Abi, number: int, entry: Entry) -> tuple[Row, Syscall | None]:
    """A line of somebody's own table, and who answers it."""
    if isinstance(entry, str):
        return Row(number, entry.removeprefix("sys_"), entry), kernel.handler(abi, entry)
    name = inspect.unwrap(entry).__name__
    return Row(number, name, name), Syscall(name, entry)


def choosing(
    kernel: Kernel, cpu: Cpu, linux: TrapHandler, others: Mapping[int, TrapHandler]
) -> TrapHandler:
    """Look at the trap instruction's immediate; what nobody added is Linux's."""
    sched = kernel.sched

    def enter() -> None:
        task = sched.current
        assert task is not None
        others.get(immediate(task, cpu), linux)()

    return enter


def immediate(task: Task, cpu: Cpu) -> int:
    """The immediate of the trap instruction just executed; 0 if it cannot be read."""
    if cpu.thumb:
        return read_or_nothing(task, cpu.pc - 2, 2) & 0xFF
    shift, width = IMMEDIATES[cpu.isa.name]
    return read_or_nothing(task, cpu.pc - TRAP_BYTES, TRAP_BYTES) >> shift & (1 << width) - 1


def read_or_nothing(task: Task, address: int, count: int) -> int:
    """An instruction's word."""
    try:
        raw = task.mm.read(address, count)
    except EFAULT:
        return 0
    return int.from_bytes(raw, "big" if task.cpu.isa.big_endian else "little")
