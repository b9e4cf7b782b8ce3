"""A machine: one kernel, the CPUs that its programs need, and the files it was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from emu.arch.isa import ISAS
from emu.kernel import sys
from emu.kernel.clock import NSEC_PER_BLOCK, HostClock, VirtualClock
from emu.kernel.cred import Credentials
from emu.kernel.errno import KernelError
from emu.kernel.exec.execve import do_execve
from emu.kernel.fs.setup import (
    KernelWalker,
    bind_host,
    mount_root,
    open_host_program,
    open_stdio,
)
from emu.kernel.handlers import LazyHandlers
from emu.kernel.kernel import Kernel, Options
from emu.kernel.mm.ram import Ram
from emu.kernel.rlimits import default_rlimits
from emu.kernel.signal.send import send_signal
from emu.kernel.signal.state import TaskSignals
from emu.kernel.task import Task
from emu.kernel.uapi.signal import SIGINT, SIGKILL
from emu.kernel.vfs.fs_context import FsContext
from emu.record import field, record

if TYPE_CHECKING:
    from emu.arch.cpu import Cpu
    from emu.caller.caller import Caller
    from emu.cpu.ticker import Ticker
    from emu.kernel.added_gates import AddedGate
    from emu.kernel.clock import Clock
    from emu.kernel.detour import Detour
    from emu.kernel.events import SyscallEvent, Tracer
    from emu.kernel.syscall import Wrapper
    from emu.kernel.tty.host_console import HostConsole
    from emu.kernel.vfs.path import VfsPath

# 32-bit engines address 4 GiB, and keep pages of their own above the guest's memory.
DEFAULT_MEMORY = (4 << 30) - (1 << 20)
TICK_NS = 10_000_000
BLOCKS_PER_RUN = 100_000
"""What stands for a tick on a machine that does the same every time."""

DEFAULT_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "TERM": "dumb",
}


@record
class Bind:
    """A host file or folder that the guest sees at `guest`."""

    host: str
    guest: str
    writable: bool = False


@record
class ModuleFile:
    """A kernel module of ours: a Python file, which programs may load by name.

    With `arguments` (``name=value ...``) it is loaded before the first program runs.
    """

    path: str
    arguments: str | None = None


@record(frozen=False)
class Config:
    """What a machine is made of. All of the host that the guest can reach is named here.

    `layers` are folders and archives, which never change; what the guest changes is in memory, or
    is kept in the folder `upper`.

    `deterministic` makes the same programs with the same input do the same every time: tasks take
    turns by work done, not by the host's clock, and `clock` and `seed` are a virtual clock and 0
    unless they are given. `count_instructions` lets CPUs count theirs, at a cost. `time_limit_ns`
    ends all tasks by SIGKILL after so much of the clock's time.
    """

    layers: Sequence[str] = ()
    upper: str | None = None
    binds: Sequence[Bind] = ()
    memory: int = DEFAULT_MEMORY
    cpu_model: str | None = None
    register_window: bool = True
    seed: int | None = None
    clock: Clock | None = None
    deterministic: bool = False
    count_instructions: bool = False
    time_limit_ns: int | None = None
    modules: Sequence[ModuleFile] = ()
    options: Options = field(default_factory=Options)


class ProgramNotFound(Exception):
    """The program to run is neither in the guest's root nor on the host."""


class UnknownModel(Exception):
    """No CPU model of this name runs the program's instruction set."""


class Machine:
    """A Linux machine in this process.

    >>> machine = Machine(Config(layers=["rootfs"]))
    >>> task = machine.spawn("/bin/busybox", ["busybox", "echo", "hi"])
    >>> machine.run()
    >>> task.exit_status
    0
    """

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()
        config = self.config
        ram = Ram(config.memory)
        clock, seed = config.clock, config.seed
        if config.deterministic:
            clock, seed = clock or VirtualClock(), seed or 0
        self.kernel = Kernel(
            ram=ram,
            clock=clock or HostClock(),
            handlers=LazyHandlers(sys),
            make_cpu=self._make_cpu,
            options=config.options,
            seed=seed,
        )
        self._ticker: Ticker | None = None
        self.turns = 0
        """How many turns of tasks are under way: two where Python makes a call in a hook."""
        self._callers: list[Caller] = []
        self._address_hooks: list[tuple[str, int, Callable[[], None]]] = []
        self._caller: Caller | None = None
        sched = self.kernel.sched
        sched.set_slice = self._set_slice
        sched.slice_ns = BLOCKS_PER_RUN * NSEC_PER_BLOCK if config.deterministic else TICK_NS
        if config.time_limit_ns is not None:
            self.kernel.sched.call_after(config.time_limit_ns, self._out_of_time)
        mount_root(self.kernel, list(self.config.layers), self.config.upper)
        if config.options.host_access is not None:
            from emu.kernel.net.host.names import write_hosts

            write_hosts(self.kernel, config.options.host_access)
        for bind in self.config.binds:
            bind_host(self.kernel, bind.host, bind.guest.encode(), bind.writable)
        if config.modules:
            from emu.kernel.module.install import install_modules

            install_modules(self.kernel, [(m.path, m.arguments) for m in config.modules])

    def watch(self, tracer: Tracer | None) -> None:
        """Send the kernel's events to a tracer."""
        self.kernel.watch(tracer)

    def install_gate(self, gate: AddedGate) -> None:
        """Add a way into the kernel with its own vector, convention and table."""
        self.kernel.gates.add(gate)

    def lead(self, detour: Detour) -> None:
        """Lead what traps by one way into the kernel by another one."""
        self.kernel.gates.lead(detour)

    def caller(
        self,
        abi: str = "x86-64",
        byte_order: str | None = None,
        *,
        user: tuple[int, int] = (0, 0),
    ) -> Caller:
        """A new process without a program, whose system calls Python makes, in any ABI."""
        from emu.caller.caller import Caller

        caller = Caller(self, abi, byte_order, user)
        self._callers.append(caller)
        return caller

    def syscall(self, name: str, *arguments: Any) -> int:
        """Make a system call as one process of the x86-64 ABI; see `Caller.syscall`."""
        if self._caller is None or not self._caller.task.alive:
            self._caller = self.caller()
        return self._caller.syscall(name, *arguments)

    def hook(
        self,
        calls: str = "all",
        *,
        enter: Callable[[SyscallEvent], object] | None = None,
        leave: Callable[[SyscallEvent], object] | None = None,
    ) -> None:
        """Call functions when system calls enter and leave, from now on.

        `calls` is a set as strace writes it: ``openat,%file,!close``. `enter` may set
        ``event.injected``. Nothing is called, and nothing slower, without a hook.
        """
        from emu.trace.hooks import Hook

        self.watch_too(Hook(calls, enter, leave))

    def hook_address(self, isa: str, address: int, action: Callable[[Task], object]) -> None:
        """Call a function with the running task before each execution of an instruction.

        It is the one at a virtual address, in any program of the instruction set, from now on.
        The registers are then ``task.cpu.registers`` and ``task.cpu.pc``, and may be changed.
        For a machine that is not running. Other code is no slower.
        """
        sched = self.kernel.sched

        def reached() -> None:
            if sched.current is not None:
                action(sched.current)

        self._address_hooks.append((ISAS[isa].name, address, reached))
        for cpu in self.kernel.ram.cpus:
            if cpu.isa.name == isa:
                cpu.hook_address(address, reached)

    def watch_too(self, tracer: Tracer) -> None:
        """Send the kernel's events to one more tracer."""
        from emu.kernel.events import Tracers

        present = self.kernel.tracer
        self.kernel.watch(tracer if present is None else Tracers([present, tracer]))

    def wrap(self, abi: str, entry: str, wrapper: Wrapper) -> None:
        """Put a function around the handler behind an ABI's table entry (``sys_openat``)."""
        self.kernel.wrap(abi, entry, wrapper)

    def spawn(
        self,
        program: str,
        argv: Sequence[str] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        cwd: str = "/",
        user: tuple[int, int] = (0, 0),
        stdio: tuple[int, int, int] = (0, 1, 2),
        on_console: Sequence[int] = (),
    ) -> Task:
        """Make a task that will run a program, with the host's descriptors as its stdio.

        The descriptors in `on_console` are the machine's console instead, which becomes the
        task's controlling terminal: see `connect_console`.
        The name is looked up in the guest's root first and then on the host. Raises
        `ProgramNotFound`, or the `KernelError` that execve(2) would give.
        """
        kernel = self.kernel
        root = kernel.root_mount.root_path()
        uid, gid = user
        task = Task(
            kernel,
            kernel.allocate_pid(),
            files=open_stdio(kernel, stdio, leave_out=on_console),
            fs=FsContext(root, root),
            cred=Credentials.for_user(uid, gid),
            signals=TaskSignals.fresh(),
            rlimits=default_rlimits(),
        )
        try:
            task.fs.cwd = task.fs.lookup(task, cwd.encode())
        except KernelError as error:
            raise type(error)(f"working directory {cwd}") from None
        name, path = self._find(task, program, env)
        arguments = [a.encode() for a in (argv if argv is not None else [program])]
        environment = [f"{k}={v}".encode() for k, v in (env or DEFAULT_ENVIRONMENT).items()]
        do_execve(task, path, name, arguments, environment)
        kernel.add_task(task)
        if on_console:
            from emu.kernel.fs.console import give_console

            give_console(task, on_console)
        return task

    def connect_console(self, fd: int) -> HostConsole:
        """Make a terminal of the host the machine's console. The descriptor must not block."""
        from emu.kernel.fs.console import connect_console

        return connect_console(self.kernel, fd)

    def watch_host(self, fd: int, action: Callable[[], None]) -> None:
        """Call an action whenever the host's descriptor can be read, between two tasks' turns."""
        from emu.kernel.fs.console import watch_host

        watch_host(self.kernel, fd, action)

    def run_until_end_of(self, task: Task) -> None:
        """Run until one task has ended, whatever the others do. Raises `Deadlock`."""
        with self.ticking():
            while task.alive:
                self.step()
        self._drain()

    def run(self) -> None:
        """Run until every program has ended. Raises `emu.kernel.sched.Deadlock`."""
        with self.ticking():
            while self.kernel.living > (self._living_callers() if self._callers else 0):
                self.step()
        self._drain()

    def _living_callers(self) -> int:
        return sum(caller.task.alive for caller in self._callers)

    def _drain(self) -> None:
        """What programs sent to the host's network goes out though they have ended."""
        if self.config.options.host_access is not None:
            gateway = self.kernel.net.stack.gateway
            assert gateway is not None
            gateway.drain()

    def ticking(self) -> AbstractContextManager[object]:
        """While it lasts, no task keeps its CPU for longer than a tick."""
        if self.config.deterministic:
            return nullcontext()  # CPUs count
        from emu.cpu.ticker import Ticker

        self._ticker = Ticker(self.kernel.sched.slice_ns, self._running_cpu)
        return self._ticker

    def step(self) -> None:
        """Let one task run until it sleeps, ends, or loses its CPU. `Deadlock` if none can."""
        task = self.kernel.next_task()
        self.turns += 1
        try:
            self.kernel.run_one(task)
        finally:
            self.turns -= 1

    def kill_all(self) -> None:
        """End every task at once; for a machine that is not running."""
        self.kernel.kill_all()

    def interrupt(self) -> None:
        """Ctrl-C: send SIGINT to all processes."""
        self._signal_all(SIGINT)

    def write_file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        """Give a file of the guest's root this content; it and the folders above it are made.

        What is on the host does not change, but for what is bound writable.
        """
        KernelWalker(self.kernel.root_mount).write_file(path.encode(), data, mode)

    def _make_cpu(self, isa: str) -> Cpu:
        from emu.cpu import create_cpu

        config = self.config
        memory = self.kernel.ram.memory
        window, model = config.register_window, config.cpu_model
        blocks = self.kernel.sched.slice_ns // NSEC_PER_BLOCK if config.deterministic else None
        try:
            cpu = create_cpu(ISAS[isa], memory, window=window, model=model, blocks_per_run=blocks)
        except ValueError as error:
            raise UnknownModel(str(error)) from None
        if config.count_instructions:
            cpu.count_instructions()
        for hooked, address, reached in self._address_hooks:
            if hooked == isa:
                cpu.hook_address(address, reached)
        return cpu

    def _set_slice(self, slice_ns: int) -> None:
        """How long a task may run while others wait: by the clock, or by blocks of code."""
        self.kernel.sched.slice_ns = slice_ns
        if self._ticker is not None:
            self._ticker.interval_ns = slice_ns
        for cpu in self.kernel.ram.cpus:
            cpu.limit_run(slice_ns // NSEC_PER_BLOCK)

    def _out_of_time(self) -> None:
        self.kernel.log("the time limit is reached: all tasks are killed")
        self._signal_all(SIGKILL)

    def _signal_all(self, signal: int) -> None:
        for group in self.kernel.groups():
            if group.alive:
                send_signal(group.leader, signal)

    def _running_cpu(self) -> Cpu | None:
        current = self.kernel.sched.current
        return current.cpu if current is not None and current.alive else None

    def _find(
        self, task: Task, program: str, env: Mapping[str, str] | None
    ) -> tuple[bytes, VfsPath]:
        """The program's name as the guest sees it, and its file."""
        for name in candidates(program, (env or DEFAULT_ENVIRONMENT).get("PATH", "")):
            try:
                return name, task.fs.lookup(task, name)
            except KernelError:
                continue
        try:
            return open_host_program(self.kernel, program)
        except FileNotFoundError:
            raise ProgramNotFound(program) from None


def candidates(program: str, path: str) -> list[bytes]:
    """Where a shell would look for a program of this name."""
    if "/" in program:
        return [program.encode()]
    return [f"{folder}/{program}".encode() for folder in path.split(":") if folder]
