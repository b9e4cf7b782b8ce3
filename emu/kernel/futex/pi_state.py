"""Locks that the kernel knows because somebody sleeps for them. See kernel/futex/pi.c.

The word in user memory holds the owner's thread id and FUTEX_WAITERS; a `PiState` exists beside it
for as long as there are sleepers. A lock that is released goes to the first sleeper at once, so
there is always an owner while there is a state. Nobody inherits a priority: priorities are noted,
not obeyed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EDEADLK, EFAULT, EINVAL, ESRCH
from emu.kernel.uapi.futex import FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS

if TYPE_CHECKING:
    from emu.kernel.futex.key import FutexKey
    from emu.kernel.futex.table import FutexTable, FutexWaiter
    from emu.kernel.task import Task


MAX_LOCK_DEPTH = 1024
"""How long a chain of locks may be whose owners wait for the next one: kernel.max_lock_depth."""


class PiState:
    """A lock and who holds it. Its sleepers are those of its futex."""

    __slots__ = ("key", "owner", "sleepers")

    def __init__(self, key: FutexKey, owner: Task) -> None:
        self.key = key
        self.owner = owner
        self.sleepers = 0


def lock_atomic(
    table: FutexTable, task: Task, key: FutexKey, mm_task: Task, address: int, set_waiters: bool
) -> PiState | None:
    """Take a lock for a task: None if it got it, else the state on which it may sleep.

    The word is at `address` in the memory of `mm_task`. With `set_waiters` the word says that the
    kernel must be asked to unlock it. EDEADLK if the task has it already; EINVAL, ESRCH if the
    word does not fit what the kernel knows. See futex_lock_pi_atomic.
    """
    mm = mm_task.mm
    word = mm.read_u32(address)
    if word & FUTEX_TID_MASK == task.pid:
        raise EDEADLK("the caller has the lock")
    top = table.top_waiter(key)
    if top is not None:
        return _known_state(top, word)
    if not word & FUTEX_TID_MASK:
        waiters = FUTEX_WAITERS if set_waiters else 0
        mm.write_u32(address, word & FUTEX_OWNER_DIED | task.pid | waiters)
        return None
    mm.write_u32(address, word | FUTEX_WAITERS)
    return PiState(key, find_owner(mm_task, word))


def find_owner(task: Task, word: int) -> Task:
    """The living task that a word names. ESRCH."""
    owner = task.kernel.tasks.get(word & FUTEX_TID_MASK)
    if owner is None or not owner.alive:
        raise ESRCH("the lock's owner is gone")
    return owner


def _known_state(top: FutexWaiter, word: int) -> PiState:
    """The state of a lock with sleepers, held against its word: see attach_to_pi_state."""
    state = top.pi_state
    if state is None:
        raise EINVAL("sleepers that do not want a lock")
    owner = word & FUTEX_TID_MASK
    if owner != state.owner.pid and not (word & FUTEX_OWNER_DIED and not owner):
        raise EINVAL("the word does not name the lock's owner")
    return state


def enqueue(table: FutexTable, waiter: FutexWaiter, state: PiState) -> None:
    """Let somebody sleep for a lock. EDEADLK if the lock's owner sleeps for one of his.

    The waiter is in the table already, or is put there.
    """
    owner: Task | None = state.owner
    for _ in range(MAX_LOCK_DEPTH):
        if owner is None or owner is waiter.task:
            break
        blocked = table.blocked.get(owner)
        owner = None if blocked is None or blocked.pi_state is None else blocked.pi_state.owner
    if owner is not None:
        raise EDEADLK("a circle of locks, or a chain of too many")
    waiter.pi_state = state
    state.sleepers += 1
    table.move(waiter, state.key)
    table.blocked[waiter.task] = waiter
    table.held.setdefault(state.owner, {})[state] = None


def leave(table: FutexTable, waiter: FutexWaiter) -> None:
    """Take somebody out who slept for a lock; the state goes with the last one."""
    table.remove(waiter)
    state = waiter.pi_state
    if state is None:
        return
    waiter.pi_state = None
    if table.blocked.get(waiter.task) is waiter:
        del table.blocked[waiter.task]
    state.sleepers -= 1
    if not state.sleepers:
        _disown(table, state)


def hand_over(table: FutexTable, state: PiState, died: bool = False) -> None:
    """Give a lock to its first sleeper and wake him. EFAULT if the word cannot be written."""
    # Somebody who does not want the lock may sleep on its word too.
    top = next(waiter for waiter in table.waiters(state.key) if waiter.pi_state is state)
    new = top.task
    word = new.pid | FUTEX_WAITERS | (FUTEX_OWNER_DIED if died else 0)
    try:
        top.task.mm.write_u32(top.lock_address, word)
    finally:
        _disown(table, state)
        leave(table, top)
        state.owner = new
        if state.sleepers:
            table.held.setdefault(new, {})[state] = None
        top.wake()


def exit_pi_state_list(table: FutexTable, task: Task) -> None:
    """Hand over all locks for which others sleep and which a task that ends has."""
    for state in list(table.held.get(task, ())):
        try:
            hand_over(table, state, died=True)
        except EFAULT:
            continue  # the one who gets it has unmapped it, and will see so himself


def unlock(table: FutexTable, task: Task, key: FutexKey, address: int) -> None:
    """Release a lock. EPERM is the caller's to check; EINVAL, EFAULT. See futex_unlock_pi."""
    top = table.top_waiter(key)
    if top is None:
        task.mm.write_u32(address, 0)
        return
    state = top.pi_state
    if state is None or state.owner is not task:
        raise EINVAL("the kernel does not know the caller as the owner")
    hand_over(table, state)


def _disown(table: FutexTable, state: PiState) -> None:
    held = table.held.get(state.owner)
    if held is not None:
        held.pop(state, None)
        if not held:
            del table.held[state.owner]
