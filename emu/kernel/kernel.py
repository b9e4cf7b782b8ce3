"""The kernel object: everything that one machine's Linux knows, and its main loop."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from emu.arch.abi import Abi
from emu.kernel.errno import KernelError
from emu.kernel.futex import FutexTable
from emu.kernel.gates import Gates
from emu.kernel.inner_call import InnerCalls
from emu.kernel.sched import Deadlock, Scheduler
from emu.kernel.signal.delivery import deliver, force_fault
from emu.kernel.syscall import find_handler
from emu.kernel.task import INIT_PID
from emu.kernel.uts import Uts

if TYPE_CHECKING:
    from emu.arch.abi import Row
    from emu.arch.cpu import Cpu
    from emu.kernel.clock import Clock
    from emu.kernel.events import Tracer
    from emu.kernel.mm.ram import Ram
    from emu.kernel.syscall import Syscall
    from emu.kernel.task import Task
    from emu.kernel.thread_group import ThreadGroup
    from emu.kernel.vfs.mount import Mount


PROBED = frozenset({"rseq"})
"""Calls that every libc tries at its start and does without: no warning, though a trace line."""


@dataclass
class Options:
    """What the user of a machine may choose.

    `strict` ends the machine at the first call that no handler answers.
    """

    strict: bool = False
    release: str = "6.12.0"
    hostname: str = "emu"
    log: Callable[[str], None] = field(default=lambda message: None)


class Unimplemented(Exception):
    """A strict machine met a system call that has no handler."""


class KernelBug(Exception):
    """A handler failed in a way that is our fault, not the guest's; says which call it was."""


class Kernel:
    """One machine's kernel. Two of them in one process never see each other."""

    def __init__(
        self,
        *,
        ram: Ram,
        clock: Clock,
        handlers: Mapping[str, Syscall],
        make_cpu: Callable[[str], Cpu],
        options: Options | None = None,
        seed: int | None = None,
    ) -> None:
        self.options = options or Options()
        self.ram = ram
        self.clock = clock
        self.random: random.Random = random.SystemRandom() if seed is None else random.Random(seed)
        self.uts = Uts(
            nodename=self.options.hostname.encode(), release=self.options.release.encode()
        )
        self.sched = Scheduler(clock)
        self.gates = Gates(self)
        self.call = InnerCalls(self).call
        self.futexes = FutexTable()
        self.tasks: dict[int, Task] = {}
        self.root_mount: Mount
        self.tracer: Tracer | None = None
        self._handlers = handlers
        self._make_cpu = make_cpu
        self._cpus: dict[str, Cpu] = {}
        self._abis: dict[tuple[str, str | None], Abi] = {}
        self._errno_numbers: dict[str, dict[type[KernelError], int]] = {}
        self._reported: set[tuple[str, str]] = set()
        self._last_pid = INIT_PID
        self._ended: list[Task] = []

    def log(self, message: str) -> None:
        """Tell the machine's owner something worth a line."""
        self.options.log(message)

    def watch(self, tracer: Tracer | None) -> None:
        """Send events to a tracer from now on; None ends it."""
        self.tracer = tracer
        self.gates.forget()

    def abi(self, name: str, byte_order: str | None = None) -> Abi:
        """An ABI's tables, read once."""
        key = (name, byte_order)
        if key not in self._abis:
            self._abis[key] = Abi.load(name, byte_order)
        return self._abis[key]

    def cpu(self, isa: str) -> Cpu:
        """The CPU of an instruction set, made when first asked for."""
        if isa not in self._cpus:
            self._cpus[isa] = cpu = self._make_cpu(isa)
            self.ram.cpus.append(cpu)
        return self._cpus[isa]

    def handler(self, abi: Abi, entry: str) -> Syscall | None:
        """Who answers an entry point of an ABI's table; None if nobody does."""
        return find_handler(self._handlers, entry, abi.canonical_entry(entry))

    def errno_numbers(self, abi: Abi) -> dict[type[KernelError], int]:
        """Error class -> this ABI's number."""
        if abi.name not in self._errno_numbers:
            self._errno_numbers[abi.name] = {
                error: abi.errno[error.__name__]
                for error in KernelError.__subclasses__()
                if error.__name__ in abi.errno
            }
        return self._errno_numbers[abi.name]

    def report_unimplemented(self, task: Task, abi: Abi, row: Row) -> None:
        """Warn once of a call without a handler; `Unimplemented` on a strict machine."""
        message = f"{abi.name} system call {row.nr} ({row.name}) is not implemented"
        if self.options.strict:
            raise Unimplemented(f"{message}; {task} called it")
        if (abi.name, row.name) not in self._reported and row.name not in PROBED:
            self._reported.add((abi.name, row.name))
            self.log(f"{message}: it answers ENOSYS")

    def allocate_pid(self) -> int:
        """The next free process id."""
        self._last_pid += 1
        return self._last_pid

    def groups(self) -> list[ThreadGroup]:
        """All processes."""
        return [task.group for task in self.tasks.values() if task.group.leader is task]

    def add_task(self, task: Task) -> None:
        """Let a new task run."""
        self.tasks[task.pid] = task
        self.sched.ready(task)

    def task_ended(self, task: Task) -> None:
        """A task has its exit status: nobody runs or wakes it any more."""
        if self.tracer is not None:
            self.tracer.exited(task)
        self.sched.discard(task)
        self.tasks.pop(task.pid, None)
        self._ended.append(task)

    def run(self) -> None:
        """Run until no task is left. `Deadlock` when all sleep for ever."""
        while self.tasks:
            self.run_one(self._next())

    def _next(self) -> Task:
        try:
            return self.sched.next()
        except Deadlock:
            asleep = ", ".join(str(task) for task in self.tasks.values())
            raise Deadlock(f"all tasks sleep and nothing can wake them: {asleep}") from None

    def run_one(self, task: Task) -> None:
        """Give a task its CPU until it sleeps, ends, or the CPU is wanted back."""
        cpu = self.sched.switch_to(task)
        if task.call is not None:
            self.sched.resume(task)
            if task.call is not None:
                return
        if task.work:
            task.work = False
            deliver(task)
        if task.alive:
            try:
                fault = cpu.run()
            except Exception as error:
                if isinstance(error, Unimplemented):
                    raise
                raise KernelBug(describe_call(task, cpu, error)) from error
            if fault is not None:
                if self.tracer is not None:
                    self.tracer.fault(task, fault)
                force_fault(task, fault)
            if task.alive and task.call is None:
                self.sched.ready(task)
        self._release_ended()

    def _release_ended(self) -> None:
        """Give back what ended tasks held; not before the CPU has left their address space."""
        while self._ended:
            task = self._ended.pop()
            self.sched.leave_cpu(task)
            task.files.put()
            task.mm.release()


def describe_call(task: Task, cpu: Cpu, error: Exception) -> str:
    """Which system call a task was in, as far as its registers still tell."""
    convention = task.abi.convention
    number = cpu.registers[convention.number]
    row = task.abi.syscalls.get(number)
    name = row.name if row else "an unknown call or none"
    words = ", ".join(f"{cpu.registers[register]:#x}" for register in convention.arguments)
    what = f"{type(error).__name__}: {error}"
    return f"{what}; {task.abi.name} call {number} ({name}) of {task} at {cpu.pc:#x}, words {words}"
