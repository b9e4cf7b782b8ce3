"""Tasklets: what is done soon, where nobody may sleep. See include/linux/interrupt.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.module.ambient import this_module
from emu.kernel.module.module import Module, Resource
from emu.kernel.timer_queue import Timer
from emu.linux.timer import call_atomic


class tasklet_struct:
    """Something to do soon: ``callback(tasklet)``, once however often it was scheduled before."""

    def __init__(self, callback: Callable[..., Any] | None = None, count: int = 0) -> None:
        self.callback = callback
        self.count = count
        """How often it was disabled; while it is, it waits."""
        self.data: Any = 0
        self.container: Any = None
        self._module: Module | None = None
        self._soon: Timer | None = None
        self._resource: Resource | None = None
        self._scheduled = False

    def schedule(self) -> None:
        """Have it run, unless that is to come already."""
        if self._scheduled:
            return
        self._scheduled = True
        self._module = module = this_module()
        self._resource = module.made("a scheduled tasklet", self.kill)
        self.go_on()

    def go_on(self) -> None:
        """Let it run if it is to, and nobody has disabled it."""
        if self._scheduled and not self.count and self._soon is None:
            assert self._module is not None
            self._soon = self._module.kernel.sched.call_after(0, self._run)

    def kill(self) -> None:
        """Have it not run."""
        self._scheduled = False
        if self._module is not None:
            self._module.returned(self._resource)
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None

    def _run(self) -> None:
        self._soon = None
        module = self._module
        assert module is not None and self.callback is not None
        if self.count:
            return
        self._scheduled = False
        module.returned(self._resource)
        call_atomic(module, self.callback, self)


def DECLARE_TASKLET(callback: Callable[..., Any]) -> tasklet_struct:
    """A new tasklet."""
    return tasklet_struct(callback)


def DECLARE_TASKLET_DISABLED(callback: Callable[..., Any]) -> tasklet_struct:
    """A new tasklet that waits until it is enabled."""
    return tasklet_struct(callback, 1)


def tasklet_setup(t: tasklet_struct, callback: Callable[..., Any]) -> None:
    """Say what is to be done."""
    t.callback = callback


def tasklet_schedule(t: tasklet_struct) -> None:
    """Have it done soon."""
    t.schedule()


tasklet_hi_schedule = tasklet_schedule


def tasklet_disable(t: tasklet_struct) -> None:
    """Have it wait."""
    t.count += 1


def tasklet_enable(t: tasklet_struct) -> None:
    """Let it run again."""
    t.count -= 1
    t.go_on()


def tasklet_kill(t: tasklet_struct) -> None:
    """Have it not run any more."""
    t.kill()
