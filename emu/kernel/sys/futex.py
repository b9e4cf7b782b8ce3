"""futex(2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, NamedTuple

from emu.kernel.args import Arg, Pointer, UInt
from emu.kernel.clock import KTIME_MAX
from emu.kernel.deadline import Deadline
from emu.kernel.errno import EAGAIN, EINVAL, ENOSYS
from emu.kernel.futex.key import futex_key
from emu.kernel.futex.lock import (
    cmp_requeue_pi,
    lock_pi,
    trylock_pi,
    unlock_pi,
    wait_requeue_pi,
)
from emu.kernel.futex.wait import FutexWord, futex_wait
from emu.kernel.futex.wake_op import wake_op
from emu.kernel.restart import RestartBlock, RestartNoIntr, or_else
from emu.kernel.sys.clock import TIME32, InTimespec, read_timespec
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.futex import (
    FUTEX_BITSET_MATCH_ANY,
    FUTEX_CLOCK_REALTIME,
    FUTEX_CMD_MASK,
    FUTEX_CMP_REQUEUE,
    FUTEX_CMP_REQUEUE_PI,
    FUTEX_COMMANDS,
    FUTEX_FD,
    FUTEX_LOCK_PI,
    FUTEX_LOCK_PI2,
    FUTEX_PRIVATE_FLAG,
    FUTEX_REQUEUE,
    FUTEX_TRYLOCK_PI,
    FUTEX_UNLOCK_PI,
    FUTEX_WAIT,
    FUTEX_WAIT_BITSET,
    FUTEX_WAIT_REQUEUE_PI,
    FUTEX_WAKE,
    FUTEX_WAKE_BITSET,
    FUTEX_WAKE_OP,
)


class FutexOpArg(Arg):
    """A futex operation with its flags."""


FutexOp = Annotated[int, FutexOpArg(32, signed=True)]

WITH_TIMEOUT = (
    FUTEX_WAIT, FUTEX_LOCK_PI, FUTEX_LOCK_PI2, FUTEX_WAIT_BITSET, FUTEX_WAIT_REQUEUE_PI,
)  # fmt: skip
WITH_CLOCK = (FUTEX_WAIT_BITSET, FUTEX_WAIT_REQUEUE_PI, FUTEX_LOCK_PI2)


@syscall("sys_futex", ("sys_futex_time32", TIME32))
def futex(
    task: Task,
    uaddr: Pointer,
    op: FutexOp,
    val: UInt,
    utime: InTimespec,
    uaddr2: Pointer,
    val3: UInt,
) -> int | Awaitable[int]:
    """Sleep on a word of memory, or wake its sleepers. See futex(2) and do_futex.

    ENOSYS for FUTEX_FD, which Linux has no more.
    """
    command = op & FUTEX_CMD_MASK
    realtime = bool(op & FUTEX_CLOCK_REALTIME)
    shared = not op & FUTEX_PRIVATE_FLAG
    deadline = None
    if utime and command in WITH_TIMEOUT:
        deadline = read_deadline(task, command, realtime, utime)
    if realtime and command not in WITH_CLOCK:
        raise ENOSYS("an operation without a clock")
    operation = OPERATIONS.get(command)
    if operation is None:
        name = FUTEX_COMMANDS[command] if command == FUTEX_FD else f"operation {command}"
        raise ENOSYS(f"{name} is not supported")
    return operation(
        FutexCall(task, uaddr, shared, val, deadline, signed(utime.address), uaddr2, val3)
    )


class FutexCall(NamedTuple):
    """A futex call's arguments; `val2` is the count that takes the timeout's place."""

    task: Task
    uaddr: int
    shared: bool
    val: int
    deadline: Deadline | None
    val2: int
    uaddr2: int
    val3: int


def _wait(call: FutexCall) -> Awaitable[int]:
    return wait_restartable(call.task, _word(call), call.deadline, FUTEX_BITSET_MATCH_ANY)


def _wait_bitset(call: FutexCall) -> Awaitable[int]:
    return wait_restartable(call.task, _word(call), call.deadline, call.val3)


def _wake(call: FutexCall) -> int:
    key = futex_key(call.task.mm, call.uaddr, shared=call.shared)
    return call.task.kernel.futexes.wake(key, signed(call.val))


def _wake_bitset(call: FutexCall) -> int:
    if not call.val3:
        raise EINVAL("an empty bitset")
    key = futex_key(call.task.mm, call.uaddr, shared=call.shared)
    return call.task.kernel.futexes.wake(key, signed(call.val), call.val3)


def _requeue(call: FutexCall, compared: int | None = None) -> int:
    word = FutexWord(call.uaddr, call.shared, compared or 0)
    other = FutexWord(call.uaddr2, call.shared, 0)
    return requeue(
        call.task, word, other, signed(call.val), call.val2, compare=compared is not None
    )


def _cmp_requeue(call: FutexCall) -> int:
    return _requeue(call, call.val3)


def _wake_op(call: FutexCall) -> int:
    task, uaddr, shared, val, _, val2, uaddr2, val3 = call
    return wake_op(task, uaddr, shared, uaddr2, signed(val), val2, val3)


def _lock_pi(call: FutexCall) -> Awaitable[int]:
    return or_else(lock_pi(call.task, call.uaddr, call.shared, call.deadline), RestartNoIntr)


def _trylock_pi(call: FutexCall) -> int:
    return trylock_pi(call.task, call.uaddr, call.shared)


def _unlock_pi(call: FutexCall) -> int:
    return unlock_pi(call.task, call.uaddr, call.shared)


def _wait_requeue_pi(call: FutexCall) -> Awaitable[int]:
    task, word, deadline = call.task, _word(call), call.deadline
    waiting = wait_requeue_pi(task, word, deadline, FUTEX_BITSET_MATCH_ANY, call.uaddr2)
    return or_else(waiting, RestartNoIntr)


def _cmp_requeue_pi(call: FutexCall) -> int:
    word = FutexWord(call.uaddr, call.shared, call.val3)
    return cmp_requeue_pi(call.task, word, signed(call.val), call.uaddr2, call.val2)


OPERATIONS: dict[int, Callable[[FutexCall], int | Awaitable[int]]] = {
    FUTEX_WAIT: _wait,
    FUTEX_WAKE: _wake,
    FUTEX_REQUEUE: _requeue,
    FUTEX_CMP_REQUEUE: _cmp_requeue,
    FUTEX_WAKE_OP: _wake_op,
    FUTEX_LOCK_PI: _lock_pi,
    FUTEX_UNLOCK_PI: _unlock_pi,
    FUTEX_TRYLOCK_PI: _trylock_pi,
    FUTEX_WAIT_BITSET: _wait_bitset,
    FUTEX_WAKE_BITSET: _wake_bitset,
    FUTEX_WAIT_REQUEUE_PI: _wait_requeue_pi,
    FUTEX_CMP_REQUEUE_PI: _cmp_requeue_pi,
    FUTEX_LOCK_PI2: _lock_pi,
}


def _word(call: FutexCall) -> FutexWord:
    return FutexWord(call.uaddr, call.shared, call.val)


def wait_restartable(
    task: Task, word: FutexWord, deadline: Deadline | None, bitset: int
) -> Awaitable[int]:
    """Sleep on a word; made again after a signal it ends at the same time."""
    waiting = futex_wait(task, word, deadline, bitset)
    if deadline is None:
        return waiting
    return or_else(
        waiting, lambda: RestartBlock(lambda: wait_restartable(task, word, deadline, bitset))
    )


def read_deadline(task: Task, command: int, realtime: bool, utime: InTimespec) -> Deadline:
    """When an operation ends that takes a timeout: see futex_init_timeout. EFAULT, EINVAL.

    Only FUTEX_WAIT's is relative, and only FUTEX_LOCK_PI's always is of CLOCK_REALTIME.
    """
    time_ns = read_timespec(task, utime)
    if command == FUTEX_WAIT:
        return Deadline.after(task.kernel.clock, time_ns)
    return Deadline(min(time_ns, KTIME_MAX), realtime or command == FUTEX_LOCK_PI)


def requeue(
    task: Task, word: FutexWord, other: FutexWord, nr_wake: int, nr_requeue: int, *, compare: bool
) -> int:
    """Wake some sleepers and move others: how many. EINVAL, EFAULT; EAGAIN with `compare`."""
    if nr_wake < 0 or nr_requeue < 0:
        raise EINVAL("a negative count")
    mm = task.mm
    key = futex_key(mm, word.address, shared=word.shared)
    other_key = futex_key(mm, other.address, shared=other.shared)
    if compare and mm.read_u32(word.address) != word.value:
        raise EAGAIN("the word has changed")
    return task.kernel.futexes.requeue(key, other_key, nr_wake, nr_requeue)


def signed(value: int) -> int:
    """The low 32 bits as an int."""
    return ((value & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
