"""Read-copy-update: readers see the old or the new, whole. See include/linux/rcupdate.h.

With one CPU and no pre-emption no reader is ever interrupted: a grace period is over as soon as the
one who waits for it sleeps. What is checked is that readers do not sleep.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.module.ambient import this_module
from emu.kernel.module.guard import Misuse
from emu.kernel.wait import Wait
from emu.linux.timer import call_atomic


class _Section:
    """A read-side section that somebody is in."""

    def __init__(self, where: str) -> None:
        self._where = where

    def break_lock(self) -> None:
        """It is left because who was in it went wrong."""

    def describe(self) -> str:
        """It and where it began, for a report."""
        return f"an RCU read-side section entered at {self._where}"


def rcu_read_lock() -> None:
    """Enter a read-side section, in which nobody sleeps; they nest."""
    module = this_module()
    module.held.append(_Section(module.here()))
    module.atomic += 1


def rcu_read_unlock() -> None:
    """Leave it. `Misuse` outside of any."""
    module = this_module()
    for section in reversed(module.held):
        if isinstance(section, _Section):
            module.held.remove(section)
            module.atomic -= 1
            return
    raise Misuse("rcu_read_unlock outside of a read-side section")


def rcu_read_lock_held() -> bool:
    """Whether one is in a read-side section."""
    return any(isinstance(section, _Section) for section in this_module().held)


def rcu_dereference(p: Any) -> Any:
    """What a pointer that is replaced by others leads to. `Misuse` outside of a section."""
    if not rcu_read_lock_held():
        raise Misuse("suspicious rcu_dereference() usage: outside of a read-side section")
    return p


def rcu_dereference_protected(p: Any, c: Any) -> Any:
    """The same for who changes it, under a lock: `c` says that it is held. `Misuse` if not."""
    if not c:
        raise Misuse("suspicious rcu_dereference_protected() usage: its lock is not held")
    return p


def rcu_assign_pointer(p: Any, v: Any) -> Any:
    """Replace what a cell holds; without a cell it answers the value to be assigned."""
    if hasattr(p, "value"):
        p.value = v
    return v


RCU_INIT_POINTER = rcu_assign_pointer


async def synchronize_rcu() -> None:
    """Sleep until all readers that are there now have left."""
    this_module().check_may_sleep()
    await Wait((), 0, killable=True)


def call_rcu(head: Any, func: Callable[..., Any]) -> None:
    """Have ``func(head)`` called when all readers that are there now have left."""
    module = this_module()

    def later() -> None:
        module.returned(resource)
        call_atomic(module, func, head)

    timer = module.kernel.sched.call_after(0, later)
    resource = module.made("an RCU callback", timer.cancel)


def kfree_rcu(p: Any, *member: Any) -> None:
    """Free memory when all readers that are there now have left."""
    from emu.linux.slab import kfree

    call_rcu(p, kfree)
