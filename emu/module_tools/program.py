"""A program of any ABI that makes calls without a CPU: its registers are a list."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from emu.arch.isa import Isa
from emu.kernel import sys as handlers
from emu.kernel.clock import NSEC_PER_SEC, VirtualClock
from emu.kernel.cred import Credentials
from emu.kernel.errno import KernelError
from emu.kernel.fs.setup import mount_root, open_stdio
from emu.kernel.handlers import LazyHandlers
from emu.kernel.kernel import Kernel, Options
from emu.kernel.mm.address_space import AddressSpace
from emu.kernel.mm.ram import Ram
from emu.kernel.restart import Restart
from emu.kernel.rlimits import default_rlimits
from emu.kernel.signal.state import TaskSignals
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.kernel.uapi.mman import MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE
from emu.kernel.vfs.fs_context import FsContext

if TYPE_CHECKING:
    from emu.kernel.wait import Wait

MEMORY = 64 << 20
BUFFER_SIZE = 1 << 16
NAMES = BUFFER_SIZE // 2
SLEEP_AT_MOST_NS = 2 * NSEC_PER_SEC
STEP_NS = NSEC_PER_SEC // 100

Answer = int | str
"""A call's result, or the name of its error; ``sleeps`` if nothing ended its sleep."""


class NoCpu:
    """What stands for a CPU where no instruction runs."""

    def __init__(self, isa: Isa) -> None:
        self.isa = isa
        self.registers = [0] * 64
        self.pc = 0
        self.work_done = 0

    def invalidate_code(self, frame: int) -> None:
        """There is no code."""

    def flush_tlb(self) -> None:
        """There is no TLB."""


class Program:
    """Makes calls in one ABI, in a machine of its own, whose clock skips all sleep."""

    def __init__(self, abi: str, byte_order: str | None = None) -> None:
        self.clock = VirtualClock()
        self.messages: list[str] = []
        self.kernel = Kernel(
            ram=Ram(MEMORY),
            clock=self.clock,
            handlers=LazyHandlers(handlers),
            make_cpu=lambda isa: NoCpu(isa),  # type: ignore[arg-type, return-value]
            options=Options(log=self.messages.append),
            seed=0,
        )
        mount_root(self.kernel, [])
        self.abi = self.kernel.abi(abi, byte_order)

    def start(self) -> None:
        """Be a task from now on: modules that must be loaded at boot were."""
        kernel, rlimits = self.kernel, default_rlimits()
        root = kernel.root_mount.root_path()
        self.task = task = Task(
            kernel,
            kernel.allocate_pid(),
            files=open_stdio(kernel, ()),
            fs=FsContext(root, root),
            cred=Credentials.for_user(0, 0),
            signals=TaskSignals.fresh(),
            rlimits=rlimits,
        )
        task.comm = b"check"
        task.abi = task.image_abi = self.abi
        task.cpu = NoCpu(self.abi.isa)  # type: ignore[assignment]
        task.mm = AddressSpace(kernel.ram, self.abi, rlimits)
        flags = MAP_PRIVATE | MAP_ANONYMOUS
        self.buffer = task.mm.mmap(0, BUFFER_SIZE, PROT_READ | PROT_WRITE, flags)
        kernel.add_task(task)
        kernel.sched.current = task

    def call(self, entry: str, *words: Any) -> Answer:
        """Make a call by its entry point; texts among the words are put into memory."""
        values = [self._name(w) if isinstance(w, str | bytes) else w for w in words]
        row = next((r for r in self.abi.syscalls.values() if r.entry == entry), None)
        if row is not None:
            self.task.cpu.registers[self.abi.convention.number] = row.nr
        try:
            result = self.kernel.call(self.task, entry, *values)
            return result if isinstance(result, int) else self._finish(result)
        except KernelError as error:
            return type(error).__name__
        except Restart:
            return "EINTR"

    def _name(self, text: str | bytes) -> int:
        raw = text.encode() if isinstance(text, str) else text
        self.task.mm.write(self.buffer + NAMES, raw + b"\0")
        return self.buffer + NAMES

    def _finish(self, awaitable: Awaitable[int]) -> Answer:
        """Let virtual time pass until a sleeping call ends, or has slept for long."""
        steps = awaitable.__await__()
        outcome: bool | None = None
        until = self.clock.monotonic_ns() + SLEEP_AT_MOST_NS
        while True:
            try:
                wait: Wait = next(steps) if outcome is None else steps.send(outcome)
            except StopIteration as end:
                return int(end.value)
            woken = self._sleep(wait, until)
            if woken is None:
                close = getattr(steps, "close", None)
                if close is not None:
                    close()
                return "sleeps"
            outcome = woken

    def _sleep(self, wait: Wait, until: int) -> bool | None:
        waiter = _Waiter()
        for queue in wait.queues:
            queue.add(waiter)
        deadline = None
        if wait.timeout_ns is not None:
            deadline = self.clock.monotonic_ns() + wait.timeout_ns
        try:
            while not waiter.woken:
                now = self.clock.monotonic_ns()
                if deadline is not None and now >= deadline:
                    return False
                if now >= until:
                    return None
                self.pass_time(STEP_NS if deadline is None else min(STEP_NS, deadline - now))
        finally:
            for queue in wait.queues:
                queue.remove(waiter)
        return True

    def pass_time(self, duration_ns: int) -> None:
        """Let virtual time pass, and do what comes due."""
        self.clock.advance(duration_ns)
        self.kernel.sched.expire_timers()

    def open(self, name: str, flags: str) -> Answer:
        """Open by flags' names."""
        bits = sum(self.abi.constant(flag) for flag in flags.split("|"))
        return self.call("sys_openat", AT_FDCWD, name, bits, 0)

    def read(self, fd: int, count: int) -> bytes | str:
        """Bytes, or an error's name."""
        got = self.call("sys_read", fd, self.buffer, count)
        return got if isinstance(got, str) else self.task.mm.read(self.buffer, got)

    def write(self, fd: int, data: bytes) -> Answer:
        """How much was written, or an error's name."""
        self.task.mm.write(self.buffer, data)
        return self.call("sys_write", fd, self.buffer, len(data))


class _Waiter:
    exclusive = False

    def __init__(self) -> None:
        self.woken = False

    def wake(self) -> None:
        self.woken = True
