"""Locks under which nobody sleeps. See include/linux/spinlock.h.

There is one CPU and no pre-emption, so they never wait; they find misuse: a lock taken twice,
released by who does not hold it, or held while somebody sleeps or returns.
"""

from __future__ import annotations

from typing import Any

from emu.kernel.module.ambient import this_module
from emu.linux.rwlock import DEFINE_RWLOCK as DEFINE_RWLOCK
from emu.linux.rwlock import read_lock as read_lock
from emu.linux.rwlock import read_lock_bh as read_lock_bh
from emu.linux.rwlock import read_lock_irq as read_lock_irq
from emu.linux.rwlock import read_lock_irqsave as read_lock_irqsave
from emu.linux.rwlock import read_trylock as read_trylock
from emu.linux.rwlock import read_unlock as read_unlock
from emu.linux.rwlock import read_unlock_bh as read_unlock_bh
from emu.linux.rwlock import read_unlock_irq as read_unlock_irq
from emu.linux.rwlock import read_unlock_irqrestore as read_unlock_irqrestore
from emu.linux.rwlock import rwlock_init as rwlock_init
from emu.linux.rwlock import rwlock_t as rwlock_t
from emu.linux.rwlock import write_lock as write_lock
from emu.linux.rwlock import write_lock_bh as write_lock_bh
from emu.linux.rwlock import write_lock_irq as write_lock_irq
from emu.linux.rwlock import write_lock_irqsave as write_lock_irqsave
from emu.linux.rwlock import write_trylock as write_trylock
from emu.linux.rwlock import write_unlock as write_unlock
from emu.linux.rwlock import write_unlock_bh as write_unlock_bh
from emu.linux.rwlock import write_unlock_irq as write_unlock_irq
from emu.linux.rwlock import write_unlock_irqrestore as write_unlock_irqrestore
from emu.linux.spinlock_types import raw_spinlock_t as raw_spinlock_t
from emu.linux.spinlock_types import spinlock as spinlock
from emu.linux.spinlock_types import spinlock_t as spinlock_t
from emu.linux.types import c_ulong


def DEFINE_SPINLOCK(name: str = "") -> spinlock:
    """A new lock."""
    return spinlock()


def spin_lock_init(lock: spinlock) -> None:
    """Make a lock ready: it is."""


def spin_lock(lock: spinlock) -> None:
    """Hold a lock."""
    lock.take()


def spin_unlock(lock: spinlock) -> None:
    """Release it."""
    lock.give()


spin_lock_irq = spin_lock_bh = spin_lock
spin_unlock_irq = spin_unlock_bh = spin_unlock


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
