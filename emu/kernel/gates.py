"""The ways into the kernel: which table each trap instruction of a program leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from emu.arch.cpu import PAGE_SHIFT, PTE_WRITE
from emu.kernel.errno import EFAULT
from emu.kernel.restart import restart_number
from emu.kernel.syscall_table import SyscallTable
from emu.kernel.trap import make_gate

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.arch.abi import Abi
    from emu.arch.convention import Convention
    from emu.arch.cpu import Cpu, TrapHandler
    from emu.kernel.added_gates import AddedGate
    from emu.kernel.detour import Detour
    from emu.kernel.events import Tracer
    from emu.kernel.kernel import Kernel
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.task import Task

MakeGate: TypeAlias = "Callable[..., TrapHandler]"
MakeTable: TypeAlias = "Callable[..., SyscallTable]"
THUMB_SVC = 0xDF
OABI_SVC_BYTES = 4
LANDING_WITHOUT_VDSO = 16
"""As on Linux an offset in the i386 vDSO, to which the address of none is added."""


def svc_immediate(mm: AddressSpace, address: int, cpu: Cpu) -> int:
    """The immediate of the ARM `svc` at an address; 0 for Thumb's, which the kernel ignores.

    Remembered by the address space while the program itself cannot rewrite the page.
    """
    try:
        instruction = mm.read_u32(address)
    except EFAULT:  # execute-only text; only the register can tell
        return 0
    in_thumb = instruction >> 24 == THUMB_SVC and cpu.thumb
    immediate = 0 if in_thumb else instruction & 0xFFFFFF
    if not mm.pages.get(address >> PAGE_SHIFT, PTE_WRITE) & PTE_WRITE:
        mm.svc_immediates[address] = immediate
    return immediate


def guarded(cpu: Cpu, handler: Callable[[], None]) -> TrapHandler:
    """A trap handler made of a function that may raise."""

    def enter() -> None:
        try:
            handler()
        except BaseException as error:
            cpu.abandon(error)

    return enter


def is_wide(cpu: Cpu, convention: Convention) -> bool:
    """Whether the CPU's slots hold more than the convention's words."""
    return cpu.isa.name == "i386" or convention.word_bits < cpu.isa.word_bits


def watched(handler: TrapHandler, way: str, kernel: Kernel, tracer: Tracer) -> TrapHandler:
    """The handler between telling a tracer that the trap begins and that it is over."""
    sched = kernel.sched

    def enter() -> None:
        task = sched.current
        assert task is not None
        tracer.trapped(task, way)
        handler()
        if task.call is None and not task.work:
            tracer.returned(task)

    return enter


def gate_kind(traced: bool, filtered: bool) -> GateKind:
    """What the gates of such tasks are made of."""
    make: MakeGate = make_gate
    table: MakeTable = SyscallTable
    if traced:
        from emu.kernel.ptrace.gate import make_traced_gate as make
    if filtered:
        from emu.kernel.seccomp.table import FilteredTable as table
    return GateKind(make, table)


class GateKind(NamedTuple):
    """What the gates of a task are made of: all calls come in by `make`, and go by a `table`."""

    make: MakeGate
    table: MakeTable


class Gates:
    """Trap handlers, made once for each program ABI and CPU, installed when a task gets it."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._ways: dict[tuple[Cpu, str, bool, bool], dict[str, TrapHandler]] = {}
        self._installed: dict[Cpu, tuple[str, bool, bool]] = {}
        self._added: list[AddedGate] = []
        self._detours: list[Detour] = []

    def install(self, cpu: Cpu, task: Task) -> None:
        """Let a CPU's trap instructions lead where a task's program expects.

        Not from within a trap. Tasks that are traced have gates of their own, with stops, and so
        have tasks with filters of system calls.
        """
        abi, traced, filtered = task.image_abi, task.ptrace is not None, task.seccomp is not None
        way_in = abi.name, traced, filtered
        if self._installed.get(cpu) == way_in:
            return
        key = (cpu, *way_in)
        if key not in self._ways:
            ways = self._watched(cpu, self._make(cpu, abi, gate_kind(traced, filtered)))
            self._ways[key] = self._detoured(cpu, ways) if self._detours else ways
        for way, handler in self._ways[key].items():
            cpu.on_trap(way, handler)
        self._installed[cpu] = way_in

    def forget(self) -> None:
        """Make all gates anew when next needed: somebody began or ceased to watch."""
        self._ways.clear()
        self._installed.clear()

    def add(self, gate: AddedGate) -> None:
        """Install one more way in, from now on. ValueError if there is no such vector."""
        gate.check()
        self._added.append(gate)
        self.forget()

    def lead(self, detour: Detour) -> None:
        """Lead what traps by one way by another. ValueError if there are no two such ways."""
        detour.check()
        self._detours.append(detour)
        self.forget()

    def added(self, isa: str) -> list[AddedGate]:
        """The ways in that were added to an instruction set, the last for each vector."""
        return list({gate.vector: gate for gate in self._added if gate.isa == isa}.values())

    def _make(self, cpu: Cpu, abi: Abi, kind: GateKind) -> dict[str, TrapHandler]:
        ways = self._own_ways(cpu, abi, kind)
        if self._added:
            from emu.kernel.added_gates import with_added

            return with_added(self._kernel, cpu, abi, ways, self.added(cpu.isa.name), kind)
        return ways

    def _watched(self, cpu: Cpu, ways: dict[str, TrapHandler]) -> dict[str, TrapHandler]:
        """The same ways; for a tracer that wants to see registers, told before and after."""
        tracer = self._kernel.tracer
        if tracer is None or not tracer.sees_traps:
            return ways
        return {
            way: guarded(cpu, watched(handler, way, self._kernel, tracer))
            for way, handler in ways.items()
        }

    def _detoured(self, cpu: Cpu, ways: dict[str, TrapHandler]) -> dict[str, TrapHandler]:
        from emu.kernel.detour import detoured

        led = {
            detour.way: detoured(self._kernel, cpu, detour, ways)
            for detour in self._detours
            if detour.isa == cpu.isa.name
        }
        return {**ways, **led}

    def _own_ways(self, cpu: Cpu, abi: Abi, kind: GateKind) -> dict[str, TrapHandler]:
        kernel = self._kernel

        def gate(abi: Abi, way: str) -> TrapHandler:
            wide = is_wide(cpu, abi.convention)
            return kind.make(kernel, cpu, kind.table(kernel, abi, cpu.registers, wide, way=way))

        match cpu.isa.name:
            case "x86-64":
                # x32's numbers, marked by a bit, are in the x86-64 table's sister.
                whole = abi if abi.name == "x86-64" else kernel.abi("x86-64")
                narrow = kernel.abi("i386")
                sysenter = gate(narrow, "sysenter")
                return {
                    "syscall": gate(whole, "syscall"),
                    "int80": gate(narrow, "int80"),
                    "sysenter": self._sysenter(cpu, sysenter, "rsp", "rbp", "rax"),
                }
            case "i386":
                sysenter = gate(abi, "sysenter")
                return {
                    "int80": gate(abi, "int80"),
                    "sysenter": self._sysenter(cpu, sysenter, "esp", "ebp", "eax"),
                }
            case "arm" if abi.name == "arm-oabi":
                return {"svc": self._svc(cpu, gate(kernel.abi("arm-eabi"), "svc"), kind)}
            case "arm" | "arm64":
                return {"svc": gate(abi, "svc")}
            case "riscv64" | "riscv32":
                return {"ecall": gate(abi, "ecall")}
            case _:
                return {"syscall": gate(abi, "syscall")}

    def _svc(self, cpu: Cpu, eabi: TrapHandler, kind: GateKind) -> TrapHandler:
        """OABI: the number is the instruction's immediate, or r7 if that is zero.

        For programs of the old ABI only, as their ELF header says: an EABI kernel without
        CONFIG_OABI_COMPAT does not look at the immediate. See vector_swi in
        arch/arm/kernel/entry-common.S.
        """
        kernel = self._kernel
        oabi_table = kind.table(kernel, kernel.abi("arm-oabi"), cpu.registers, False, way="svc")
        number = [0]
        oabi = kind.make(kernel, cpu, oabi_table, number)
        oabi_restart = restart_number(oabi_table.abi)

        sched = kernel.sched

        def enter() -> None:
            task = sched.current
            assert task is not None
            if task.restarts:
                task.restarts = False
                number[0] = oabi_restart
                return oabi()
            mm, address = task.mm, cpu.pc - OABI_SVC_BYTES
            immediate = mm.svc_immediates.get(address)
            if immediate is None:
                immediate = svc_immediate(mm, address, cpu)
            if not immediate:
                return eabi()
            number[0] = immediate
            return oabi()

        return guarded(cpu, enter)

    def _sysenter(self, cpu: Cpu, i386: TrapHandler, *names: str) -> TrapHandler:
        """sysenter: ebp is the user's stack, the i386 vDSO's landing pad the return address.

        A 64-bit program has no such vDSO: its call is made, and then it is lost in the first page.
        See do_SYSENTER_32 in arch/x86/entry/common.c.
        """
        registers, sched = cpu.registers, self._kernel.sched
        esp, ebp, eax = (cpu.isa.number(name) for name in names)

        def enter() -> None:
            task = sched.current
            assert task is not None
            mm = task.mm
            registers[esp] = stack = registers[ebp] & 0xFFFFFFFF
            cpu.pc = mm.vdso_landing or LANDING_WITHOUT_VDSO
            try:
                registers[ebp] = mm.read_u32(stack)
            except EFAULT:
                registers[eax] = -task.abi.errno["EFAULT"] & 0xFFFFFFFF
                return
            i386()

        return guarded(cpu, enter)
