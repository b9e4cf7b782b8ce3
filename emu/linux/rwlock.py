"""Locks with many readers or one writer, under which nobody sleeps. See include/linux/rwlock.h.

As nobody sleeps while one is held there is nobody to wait for: they find misuse.
"""

from __future__ import annotations

from typing import Any

from emu.kernel.module.ambient import this_module
from emu.kernel.module.guard import Misuse
from emu.linux.spinlock_types import spinlock


class rwlock_t:
    """A lock. Readers may hold it more than once at a time."""

    def __init__(self) -> None:
        self.writer = spinlock()
        self.readers: list[_Reader] = []
        self.container: Any = None


class _Reader:
    """One reader's hold of a lock."""

    def __init__(self, lock: rwlock_t, where: str) -> None:
        self._lock = lock
        self._where = where

    def break_lock(self) -> None:
        """Release it because its holder went wrong."""
        self._lock.readers.remove(self)

    def describe(self) -> str:
        """It and where it was taken, for a report."""
        return f"a read lock taken at {self._where}"


def DEFINE_RWLOCK(name: str = "") -> rwlock_t:
    """A new lock."""
    return rwlock_t()


def rwlock_init(lock: rwlock_t) -> None:
    """Make a lock ready: it is."""


def read_lock(lock: rwlock_t) -> None:
    """Hold a lock with other readers. `Misuse` while its writer holds it."""
    module = this_module()
    if lock.writer.holder is not None:
        raise Misuse(f"deadlock: a lock is read that is written since {lock.writer.where}")
    reader = _Reader(lock, module.here())
    lock.readers.append(reader)
    module.held.append(reader)
    module.atomic += 1


def read_unlock(lock: rwlock_t) -> None:
    """Release it as a reader. `Misuse` if there is none."""
    if not lock.readers:
        raise Misuse("a read lock is released that nobody holds")
    module, reader = this_module(), lock.readers.pop()
    if reader in module.held:
        module.held.remove(reader)
        module.atomic -= 1


def write_lock(lock: rwlock_t) -> None:
    """Hold a lock alone. `Misuse` while anybody holds it."""
    if lock.readers:
        raise Misuse(f"deadlock: a lock is written under {lock.readers[-1].describe()}")
    lock.writer.take()


def write_unlock(lock: rwlock_t) -> None:
    """Release it as its writer."""
    lock.writer.give()


read_lock_irq = read_lock_bh = read_lock
read_unlock_irq = read_unlock_bh = read_unlock
write_lock_irq = write_lock_bh = write_lock
write_unlock_irq = write_unlock_bh = write_unlock


def read_lock_irqsave(lock: rwlock_t, flags: Any = None) -> int:
    """Hold it as a reader, with interrupts off, of which there are none."""
    read_lock(lock)
    return 0


def read_unlock_irqrestore(lock: rwlock_t, flags: Any) -> None:
    """Release it."""
    read_unlock(lock)


def write_lock_irqsave(lock: rwlock_t, flags: Any = None) -> int:
    """Hold it alone, with interrupts off, of which there are none."""
    write_lock(lock)
    return 0


def write_unlock_irqrestore(lock: rwlock_t, flags: Any) -> None:
    """Release it."""
    write_unlock(lock)


def read_trylock(lock: rwlock_t) -> bool:
    """Hold it as a reader if nobody writes: whether so."""
    if lock.writer.holder is not None:
        return False
    read_lock(lock)
    return True


def write_trylock(lock: rwlock_t) -> bool:
    """Hold it alone if it is free: whether so."""
    if lock.readers or lock.writer.holder is not None:
        return False
    write_lock(lock)
    return True
