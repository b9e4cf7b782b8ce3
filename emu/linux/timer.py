"""Timers, which call a function that cannot sleep. See include/linux/timer.h and hrtimer.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.errno import KernelError
from emu.kernel.module.ambient import this_module
from emu.kernel.module.guard import call
from emu.kernel.module.module import Module, Resource
from emu.kernel.restart import Restart
from emu.kernel.timer_queue import Timer
from emu.linux.jiffies import jiffies, jiffies_to_ns

Callback = Callable[..., Any]


class timer_list:
    """A timer: `function` is given it when it expires; `container_of` leads to what it is in."""

    def __init__(self, function: Callback | None = None) -> None:
        self.function = function
        self.expires = 0
        self.container: Any = None
        self.module: Module | None = None
        self.timer: Timer | None = None
        self.resource: Resource | None = None

    def arm(self, delay_ns: int) -> bool:
        """Expire after a time: whether it was armed already."""
        active = self.disarm()
        self.module = module = this_module()
        self.timer = module.kernel.sched.call_after(max(0, delay_ns), self._expire)
        self.resource = module.made("an armed timer", self.disarm)
        return active

    def disarm(self) -> bool:
        """Do not expire: whether it would have."""
        active = self.timer is not None
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if self.module is not None:
            self.module.returned(self.resource)
        return active

    def _expire(self) -> None:
        self.timer = None
        module = self.module
        assert module is not None
        module.returned(self.resource)
        if self.function is not None:
            call_atomic(module, self.function, self)


def call_atomic(module: Module, function: Callback, *arguments: Any) -> Any:
    """Call a function where nobody may sleep: an interrupt. Its errors interest nobody."""
    atomic, module.atomic = module.atomic, 0

    def interrupt() -> Any:
        module.atomic += 1
        try:
            result = function(*arguments)
            if hasattr(result, "__await__"):
                result.close()
                raise module.scheduling_while_atomic()
            return result
        finally:
            module.atomic -= 1

    interrupt.__name__ = getattr(function, "__name__", "interrupt")
    try:
        return call(module, interrupt)
    except (KernelError, Restart):
        return None
    finally:
        module.atomic = atomic


def timer_setup(timer: timer_list, callback: Callback, flags: int) -> None:
    """Make a timer ready."""
    timer.function = callback


def DEFINE_TIMER(function: Callback) -> timer_list:
    """A new timer."""
    return timer_list(function)


def mod_timer(timer: timer_list, expires: int) -> int:
    """Let a timer expire at a time in jiffies: whether it was armed."""
    timer.expires = int(expires)
    return int(timer.arm(jiffies_to_ns(int(expires) - int(jiffies))))


def add_timer(timer: timer_list) -> None:
    """Let a timer expire at its ``expires``."""
    mod_timer(timer, timer.expires)


def timer_delete(timer: timer_list) -> int:
    """Do not let it expire: whether it would have."""
    return int(timer.disarm())


del_timer = del_timer_sync = timer_delete_sync = timer_shutdown_sync = timer_delete


def timer_pending(timer: timer_list) -> int:
    """Whether it will expire."""
    return int(timer.timer is not None)


HRTIMER_NORESTART, HRTIMER_RESTART = 0, 1
HRTIMER_MODE_REL, HRTIMER_MODE_ABS = 1, 0
CLOCK_MONOTONIC = 1


class hrtimer:
    """A timer in nanoseconds: its function says whether to go on."""

    def __init__(self) -> None:
        self.function: Callback | None = None
        self.expires_ns = 0
        self.container: Any = None
        self.inner = timer_list(self._expired)

    def _expired(self, timer: timer_list) -> None:
        if self.function is not None and self.function(self) == HRTIMER_RESTART:
            self.inner.arm(self.expires_ns - this_module().kernel.clock.monotonic_ns())


def hrtimer_init(timer: hrtimer, clock_id: int, mode: int) -> None:
    """Make a timer ready."""


def hrtimer_setup(timer: hrtimer, function: Callback, clock_id: int, mode: int) -> None:
    """Make a timer ready with its function."""
    timer.function = function


def hrtimer_start(timer: hrtimer, tim: int, mode: int) -> None:
    """Let it expire at or after a time."""
    now = this_module().kernel.clock.monotonic_ns()
    timer.expires_ns = tim + (now if mode == HRTIMER_MODE_REL else 0)
    timer.inner.arm(timer.expires_ns - now)


def hrtimer_forward_now(timer: hrtimer, interval: int) -> int:
    """Move its time on by intervals until it is to come: by how many."""
    late = this_module().kernel.clock.monotonic_ns() - timer.expires_ns
    if late < 0:
        return 0
    steps = late // interval + 1
    timer.expires_ns += steps * interval
    return steps


def hrtimer_cancel(timer: hrtimer) -> int:
    """Do not let it expire: whether it would have."""
    return int(timer.inner.disarm())
