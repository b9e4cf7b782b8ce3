"""The scheduler: who runs, who sleeps, and when the sleepers wake.

Deterministic and our own: no threads, no event loop. A task that sleeps inside a system call is a
coroutine parked here; the run loop drives it on, writes the call's result, and enters the guest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from types import CoroutineType
from typing import TYPE_CHECKING, Any, cast

from emu.kernel.errno import KernelError, Restart
from emu.kernel.host_wait import HostQueue, HostWaits
from emu.kernel.restart import RegistersSet
from emu.kernel.timer_queue import Timer, TimerQueue
from emu.kernel.wait import Wait

if TYPE_CHECKING:
    from emu.arch.cpu import Cpu
    from emu.kernel.clock import Clock
    from emu.kernel.task import Task

WAKEUP_GRANULARITY_NS = 4_000_000

Finish = Callable[["Task", int | BaseException], None]


class Deadlock(Exception):
    """Every task sleeps, and nothing is left that could wake one."""


class Call:
    """A system call that sleeps: its coroutine, and who writes its result when it ends."""

    __slots__ = ("coroutine", "finish", "outcome", "sleep")

    def __init__(self, coroutine: CoroutineType[Wait, bool, int], finish: Finish) -> None:
        self.coroutine = coroutine
        self.finish = finish
        self.outcome: bool | BaseException = False
        self.sleep: _Sleep | None = None


class _Sleep:
    """One task's stay on its wait queues."""

    __slots__ = (
        "_queues", "_scheduler", "_task", "_timer", "done", "exclusive", "killable",
    )  # fmt: skip

    def __init__(self, scheduler: Scheduler, task: Task, wait: Wait) -> None:
        self._scheduler = scheduler
        self._task = task
        self._queues = wait.queues
        self.exclusive = False
        self.killable = wait.killable
        self.done = False
        for queue in wait.queues:
            queue.add(self)
        self._timer: Timer | None = None
        if wait.timeout_ns is not None:
            self._timer = scheduler.call_after(wait.timeout_ns, lambda: self.end(False))

    def wake(self) -> None:
        self.end(True)

    def end(self, outcome: bool | BaseException) -> None:
        """Leave all queues and let the task go on with this outcome."""
        if self.done:
            return
        self.done = True
        if self._timer is not None:
            self._timer.cancel()
        for queue in self._queues:
            queue.remove(self)
        call = self._task.call
        assert call is not None
        call.outcome, call.sleep = outcome, None
        self._scheduler.woken(self._task)


class Scheduler:
    """The run queue, the timers, and the host descriptors that somebody waits for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._run_queue: deque[Task] = deque()
        self._timers = TimerQueue()
        self._on_cpu: dict[Cpu, Task] = {}
        self._host = HostWaits()
        self.current: Task | None = None
        self.slice_ns = 0
        """How long a task may run while others wait; the machine sees to it."""
        self.set_slice: Callable[[int], None] = self._keep_slice
        self.wakeup_granularity_ns = WAKEUP_GRANULARITY_NS
        """How long it must have run before somebody whom it wakes ends its turn."""
        self._turn_began_ns = 0

    def _keep_slice(self, slice_ns: int) -> None:
        self.slice_ns = slice_ns

    def woken(self, task: Task) -> None:
        """A sleeper goes on: at its turn, which comes sooner if the running task had its own."""
        self.ready(task)
        current = self.current
        if current is not None and not current.work and current is not task:
            ran_ns = self._clock.monotonic_ns() - self._turn_began_ns
            if ran_ns >= self.wakeup_granularity_ns:
                current.work = True

    @property
    def waiting(self) -> int:
        """How many tasks wait for the CPU."""
        return len(self._run_queue)

    def ready(self, task: Task) -> None:
        """Put a task at the end of the run queue, once."""
        if not task.queued:
            task.queued = True
            self._run_queue.append(task)

    def put_first(self, task: Task) -> None:
        """Let a task have the next turn, if it waits for one."""
        if task.queued:
            self._run_queue.remove(task)
            self._run_queue.appendleft(task)

    def next(self) -> Task:
        """The task to run, after sleeping on the host for as long as all tasks sleep.

        Raises `Deadlock` when no timer and no host descriptor can wake any.
        """
        while True:
            self.expire_timers()
            if self._run_queue:
                self._host.poll(0)
            while self._run_queue:
                task = self._run_queue.popleft()
                task.queued = False
                if task.alive:
                    return task
            timeout_ns = self.until_next_timer()
            if timeout_ns is None and not self._host:
                raise Deadlock
            self._clock.idle(timeout_ns, self._host.poll)

    def has_ready(self) -> bool:
        """Whether a task could run now: for who runs several machines in turns."""
        self.expire_timers()
        if self._run_queue:
            return True
        self._host.poll(0)
        return bool(self._run_queue)

    def pass_time(self, limit_ns: int) -> None:
        """Do what is due, or sleep until something is or the host has something; no task runs."""
        self.expire_timers()
        timeout_ns = self.until_next_timer()
        timeout_ns = limit_ns if timeout_ns is None else min(timeout_ns, limit_ns)
        self._clock.idle(timeout_ns, self._host.poll)

    @property
    def waits_for_host(self) -> bool:
        """Whether somebody sleeps until the host has something."""
        return bool(self._host)

    def call_after(self, delay_ns: int, action: Callable[[], None]) -> Timer:
        """Call `action` once, `delay_ns` from now on the monotonic clock, at KTIME_MAX at most."""
        return self._timers.add(self._clock.monotonic_ns() + delay_ns, action)

    async def host_readable(self, fd: int) -> None:
        """Sleep until the host's descriptor can be read without blocking."""
        if not self._host.is_readable(fd):
            await self._host.readable(fd).wait()

    async def host_writable(self, fd: int) -> None:
        """Sleep until the host's descriptor can be written without blocking."""
        if not self._host.is_writable(fd):
            await self._host.writable(fd).wait()

    def host_readable_queue(self, fd: int) -> HostQueue:
        """The queue that wakes when the host's descriptor becomes readable."""
        return self._host.readable(fd)

    def host_writable_queue(self, fd: int) -> HostQueue:
        """The queue that wakes when the host's descriptor becomes writable."""
        return self._host.writable(fd)

    def host_queues(self, fd: int) -> list[HostQueue]:
        """Both of them."""
        return [self._host.readable(fd), self._host.writable(fd)]

    def look_at_host(self) -> None:
        """Tell whoever watches the host's descriptors what they are now."""
        self._host.poll(0)

    def switch_to(self, task: Task) -> Cpu:
        """Put a task's registers and address space on its CPU."""
        cpu = task.cpu
        previous = self._on_cpu.get(cpu)
        if previous is not task:
            if previous is not None and previous.alive:
                previous.saved_registers = cpu.save()
            self._on_cpu[cpu] = task
            assert task.saved_registers is not None, "a task begins with an execve or a fork"
            cpu.restore(task.saved_registers)
            if task.mm.cpu is not cpu:  # threads share what the CPU has cached
                task.mm.activate(cpu)
        task.kernel.gates.install(cpu, task)
        self.current = task
        self._turn_began_ns = self._clock.monotonic_ns()
        return cpu

    def holder(self, cpu: Cpu) -> Task | None:
        """Whose registers are on a CPU."""
        return self._on_cpu.get(cpu)

    def leave_cpu(self, task: Task) -> None:
        """Note that no CPU holds a task's registers: they are in ``saved_registers``."""
        for cpu, holder in list(self._on_cpu.items()):
            if holder is task:
                del self._on_cpu[cpu]

    def begin(self, task: Task, awaitable: Awaitable[int], finish: Finish) -> int | None:
        """Run a call that may sleep: its result, or None when it went to sleep."""
        coroutine = awaitable if isinstance(awaitable, CoroutineType) else _as_coroutine(awaitable)
        task.call = Call(cast("CoroutineType[Wait, bool, int]", coroutine), finish)
        try:
            return self._advance(task, task.call, None)
        except BaseException:
            task.call = None
            raise

    def resume(self, task: Task) -> None:
        """Drive a woken call on, and write its result if it ended."""
        call = task.call
        assert call is not None
        try:
            result = self._advance(task, call, call.outcome)
        except (KernelError, Restart) as error:
            task.call = None
            call.finish(task, error)
            return
        except RegistersSet:
            task.call = None
            return
        if result is not None:
            call.finish(task, result)

    def interrupt(self, task: Task) -> None:
        """End a task's sleep because a signal came: its wait raises `Restart`."""
        sleep = task.call.sleep if task.call is not None else None
        if sleep is not None and task.signals.ends_sleep(sleep.killable):
            sleep.end(Restart())

    def discard(self, task: Task) -> None:
        """Forget a task that ended, wherever it was sleeping."""
        if task.call is not None:
            if task.call.sleep is not None:
                task.call.sleep.end(False)
            if not task.call.coroutine.cr_running:  # it may be the call that ends the task
                task.call.coroutine.close()
            task.call = None

    def _advance(self, task: Task, call: Call, outcome: bool | BaseException | None) -> int | None:
        try:
            if isinstance(outcome, BaseException):
                wait = call.coroutine.throw(outcome)
            else:
                wait = call.coroutine.send(cast(Any, outcome))
        except StopIteration as end:
            task.call = None
            return cast(int, end.value)
        call.sleep = sleep = _Sleep(self, task, wait)
        if task.signals.ends_sleep(wait.killable):
            task.work = True
            sleep.end(Restart())
        return None

    def expire_timers(self) -> None:
        """Do what is due."""
        if self._timers:
            self._timers.expire(self._clock.monotonic_ns)

    def until_next_timer(self) -> int | None:
        """How long it is until a timer is due; None if there is none."""
        deadline = self._timers.next_deadline()
        return None if deadline is None else max(0, deadline - self._clock.monotonic_ns())


async def _as_coroutine(awaitable: Awaitable[int]) -> int:
    return await awaitable
