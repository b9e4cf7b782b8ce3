"""Locks that one may sleep under, and sleeps for. See include/linux/mutex.h and semaphore.h.

``await mutex_lock(lock)`` sleeps while somebody else holds it. Without ``await`` it works as long
as it is free, which it is unless its holder sleeps; where it would have to sleep, that is an oops.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.guard import Misuse, RestartValue
from emu.kernel.module.kthread import running_thread
from emu.kernel.restart import Restart
from emu.kernel.wait import Wait, WaitQueue


class Taken:
    """What locking answers: 0, which may be awaited."""

    def __init__(self, result: int = 0) -> None:
        self.result = result

    def __await__(self) -> Generator[Wait, bool, int]:
        return self.result
        yield

    def __int__(self) -> int:
        return self.result

    def __bool__(self) -> bool:
        return self.result != 0


class Contended:
    """A lock that must be waited for: `Misuse` if nobody awaits it."""

    def __init__(self, lock: mutex, interruptible: bool) -> None:
        self._lock = lock
        self._interruptible = interruptible

    def __await__(self) -> Generator[Wait, bool, Any]:
        lock = self._lock
        while lock.holder is not None:
            try:
                yield Wait((lock.waiters,), killable=not self._interruptible)
            except Restart:
                if not self._interruptible:
                    raise
                return RestartValue()
        lock.take()
        return 0

    def __bool__(self) -> bool:
        raise Misuse("a lock that is held must be awaited")


def holder_now() -> object:
    """Who is running: a kernel thread or a task."""
    thread = running_thread(this_module())
    return thread if thread is not None else this_kernel().sched.current or this_module()


class mutex:
    """A lock. ``async with lock:`` is the short form."""

    def __init__(self) -> None:
        self.holder: object | None = None
        self.where = ""
        self.waiters = WaitQueue()
        self.container: Any = None

    def take(self) -> None:
        """Hold it."""
        self.holder, self.where = holder_now(), this_module().here()

    def lock(self, *, interruptible: bool = False) -> Any:
        """Hold it, or say that one must wait."""
        this_module().check_may_sleep()
        if self.holder is None:
            self.take()
            return Taken()
        if self.holder is holder_now():
            raise Misuse(f"deadlock: a mutex is locked again by who holds it since {self.where}")
        return Contended(self, interruptible)

    def unlock(self) -> None:
        """Release it. `Misuse` unless the running one holds it."""
        if self.holder is not holder_now():
            raise Misuse("a mutex is unlocked by who does not hold it")
        self.holder = None
        self.waiters.wake_up(1)

    async def __aenter__(self) -> mutex:
        await self.lock()
        return self

    async def __aexit__(self, *error: object) -> None:
        self.unlock()


def DEFINE_MUTEX(name: str = "") -> mutex:
    """A new lock."""
    return mutex()


def mutex_init(lock: mutex) -> None:
    """Make a lock ready: it is."""


def mutex_destroy(lock: mutex) -> None:
    """Let go of a lock. `Misuse` if it is held."""
    if lock.holder is not None:
        raise Misuse(f"a mutex is destroyed that is held since {lock.where}")


def mutex_lock(lock: mutex) -> Any:
    """Hold a lock, to be awaited."""
    return lock.lock()


def mutex_lock_interruptible(lock: mutex) -> Any:
    """Hold a lock, to be awaited: 0, or -ERESTARTSYS when a signal came."""
    return lock.lock(interruptible=True)


mutex_lock_killable = mutex_lock_interruptible


def mutex_trylock(lock: mutex) -> bool:
    """Hold a lock if it is free: whether it was."""
    if lock.holder is not None:
        return False
    lock.take()
    return True


def mutex_unlock(lock: mutex) -> None:
    """Release it."""
    lock.unlock()


def mutex_is_locked(lock: mutex) -> bool:
    """Whether it is held."""
    return lock.holder is not None


class semaphore:
    """A count that one waits for while it is 0."""

    def __init__(self, count: int = 1) -> None:
        self.count = count
        self.waiters = WaitQueue()


def sema_init(sem: semaphore, val: int) -> None:
    """Give it a count."""
    sem.count = val


async def down(sem: semaphore) -> None:
    """Take one, asleep while there is none."""
    this_module().check_may_sleep()
    while not sem.count:
        await Wait((sem.waiters,), killable=True)
    sem.count -= 1


async def down_interruptible(sem: semaphore) -> Any:
    """The same: 0, or -ERESTARTSYS when a signal came."""
    this_module().check_may_sleep()
    try:
        while not sem.count:
            await sem.waiters.wait()
    except Restart:
        return RestartValue()
    sem.count -= 1
    return 0


def down_trylock(sem: semaphore) -> int:
    """Take one if there is one: 0, or 1."""
    if not sem.count:
        return 1
    sem.count -= 1
    return 0


def up(sem: semaphore) -> None:
    """Give one back."""
    sem.count += 1
    sem.waiters.wake_up(1)
