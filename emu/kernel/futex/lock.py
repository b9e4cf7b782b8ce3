"""The operations on locks: FUTEX_LOCK_PI, UNLOCK_PI, and moving sleepers from a condition to one.

See kernel/futex/pi.c and requeue.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import ACCESS_WRITE
from emu.kernel.deadline import Deadline, wait_until
from emu.kernel.errno import EAGAIN, EINVAL, EPERM, ETIMEDOUT, Restart
from emu.kernel.futex.key import futex_key
from emu.kernel.futex.pi_state import PiState, enqueue, leave, lock_atomic, unlock
from emu.kernel.futex.table import FutexWaiter
from emu.kernel.futex.wait import FutexWord
from emu.kernel.uapi.futex import FUTEX_TID_MASK

if TYPE_CHECKING:
    from emu.kernel.task import Task


async def lock_pi(task: Task, address: int, shared: bool, deadline: Deadline | None) -> int:
    """Take a lock, sleeping while another has it. EDEADLK, ESRCH, EINVAL, ETIMEDOUT, EFAULT."""
    table, mm = task.kernel.futexes, task.mm
    key = futex_key(mm, address, shared=shared, access=ACCESS_WRITE)
    state = lock_atomic(table, task, key, task, address, set_waiters=False)
    if state is None:
        return 0
    waiter = FutexWaiter(task, key, lock_address=address)
    enqueue(table, waiter, state)
    try:
        if not await wait_until(waiter.queue, lambda: waiter.woken, task.kernel.clock, deadline):
            raise ETIMEDOUT
        mm.read_u32(address)
    finally:
        leave(table, waiter)
    return 0


def trylock_pi(task: Task, address: int, shared: bool) -> int:
    """Take a lock if nobody has it, or EAGAIN."""
    table = task.kernel.futexes
    key = futex_key(task.mm, address, shared=shared, access=ACCESS_WRITE)
    if lock_atomic(table, task, key, task, address, set_waiters=False) is not None:
        raise EAGAIN("another has the lock")
    return 0


def unlock_pi(task: Task, address: int, shared: bool) -> int:
    """Release a lock and give it to the first who sleeps for it. EPERM if the caller has it not."""
    if task.mm.read_u32(address) & FUTEX_TID_MASK != task.pid:
        raise EPERM("the caller does not have the lock")
    key = futex_key(task.mm, address, shared=shared, access=ACCESS_WRITE)
    unlock(task.kernel.futexes, task, key, address)
    return 0


async def wait_requeue_pi(
    task: Task, word: FutexWord, deadline: Deadline | None, bitset: int, lock: int
) -> int:
    """Sleep on a condition until a requeue has brought the caller a lock.

    EAGAIN if the word has changed, or something else than a requeue ended the sleep.
    """
    address, shared, value = word
    if address == lock:
        raise EINVAL("a condition that is its own lock")
    if not bitset:
        raise EINVAL("an empty bitset")
    table, mm = task.kernel.futexes, task.mm
    lock_key = futex_key(mm, lock, shared=shared, access=ACCESS_WRITE)
    key = futex_key(mm, address, shared=shared)
    if mm.read_u32(address) != value:
        raise EAGAIN("the word has changed")
    if key == lock_key:
        raise EINVAL("a condition that is its own lock")
    waiter = FutexWaiter(task, key, bitset, requeue_key=lock_key, lock_address=lock)
    table.add(waiter)
    try:
        if not await wait_until(waiter.queue, lambda: waiter.woken, task.kernel.clock, deadline):
            raise ETIMEDOUT
    except Restart:
        if waiter.pi_state is not None:
            # It was moved to the lock: started anew it would find the condition's word changed.
            raise EAGAIN("a signal came after the requeue") from None
        raise
    finally:
        leave(table, waiter)
    return 0


def cmp_requeue_pi(task: Task, word: FutexWord, nr_wake: int, lock: int, nr_requeue: int) -> int:
    """Let one sleeper of a condition have a lock, or sleep for it, and more sleep for it.

    How many it were. EAGAIN if the word has changed; EINVAL if the sleepers do not wait for that.
    """
    address, shared, value = word
    if nr_wake < 0 or nr_requeue < 0:
        raise EINVAL("a negative count")
    if address == lock or nr_wake != 1:
        raise EINVAL("one is to have the lock")
    table, mm = task.kernel.futexes, task.mm
    key = futex_key(mm, address, shared=shared)
    lock_key = futex_key(mm, lock, shared=shared, access=ACCESS_WRITE)
    if key == lock_key:
        raise EINVAL("a condition that is its own lock")
    if mm.read_u32(address) != value:
        raise EAGAIN("the word has changed")
    mm.read_u32(lock)
    top = table.top_waiter(key)
    if top is None:
        return 0
    if top.requeue_key is None or top.pi_state is not None or top.requeue_key != lock_key:
        raise EINVAL("sleepers of another kind, or for another lock")
    state = lock_atomic(table, top.task, lock_key, task, lock, set_waiters=bool(nr_requeue))
    done = 0
    if state is None:
        table.remove(top)
        top.requeue_key = None
        state = PiState(lock_key, top.task)
        top.wake()
        done = 1
    for waiter in list(table.waiters(key)):
        if done - nr_wake >= nr_requeue:
            break
        if waiter.requeue_key != lock_key or waiter.pi_state is not None:
            raise EINVAL("sleepers of another kind, or for another lock")
        enqueue(table, waiter, state)
        done += 1
    return done
