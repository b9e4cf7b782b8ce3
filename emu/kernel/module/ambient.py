"""Which module's code is running: what the functions of `emu.linux` act for."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.module.module import Module
    from emu.kernel.task import Task

running: ContextVar[Module] = ContextVar("running module")
"""Set around every call into a module's code."""


class NotInModule(RuntimeError):
    """A function of `emu.linux` was called outside of a module."""


def this_module() -> Module:
    """The module whose code is running. `NotInModule`."""
    try:
        return running.get()
    except LookupError:
        raise NotInModule("functions of emu.linux work in a loaded module only") from None


def this_kernel() -> Kernel:
    """The machine that the running module is loaded in."""
    return this_module().kernel


def current_task() -> Task:
    """The task that called the kernel, which called the module."""
    task = this_module().kernel.sched.current
    if task is None:
        raise NotInModule("no task is running")
    return task
