"""Coroutines of the kernel's own, without a task: kernel threads, work, timers of modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import KernelError
from emu.kernel.module.guard import Sleeping, call
from emu.kernel.restart import Restart
from emu.kernel.wait import Wait, WaitQueue

if TYPE_CHECKING:
    from collections.abc import Generator

    from emu.kernel.module.module import Module, Resource
    from emu.kernel.timer_queue import Timer


class KernelThread:
    """A function of a module that runs by itself, and may sleep.

    `ended` wakes when it has come to its end; `result` is what it returned. As it has no task, no
    signal ends its sleep.
    """

    exclusive = False

    def __init__(
        self, module: Module, function: Callable[..., Any], *arguments: Any, name: str = ""
    ) -> None:
        self.module = module
        self.name = name or getattr(function, "__name__", "kthread")
        self.ended = WaitQueue()
        self.done = False
        self.result: Any = None
        self.should_stop = False
        self.started = False
        self.resource: Resource | None = None
        self._function = function
        self._arguments = arguments
        self._steps: Generator[Wait, bool, Any] | None = None
        self._queues: tuple[WaitQueue, ...] = ()
        self._timer: Timer | None = None
        self._woken = False
        self._asleep = False
        self._scheduled: Timer | None = None

    def start(self) -> None:
        """Begin soon, when the scheduler has the next look."""
        self.started = True
        self._soon()

    def wake(self) -> None:
        """End its sleep: see `emu.kernel.wait.Waiter`."""
        self._end_sleep(True)

    def cancel(self) -> bool:
        """End it wherever it is: whether it had not come to its end."""
        if self.done:
            return False
        self._leave()
        if self._scheduled is not None:
            self._scheduled.cancel()
        if self._steps is not None:
            self._steps.close()
        self._finish(None)
        return True

    def _soon(self) -> None:
        self._scheduled = self.module.kernel.sched.call_after(0, self._run)

    def _end_sleep(self, outcome: bool) -> None:
        if self._asleep:
            self._asleep = False
            self._woken = outcome
            self._leave()
            self._soon()

    def _leave(self) -> None:
        for queue in self._queues:
            queue.remove(self)
        self._queues = ()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        self._scheduled = None
        current = running_thread(self.module)
        self.module.kernel.part(Threads).current = self
        try:
            self._step()
        finally:
            self.module.kernel.part(Threads).current = current

    def _step(self) -> None:
        try:
            if self._steps is None:
                result = call(self.module, self._function, *self._arguments)
                if not isinstance(result, Sleeping):
                    self._finish(result)
                    return
                self._steps = result.__await__()
                wait = next(self._steps)
            else:
                wait = self._steps.send(self._woken)
        except StopIteration as end:
            self._finish(end.value)
        except (KernelError, Restart):
            self._finish(None)
        else:
            self._sleep(wait)

    def _sleep(self, wait: Wait) -> None:
        self._asleep = True
        self._queues = wait.queues
        for queue in wait.queues:
            queue.add(self)
        if wait.timeout_ns is not None:
            sched = self.module.kernel.sched
            self._timer = sched.call_after(wait.timeout_ns, lambda: self._end_sleep(False))

    def _finish(self, result: Any) -> None:
        self.done = True
        self.result = result
        self.ended.wake_up_all()


class Threads:
    """Which of them is running in a machine: what `current` is meanwhile."""

    def __init__(self, kernel: object) -> None:
        self.current: KernelThread | None = None


def running_thread(module: Module) -> KernelThread | None:
    """The one that is running, None while tasks run."""
    return module.kernel.part(Threads).current
