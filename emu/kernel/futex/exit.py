"""What a thread's end, or its execve, does to futexes. See futex_exec_release and mm_release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EFAULT, EINVAL
from emu.kernel.futex.key import futex_key
from emu.kernel.futex.pi_state import exit_pi_state_list
from emu.kernel.uapi.futex import (
    FUTEX_OWNER_DIED,
    FUTEX_TID_MASK,
    FUTEX_WAITERS,
    ROBUST_LIST_LIMIT,
)

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.task import Task


def exit_robust_list(task: Task) -> None:
    """Give up the locks that the thread has: those of its robust lists, then those others want.

    Called while `task.mm` still is the memory in which they lie.
    """
    attributes = task.attributes
    if attributes.robust_list:
        head, attributes.robust_list = attributes.robust_list, 0
        _walk(task, head, 8)
    if attributes.compat_robust_list:
        head, attributes.compat_robust_list = attributes.compat_robust_list, 0
        _walk(task, head, 4)
    exit_pi_state_list(task.kernel.futexes, task)


def clear_child_tid(task: Task) -> None:
    """Zero the word that set_tid_address(2) named and wake its sleeper, if others share it."""
    address, task.attributes.clear_child_tid = task.attributes.clear_child_tid, 0
    if not address or task.mm.users <= 1:
        return
    mm = task.mm
    try:
        mm.write_u32(address, 0)
        task.kernel.futexes.wake(futex_key(mm, address, shared=True), 1)
    except (EFAULT, EINVAL):
        return  # nobody is told of an error


def _walk(task: Task, head: int, word: int) -> None:
    """Go through a robust list with pointers of `word` bytes, as far as it is one."""
    mm, mask = task.mm, (1 << 8 * word) - 1
    read = mm.read_u64 if word == 8 else mm.read_u32
    try:
        entry, offset, pending = read(head), read(head + word), read(head + 2 * word)
    except EFAULT:
        return
    for _ in range(ROBUST_LIST_LIMIT):
        if entry & ~1 == head:
            break
        try:
            following: int | None = read(entry & ~1)
        except EFAULT:
            following = None
        # The pending one may be in the list; it is looked at last.
        if entry & ~1 != pending & ~1 and not _owner_died(
            task, (entry & ~1) + offset & mask, lock=bool(entry & 1), pending=False
        ):
            return
        if following is None:
            return
        entry = following
    if pending & ~1:
        _owner_died(task, (pending & ~1) + offset & mask, lock=bool(pending & 1), pending=True)


def _owner_died(task: Task, address: int, *, lock: bool, pending: bool) -> bool:
    """Mark one futex of a thread that ends, and wake who waits: see handle_futex_death.

    False where the list cannot be one. The sleepers for a `lock` get it later.
    """
    mm = task.mm
    if address % 4:
        return False
    try:
        word = mm.read_u32(address)
        owner = word & FUTEX_TID_MASK
        if pending and not lock and not owner:
            # The thread had released it and was about to wake the next one.
            _wake_one(task, mm, address)
            return True
        if owner != task.pid:
            return True
        mm.write_u32(address, word & FUTEX_WAITERS | FUTEX_OWNER_DIED)
    except EFAULT:
        return False
    if not lock and word & FUTEX_WAITERS:
        _wake_one(task, mm, address)
    return True


def _wake_one(task: Task, mm: AddressSpace, address: int) -> None:
    """Wake a sleeper that did not say FUTEX_PRIVATE_FLAG: robust locks never do."""
    try:
        task.kernel.futexes.wake(futex_key(mm, address, shared=True), 1)
    except (EFAULT, EINVAL):
        return
