"""Which module's code is running: what the functions of `emu.linux` act for."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.module.module import Module
    from emu.kernel.module.watchdog import Watchdog
    from emu.kernel.task import Task

watching: ContextVar[Watchdog | None] = ContextVar("watching", default=None)
"""The watchdog of the machine whose modules run, or ran last, in this thread of the host.

Calls into module code do not set it when it is right already: it tells the machine, and the
watchdog's `inside` the module, as to set and reset a variable of contexts for every call would
cost as much as the rest of the way into the module.
"""


class NotInModule(RuntimeError):
    """A function of `emu.linux` was called outside of a module."""


def back_to(before: Watchdog | None) -> None:
    """A call into a module ended: go on with the one of another machine that it was made in."""
    if before is not None and before.inside is not None:
        watching.set(before)


def this_module() -> Module:
    """The module whose code is running. `NotInModule`."""
    watchdog = watching.get()
    if watchdog is None or watchdog.inside is None:
        raise NotInModule("functions of emu.linux work in a loaded module only")
    return watchdog.inside[0]


def this_kernel() -> Kernel:
    """The machine that the running module is loaded in."""
    return this_module().kernel


def current_task() -> Task:
    """The task that called the kernel, which called the module."""
    task = this_module().kernel.sched.current
    if task is None:
        raise NotInModule("no task is running")
    return task
