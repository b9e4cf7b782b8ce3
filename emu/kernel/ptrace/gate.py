"""A tracee's way into the kernel: one call, with its stops at entry and exit.

Another gate than everybody's, so that tracing costs nothing where nobody traces. The registers
are the tracer's to change while the tracee stands: the call's number, its arguments, its result.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from emu.arch.regset import audit_arch
from emu.arch.regset.base import NO_SYSCALL, signed32
from emu.kernel.errno import KernelError
from emu.kernel.ptrace.tracee import TracedCall
from emu.kernel.restart import (
    RegistersSet,
    Restart,
    RestartBlock,
    RestartNoHand,
    RestartNoIntr,
    RolledBack,
    WantsTracer,
)
from emu.kernel.trap import make_ending
from emu.kernel.trap_counts import TrapCounts
from emu.kernel.uapi.ptrace import (
    PTRACE_EVENT_EXEC,
    PTRACE_EVENT_SECCOMP,
    PTRACE_EVENTMSG_SYSCALL_ENTRY,
    PTRACE_EVENTMSG_SYSCALL_EXIT,
)

if TYPE_CHECKING:
    from emu.arch.cpu import Cpu, TrapHandler
    from emu.kernel.kernel import Kernel
    from emu.kernel.ptrace.tracee import Tracee
    from emu.kernel.syscall_table import SyscallTable
    from emu.kernel.task import Task

ARGUMENTS = 6
RESTART_NAMES = (
    (RestartBlock, "ERESTART_RESTARTBLOCK"),
    (RestartNoHand, "ERESTARTNOHAND"),
    (RestartNoIntr, "ERESTARTNOINTR"),
    (Restart, "ERESTARTSYS"),
)
"""What a tracer sees of a call that a signal broke."""

# ARM: 0 at a call's entry and 1 at its exit, in ip, and on arm64 in x7, while the tracee stands.
DIRECTION = {"arm": 12, "arm64": 7}


def make_traced_gate(
    kernel: Kernel, cpu: Cpu, table: SyscallTable, number_in: Sequence[int] | None = None
) -> TrapHandler:
    """As `emu.kernel.trap.make_gate`, for tasks that are traced."""
    gate = TracedGate(kernel, cpu, table, number_in)
    sched = kernel.sched
    trapped = 0

    def enter() -> None:
        nonlocal trapped
        trapped += 1
        task = sched.current
        assert task is not None
        tracee = task.ptrace
        # Let go of a moment ago; the usual gate is put in with the next switch.
        call = gate.plain(task) if tracee is None else gate.call(tracee)
        try:
            sched.begin(task, call, gate.finish)
        except Restart as broken:
            gate.finish(task, broken)
        except BaseException as error:
            cpu.abandon(error)
            return
        cpu.stop()

    kernel.part(TrapCounts).add(table.way, lambda: trapped)
    return enter


class TracedGate:
    """One way in for tracees, over one CPU's registers."""

    def __init__(
        self, kernel: Kernel, cpu: Cpu, table: SyscallTable, number_in: Sequence[int] | None
    ) -> None:
        self._cpu, self._table = cpu, table
        abi = table.abi
        convention = table.convention
        self._registers = cpu.registers
        self._numbers = cpu.registers if number_in is None else number_in
        self._number_register = convention.number if number_in is None else 0
        self._ending = make_ending(kernel, cpu, table, number_in)
        self._errno = kernel.errno_numbers(abi)
        self._abi_errno = abi.errno
        self._mask, self._word = (1 << convention.number_bits) - 1, cpu.isa.word_mask
        self._result, self._first = convention.result, convention.arguments[0]
        flag = convention.error_flag
        self._changed = [self._result, *([] if flag is None else [flag])]
        """The registers of a result. Some ABIs have the first argument there."""
        self._raw = table.raw_words(ARGUMENTS)
        self._arch = audit_arch(abi)
        isa = cpu.isa.name
        self._direction = DIRECTION.get(isa)
        self._keeps_number = isa.startswith(("x86", "i386", "arm"))
        """Whether the number is kept apart from the registers while the tracee stands."""
        self._shows_enosys = isa.startswith(("x86", "i386", "riscv"))
        self._keeps_argument = isa.startswith("riscv")
        self._is_mips = flag is not None

    def finish(self, task: Task, result: int | BaseException) -> None:
        """A traced call has written its result itself; one that is to be made again has not."""
        if isinstance(result, BaseException):
            self._ending.finish(task, result)
        else:
            task.work = True

    async def plain(self, task: Task) -> int:
        """A call of a task that is not traced any more."""
        with contextlib.suppress(RolledBack):
            await self._run(task, self._numbers[self._number_register])
        return 0

    async def call(self, tracee: Tracee) -> int:
        """One call from entry to exit. Raises `Restart` for one that is to be made again."""
        task, registers = tracee.task, self._registers
        number = self._numbers[self._number_register]
        task.abi = self._table.abi
        before = [registers[place] for place in self._changed]
        tracee.call = TracedCall(
            signed32(number & self._mask),
            registers[self._first] & self._word,
            self._arguments(task),
            self._arch,
        )
        skip = False
        if tracee.stops_at_calls or tracee.emulates_calls:
            skip = tracee.emulates_calls
            number = await self._stand_at_entry(tracee, number)
            if task.signals.killed:
                self._restore(number, before)
                return 0
            skip = skip or signed32(number & self._mask) == NO_SYSCALL
        mm = task.mm
        broken: Restart | None = None
        if not skip:
            broken = await self._run_filtered(tracee, number, before)
        elif self._is_mips:
            self._ending.answer(-task.abi.errno["ENOSYS"])
        if not task.alive:
            return 0
        if task.mm is not mm:
            await self._executed(tracee)
        await self._stand_at_exit(tracee)
        if broken is not None and registers[self._result] & self._word == self._shown(broken):
            self._restore(number, before)
            raise broken
        if task.ptrace is tracee:
            tracee.stepped(self._cpu.pc)
        return 0

    async def _run_filtered(self, tracee: Tracee, number: int, before: list[int]) -> Restart | None:
        """Run the handler; the tracer may change or skip a call that a filter shows it."""
        task = tracee.task
        try:
            return await self._run(task, number)
        except RolledBack:
            self._restore(number, before)
            return None
        except WantsTracer as wanted:
            number = await self._stand_at_entry(tracee, number, wanted)
        if task.signals.killed or signed32(number & self._mask) == NO_SYSCALL:
            return None
        assert task.seccomp is not None
        task.seccomp.rechecks = True
        try:
            return await self._run(task, number)
        except RolledBack:
            self._restore(number, before)
            return None
        finally:
            task.seccomp.rechecks = False

    async def _run(self, task: Task, number: int) -> Restart | None:
        """Run the handler and write its result: what broke it, if a signal did."""
        rows = self._table.rows
        decoder = rows.get(number) or self._table.bind(number)
        mm = task.mm
        try:
            answer = decoder(task)
            result = answer if isinstance(answer, int) else await answer
        except KernelError as error:
            result = -self._errno[type(error)]
        except RolledBack:
            raise
        except RegistersSet:
            return None
        except Restart as broken:
            if task.ptrace is None:
                raise
            self._ending.answer(-self._restart_number(broken))
            return broken
        if task.alive and task.mm is mm:
            self._ending.answer(result)
        return None

    async def _stand_at_entry(
        self, tracee: Tracee, number: int, wanted: WantsTracer | None = None
    ) -> int:
        """The first stop, or the one that a filter wanted: the number of the call to make."""
        task, registers = tracee.task, self._registers
        if self._shows_enosys or signed32(number & self._mask) == NO_SYSCALL:
            self._ending.answer(-task.abi.errno["ENOSYS"])
        if wanted is not None:
            await tracee.event(PTRACE_EVENT_SECCOMP, wanted.data)
        else:
            with Shown(tracee, self._direction, 0):
                await tracee.stand_at_call(PTRACE_EVENTMSG_SYSCALL_ENTRY)
        if self._keeps_number:
            chosen = tracee.call.number
            number = number if signed32(number & self._mask) == chosen else chosen & self._mask
        else:
            number = registers[self._number_register]
            tracee.call.number = signed32(number & self._mask)
        if self._keeps_argument and signed32(number & self._mask) != NO_SYSCALL:
            registers[self._first] = tracee.call.argument
        return number

    async def _stand_at_exit(self, tracee: Tracee) -> None:
        if tracee.stops_at_calls and tracee.task.ptrace is tracee:
            with Shown(tracee, self._direction, 1):
                await tracee.stand_at_call(PTRACE_EVENTMSG_SYSCALL_EXIT)

    async def _executed(self, tracee: Tracee) -> None:
        """The call was an execve."""
        former = tracee.former_pid or tracee.task.pid
        tracee.former_pid = 0
        tracee.executed()
        await tracee.event(PTRACE_EVENT_EXEC, former)

    def _arguments(self, task: Task) -> tuple[int, ...]:
        try:
            return self._raw(task)
        except KernelError:  # on an unreadable stack; the call itself will say so
            return (0,) * ARGUMENTS

    def _restart_number(self, broken: Restart) -> int:
        name = next(name for kind, name in RESTART_NAMES if isinstance(broken, kind))
        return self._abi_errno[name]

    def _shown(self, broken: Restart) -> int:
        """What the result register has for a broken call, if the tracer left it alone."""
        number = self._restart_number(broken)
        return number if self._is_mips else -number & self._word

    def _restore(self, number: int, before: list[int]) -> None:
        """Have the registers as the call was made."""
        registers = self._registers
        for place, value in zip(self._changed, before, strict=True):
            registers[place] = value
        if self._numbers is registers:
            registers[self._number_register] = number & self._word


class Shown:
    """While it lasts, the tracer sees another value in a register (None: in none)."""

    def __init__(self, tracee: Tracee, register: int | None, value: int) -> None:
        self._tracee = tracee
        self._shown = None if register is None else (register, value)

    def __enter__(self) -> None:
        self._tracee.shown = self._shown

    def __exit__(self, *why: object) -> None:
        self._tracee.shown = None
