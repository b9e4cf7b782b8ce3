"""Locks with many readers or one writer, which one may sleep under. See include/linux/rwsem.h."""

from __future__ import annotations

from typing import Any

from emu.kernel.module.ambient import this_module
from emu.kernel.module.guard import Misuse, RestartValue
from emu.kernel.restart import Restart
from emu.kernel.wait import Wait, WaitQueue
from emu.linux.mutex import holder_now


class rw_semaphore:
    """A lock. Writers that wait keep new readers out, so that they come to their turn."""

    def __init__(self) -> None:
        self.readers: list[object] = []
        self.writer: object | None = None
        self.where = ""
        self.waiting_writers = 0
        self.waiters = WaitQueue()
        self.container: Any = None

    def may_read(self) -> bool:
        """Whether a reader may have it now."""
        return self.writer is None and not self.waiting_writers

    def may_write(self) -> bool:
        """Whether a writer may have it now."""
        return self.writer is None and not self.readers

    def read(self) -> None:
        """Let a reader have it."""
        self.readers.append(holder_now())

    def write(self) -> None:
        """Let a writer have it."""
        self.writer, self.where = holder_now(), this_module().here()


def DECLARE_RWSEM(name: str = "") -> rw_semaphore:
    """A new lock."""
    return rw_semaphore()


def init_rwsem(sem: rw_semaphore) -> None:
    """Make a lock ready: it is."""


async def down_read(sem: rw_semaphore) -> None:
    """Hold it with other readers."""
    this_module().check_may_sleep()
    _check_recursion(sem)
    while not sem.may_read():
        await Wait((sem.waiters,), killable=True)
    sem.read()


async def down_read_interruptible(sem: rw_semaphore) -> Any:
    """The same: 0, or -ERESTARTSYS when a signal came."""
    this_module().check_may_sleep()
    _check_recursion(sem)
    try:
        while not sem.may_read():
            await Wait((sem.waiters,))
    except Restart:
        return RestartValue()
    sem.read()
    return 0


def down_read_trylock(sem: rw_semaphore) -> bool:
    """Hold it with other readers if nobody writes or waits to: whether so."""
    if not sem.may_read():
        return False
    sem.read()
    return True


def up_read(sem: rw_semaphore) -> None:
    """Release it as a reader. `Misuse` if the running one is none."""
    if holder_now() not in sem.readers:
        raise Misuse("a rw_semaphore is released by who does not read under it")
    sem.readers.remove(holder_now())
    sem.waiters.wake_up_all()


async def down_write(sem: rw_semaphore) -> None:
    """Hold it alone."""
    await _wait_to_write(sem, killable=True)


async def down_write_killable(sem: rw_semaphore) -> Any:
    """The same: 0, or -ERESTARTSYS when a signal came."""
    try:
        await _wait_to_write(sem, killable=False)
    except Restart:
        return RestartValue()
    return 0


async def _wait_to_write(sem: rw_semaphore, *, killable: bool) -> None:
    this_module().check_may_sleep()
    _check_recursion(sem)
    sem.waiting_writers += 1
    try:
        while not sem.may_write():
            await Wait((sem.waiters,), killable=killable)
    finally:
        sem.waiting_writers -= 1
        if not sem.waiting_writers:
            sem.waiters.wake_up_all()
    sem.write()


def down_write_trylock(sem: rw_semaphore) -> bool:
    """Hold it alone if it is free: whether so."""
    if not sem.may_write():
        return False
    sem.write()
    return True


def up_write(sem: rw_semaphore) -> None:
    """Release it as its writer. `Misuse` if that is not the running one."""
    if sem.writer is not holder_now():
        raise Misuse("a rw_semaphore is released by who does not write under it")
    sem.writer = None
    sem.waiters.wake_up_all()


def downgrade_write(sem: rw_semaphore) -> None:
    """Go on as a reader."""
    up_write(sem)
    sem.read()


def rwsem_is_locked(sem: rw_semaphore) -> bool:
    """Whether anybody holds it."""
    return sem.writer is not None or bool(sem.readers)


def _check_recursion(sem: rw_semaphore) -> None:
    if sem.writer is holder_now():
        raise Misuse(f"deadlock: a rw_semaphore is locked again by its writer of {sem.where}")
