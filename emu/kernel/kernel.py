"""The kernel object: everything that one machine's Linux knows, and its main loop."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from emu.arch.abi import Abi, Row
from emu.kernel.core_settings import CoreSettings
from emu.kernel.cpu_timer import run_cpu_timers
from emu.kernel.errno import EAGAIN, EBUSY, KernelError
from emu.kernel.futex.table import FutexTable
from emu.kernel.gates import Gates
from emu.kernel.inner_call import InnerCalls
from emu.kernel.loadavg import LoadAverage
from emu.kernel.sched import Deadlock, Scheduler
from emu.kernel.signal.delivery import deliver, force_fault
from emu.kernel.syscall import find_handler, wrapped
from emu.kernel.task import INIT_PID
from emu.kernel.uapi.signal import SIGKILL
from emu.kernel.uts import Uts
from emu.record import field, record

if TYPE_CHECKING:
    from emu.arch.cpu import Cpu, Fault
    from emu.kernel.clock import Clock
    from emu.kernel.events import Tracer
    from emu.kernel.ipc.mqueue import MqueueLimits
    from emu.kernel.ipc.namespace import IpcNamespace
    from emu.kernel.kconfig import KernelConfig
    from emu.kernel.mm.ram import Ram
    from emu.kernel.net.host.rules import HostAccess
    from emu.kernel.net.namespace import Net
    from emu.kernel.notify.notifier import NotifyLimits
    from emu.kernel.syscall import Syscall, Wrapper
    from emu.kernel.task import Task
    from emu.kernel.thread_group import ThreadGroup
    from emu.kernel.vfs.mnt_namespace import MountNamespace
    from emu.kernel.vfs.mount import Mount


Part = TypeVar("Part")

PID_MAX = 32768
RESERVED_PIDS = 300
"""Where process ids begin anew: include/linux/threads.h, kernel/pid.c."""

PROBED = frozenset({"rseq"})
"""Calls that every libc tries at its start and does without: no warning, though a trace line."""


@record(frozen=False)
class Options:
    """What the user of a machine may choose.

    `strict` ends the machine at the first call that no handler answers. `limit_tasks` is how many
    tasks there may be at once. `host_access` is what the guest may reach of the host's network, if
    anything.
    """

    strict: bool = False
    limit_tasks: int = 4096
    left_out: Collection[str] = ()
    """Parts of the kernel that are not built in: names of `emu.kernel.kconfig`."""
    release: str = "6.12.0"
    hostname: str = "emu"
    host_access: HostAccess | None = None
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
        self.config: KernelConfig | None = None
        if self.options.left_out:
            from emu.kernel.kconfig import KernelConfig

            self.config = KernelConfig(self.options.left_out)
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
        self.core = CoreSettings()
        self.tasks: dict[int, Task] = {}
        self.pid_forgotten: list[Callable[[int], None]] = []
        """Who wants to know of ids that are free again: procfs."""
        self.root_mount: Mount
        self.mnt_ns: MountNamespace
        self.tracer: Tracer | None = None
        self._handlers = handlers
        self._wrappers: dict[str, list[Wrapper]] = {}
        self._make_cpu = make_cpu
        self._cpus: dict[str, Cpu] = {}
        self._abis: dict[tuple[str, str | None], Abi] = {}
        self._errno_numbers: dict[str, dict[type[KernelError], int]] = {}
        self._reported: set[tuple[str, str]] = set()
        self.load = LoadAverage(clock)
        self.new_calls: dict[int, Syscall] = {}
        """System calls that modules made, by number."""
        self._parts: dict[Callable[[Kernel], Any], object] = {}
        self.living = 0
        """How many tasks have not ended."""
        self.switched_ns = clock.cpu_ns()
        """When the running task got the CPU, on the clock of CPU time."""
        self.last_pid = INIT_PID
        self.pid_max = PID_MAX
        self.boot_id = b""
        self.forks = 0
        """How many tasks there ever were."""
        self._pids_wrapped = False
        self._ended: list[Task] = []

    @cached_property
    def ipc(self) -> IpcNamespace:
        """System V IPC, made when first used."""
        from emu.kernel.ipc.namespace import IpcNamespace

        return IpcNamespace(self.ram, self.sched)

    @cached_property
    def mqueue_limits(self) -> MqueueLimits:
        """What POSIX message queues may take, made when first used."""
        from emu.kernel.ipc.mqueue import MqueueLimits

        return MqueueLimits(self.ram)

    @cached_property
    def net(self) -> Net:
        """The network, made when the first socket is."""
        from emu.kernel.net.namespace import Net

        return Net(self)

    def log(self, message: str) -> None:
        """Tell the machine's owner something worth a line."""
        self.options.log(message)

    @property
    def notify_limits(self) -> NotifyLimits:
        """How many inotify instances and watches a user may have."""
        from emu.kernel.notify.notifier import notifier_of

        return notifier_of(self.root_mount.vfs).limits

    def part(self, make: Callable[[Kernel], Part]) -> Part:
        """The machine's one object of a class such as KernelLog, made when first asked for."""
        if make not in self._parts:
            self._parts[make] = make(self)
        return cast(Part, self._parts[make])

    def watch(self, tracer: Tracer | None) -> None:
        """Send events to a tracer from now on; None ends it."""
        self.tracer = tracer
        self.gates.forget()

    def abi(self, name: str, byte_order: str | None = None) -> Abi:
        """An ABI's tables, read once."""
        key = (name, byte_order)
        if key not in self._abis:
            self._abis[key] = abi = Abi.load(name, byte_order)
            for number, syscall in self.new_calls.items():
                add_row(abi, number, syscall)
        return self._abis[key]

    def add_call(self, number: int, syscall: Syscall) -> None:
        """Give every ABI a system call, numbered from where its table begins. EBUSY."""
        for abi in self._abis.values():
            add_row(abi, number, syscall)
        self.new_calls[number] = syscall

    def cpu(self, isa: str) -> Cpu:
        """The CPU of an instruction set, made when first asked for."""
        if isa not in self._cpus:
            self._cpus[isa] = cpu = self._make_cpu(isa)
            self.ram.cpus.append(cpu)
        return self._cpus[isa]

    def handler(self, abi: Abi, entry: str) -> Syscall | None:
        """Who answers an entry point of an ABI's table; None if nobody does."""
        canonical = abi.canonical_entry(entry)
        if self.config is not None and not self.config.allows_call(canonical):
            return None
        added = (new for new in self.new_calls.values() if new.entry == entry)
        syscall = next(added, None) or find_handler(self._handlers, entry, canonical)
        if syscall is None or not self._wrappers:
            return syscall
        return wrapped(syscall, self._wrappers.get(f"{abi.name}/{entry}", ()))

    def wrap(self, abi: str, entry: str, wrapper: Wrapper) -> None:
        """Put a function around what answers an entry point of an ABI's table, from now on.

        The last one put there is the outermost.
        """
        self._wrappers.setdefault(f"{abi}/{entry}", []).append(wrapper)
        self.gates.forget()

    def entry_points(self) -> list[str]:
        """The functions that answer system calls."""
        return list(self._handlers)

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
        """The next free process id. EAGAIN when there is none."""
        for _ in range(self.pid_max):
            self.last_pid += 1
            if self.last_pid >= self.pid_max:
                self.last_pid = RESERVED_PIDS
                self._pids_wrapped = True
            if not self._pids_wrapped or not self.is_pid_used(self.last_pid):
                return self.last_pid
        raise EAGAIN("no process id is free")

    def is_pid_used(self, pid: int) -> bool:
        """Whether a number is that of a task, a process group or a session."""
        return pid in self.tasks or any(pid in (g.pgid, g.sid) for g in self.groups())

    def groups(self) -> Iterator[ThreadGroup]:
        """All processes, ended ones that nobody has waited for included."""
        return iter([task.group for task in self.tasks.values() if task is task.group.leader])

    def process(self, tgid: int) -> ThreadGroup | None:
        """The process of an id, if there is one."""
        task = self.tasks.get(tgid)
        return task.group if task is not None and task.group.leader is task else None

    def add_task(self, task: Task) -> None:
        """Let a new task run."""
        self.tasks[task.pid] = task
        self.living += 1
        self.forks += 1
        self.sched.ready(task)

    def task_ended(self, task: Task) -> None:
        """A task has its exit status: nobody runs or wakes it any more."""
        if self.tracer is not None:
            self.tracer.exited(task)
        self.living -= 1
        self.sched.discard(task)
        self._ended.append(task)

    def forget_pid(self, pid: int) -> None:
        """Nothing has this id any more."""
        self.tasks.pop(pid, None)
        for forget in self.pid_forgotten:
            forget(pid)

    def next_task(self) -> Task:
        """The task whose turn it is, after sleeping until one can run. `Deadlock`."""
        try:
            return self.sched.next()
        except Deadlock:
            from emu.kernel.describe import describe_wait

            asleep = "; ".join(describe_wait(t) for t in self.tasks.values() if t.alive)
            raise Deadlock(f"all tasks sleep and nothing can wake them: {asleep}") from None

    def run_one(self, task: Task) -> None:
        """Give a task its CPU until it sleeps, ends, stops, or the CPU is wanted back."""
        group = task.group
        if group.stop_signal and task.ptrace is None:
            return
        started_ns = self.switched_ns
        cpu = self.sched.switch_to(task)
        try:
            self._run_on(task, cpu)
        except Unimplemented:
            raise
        except Exception as error:
            from emu.kernel.describe import describe_call

            raise KernelBug(describe_call(task, cpu, error)) from error
        # What the scheduler did before is the task's time, too: nobody else asked for it.
        self.switched_ns = self.clock.cpu_ns()
        used_ns = self.switched_ns - started_ns
        self.load.ran(used_ns, self.sched.waiting)
        if task.alive:
            task.cpu_time_ns += used_ns
            if task.queued and task.call is None:
                task.nivcsw += 1
                self.load.preempted += 1
            else:
                task.nvcsw += 1
        else:
            group.dead_threads_ns += used_ns
        if group.cpu_timers:
            run_cpu_timers(group)
        self._release_ended()

    def _run_on(self, task: Task, cpu: Cpu) -> None:
        if task.call is not None:
            self.sched.resume(task)
            if task.call is not None:
                return
        if task.work:
            task.work = False
            deliver(task)
            if task.call is not None:
                return
        tracee = task.ptrace
        if task.alive and (tracee is not None or not task.group.stop_signal):
            run = cpu.run if tracee is None else tracee.run
            fault = run() if self.tracer is None else self._run_watched(task, run, self.tracer)
            self.clock.worked(cpu.work_done)
            if fault is not None:
                force_fault(task, fault)
            if task.alive and task.call is None:
                self.sched.ready(task)

    def _run_watched(
        self, task: Task, run: Callable[[], Fault | None], tracer: Tracer
    ) -> Fault | None:
        tracer.running(task)
        fault = run()
        tracer.paused(task)
        if fault is not None:
            tracer.fault(task, fault)
        return fault

    def kill_all(self) -> None:
        """End every task at once by SIGKILL; not from within a task."""
        for task in list(self.tasks.values()):
            task.die(SIGKILL)
        self._release_ended()

    def _release_ended(self) -> None:
        """Give back what ended tasks held; not before the CPU has left their address space."""
        while self._ended:
            task = self._ended.pop()
            self.sched.leave_cpu(task)
            task.files.put()
            task.mm.release()


def add_row(abi: Abi, number: int, syscall: Syscall) -> None:
    """Put a call into an ABI's table. EBUSY if the number is taken."""
    number += abi.number_base
    if number in abi.syscalls:
        raise EBUSY(f"{abi.name} has call {number}: {abi.syscalls[number].name}")
    abi.syscalls[number] = Row(number, syscall.entry.removeprefix("sys_"), syscall.entry)
