"""Detours: a program's system calls led by another way in than the one it was written for.

``syscall`` by the gate of ``int 0x80``, say, with the number that the call of that name has there,
and the arguments in that way's registers: what the other way makes of the same call is all that is
different. Registers that the other way uses and the program's own does not are given back. Calls
that the other table has not, or with other parameters, or that make whole sets of registers, go
their own way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.gates import guarded
from emu.record import record

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.arch.cpu import Cpu, TrapHandler
    from emu.kernel.kernel import Kernel

TABLES = {
    ("x86-64", "syscall"): "x86-64",
    ("x86-64", "int80"): "i386",
    ("i386", "int80"): "i386",
    ("i386", "sysenter"): "i386",
}
"""The table that each way leads to that others can be led by, or to."""

OF_ALL_REGISTERS = (
    "clone", "clone3", "fork", "vfork", "execve", "execveat", "sigreturn", "rt_sigreturn",
)  # fmt: skip
"""Calls that copy the registers as they are, or set them."""


class NoSuchWay(ValueError):
    """The instruction set has no such way into the kernel that calls can be led by."""


@record
class Detour:
    """What traps by `way` on an instruction set goes by `instead`."""

    isa: str
    way: str
    instead: str

    def check(self) -> None:
        """`NoSuchWay` unless there are two such ways."""
        for way in (self.way, self.instead):
            if (self.isa, way) not in TABLES:
                known = " ".join(way for isa, way in TABLES if isa == self.isa) or "only one way"
                raise NoSuchWay(f"no detour by {way} on {self.isa}, which has {known}")


def detours_to(isa: str, way: str) -> list[Detour]:
    """Those that lead all other ways of an instruction set by one. `NoSuchWay`."""
    Detour(isa, way, way).check()
    return [Detour(isa, other, way) for known, other in TABLES if known == isa and other != way]


def detoured(kernel: Kernel, cpu: Cpu, detour: Detour, ways: dict[str, TrapHandler]) -> TrapHandler:
    """The function that a trap by the program's own way calls."""
    own, other = (kernel.abi(TABLES[detour.isa, way]) for way in (detour.way, detour.instead))
    straight, there = ways[detour.way], ways[detour.instead]
    if detour.isa == "i386":
        there = (to_sysenter if detour.instead == "sysenter" else from_sysenter)(kernel, cpu, there)
    registers = cpu.registers
    taken, given = own.convention, other.convention
    numbers = numbers_there(kernel, own, other)
    moved = [given.number, *given.arguments]

    def enter() -> None:
        number = numbers.get(registers[taken.number])
        if number is None:
            straight()
            return
        words = [registers[place] for place in taken.arguments]
        kept = [registers[place] for place in moved]
        registers[given.number] = number
        for place, word in zip(given.arguments, words, strict=True):
            registers[place] = word
        there()
        result = registers[given.result]
        for place, word in zip(moved, kept, strict=True):
            registers[place] = word
        registers[taken.result] = result

    return guarded(cpu, enter)


def numbers_there(kernel: Kernel, own: Abi, other: Abi) -> dict[int, int]:
    """The numbers of the other table's calls of the same name and as many arguments."""
    rows = {row.name: row for row in other.syscalls.values()}

    def arguments(abi: Abi, entry: str) -> int | None:
        handler = kernel.handler(abi, entry)
        return None if handler is None else len(handler.parameters())

    found = {}
    for number, row in own.syscalls.items():
        there = rows.get(row.name)
        if there is None or row.name in OF_ALL_REGISTERS:
            continue
        count = arguments(own, row.entry)
        if count is not None and count == arguments(other, there.entry):
            found[number] = there.nr
    return found


def to_sysenter(kernel: Kernel, cpu: Cpu, sysenter: TrapHandler) -> Callable[[], None]:
    """What the i386 vDSO does around the instruction: the sixth argument is on the stack."""
    registers = cpu.registers
    esp, ebp = cpu.isa.number("esp"), cpu.isa.number("ebp")

    def enter() -> None:
        task = kernel.sched.current
        assert task is not None
        stack, pc = registers[esp], cpu.pc
        task.mm.write_u32(stack - 4, registers[ebp])
        registers[ebp] = stack - 4
        sysenter()
        registers[esp], cpu.pc = stack, pc

    return enter


def from_sysenter(kernel: Kernel, cpu: Cpu, int80: TrapHandler) -> Callable[[], None]:
    """The other way round: the vDSO goes on at its landing pad."""
    registers = cpu.registers
    ebp = cpu.isa.number("ebp")

    def enter() -> None:
        task = kernel.sched.current
        assert task is not None
        stack = registers[ebp]
        registers[ebp] = task.mm.read_u32(stack)
        cpu.pc = task.mm.vdso_landing
        int80()
        registers[ebp] = stack

    return enter
