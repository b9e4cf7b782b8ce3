"""Locks under which nobody sleeps. See include/linux/spinlock.h.

There is one CPU and no pre-emption, so they never wait; they find misuse: a lock taken twice,
released by who does not hold it, or held while somebody sleeps or returns.
"""

from __future__ import annotations

from typing import Any

from emu.kernel.module.ambient import this_module
from emu.kernel.module.guard import Misuse
from emu.kernel.module.module import Module
from emu.linux.types import c_ulong


class spinlock:
    """A lock. As a context manager it is the short form of lock and unlock."""

    def __init__(self) -> None:
        self.holder: Module | None = None
        self.where = ""
        self.container: Any = None

    def take(self) -> None:
        """Hold it. `Misuse` if it is held."""
        module = this_module()
        if self.holder is not None:
            raise Misuse(f"spinlock recursion: it is held since {self.where}")
        self.holder, self.where = module, module.here()
        module.atomic += 1
        module.held.append(self)

    def give(self) -> None:
        """Release it. `Misuse` if it is not held."""
        module = this_module()
        if self.holder is None:
            raise Misuse("spinlock already unlocked")
        self.holder = None
        if self in module.held:
            module.held.remove(self)
            module.atomic -= 1

    def break_lock(self) -> None:
        """Release it because its holder went wrong."""
        self.holder = None

    def describe(self) -> str:
        """It and where it was taken, for a report."""
        return f"a spinlock taken at {self.where}"

    def __enter__(self) -> spinlock:
        self.take()
        return self

    def __exit__(self, *error: object) -> None:
        self.give()


spinlock_t = rwlock_t = raw_spinlock_t = spinlock


def DEFINE_SPINLOCK(name: str = "") -> spinlock:
    """A new lock."""
    return spinlock()


DEFINE_RWLOCK = DEFINE_SPINLOCK


def spin_lock_init(lock: spinlock) -> None:
    """Make a lock ready: it is."""


def spin_lock(lock: spinlock) -> None:
    """Hold a lock."""
    lock.take()


def spin_unlock(lock: spinlock) -> None:
    """Release it."""
    lock.give()


spin_lock_irq = spin_lock_bh = read_lock = write_lock = spin_lock
spin_unlock_irq = spin_unlock_bh = read_unlock = write_unlock = spin_unlock


def spin_lock_irqsave(lock: spinlock, flags: c_ulong | None = None) -> int:
    """Hold a lock, with interrupts off, of which there are none."""
    lock.take()
    return 0


def spin_unlock_irqrestore(lock: spinlock, flags: Any) -> None:
    """Release it."""
    lock.give()


def spin_trylock(lock: spinlock) -> bool:
    """Hold a lock if it is free: whether it was."""
    if lock.holder is not None:
        return False
    lock.take()
    return True


def spin_is_locked(lock: spinlock) -> bool:
    """Whether it is held."""
    return lock.holder is not None


def preempt_disable() -> None:
    """Forbid sleep."""
    this_module().atomic += 1


def preempt_enable() -> None:
    """Allow it again."""
    this_module().atomic -= 1


def in_atomic() -> bool:
    """Whether nobody may sleep."""
    return this_module().atomic > 0
