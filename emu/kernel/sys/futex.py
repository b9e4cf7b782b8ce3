"""futex(2)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

from emu.kernel.args import Arg, Pointer, UInt
from emu.kernel.errno import EAGAIN, EFAULT, EINVAL, ENOSYS, ETIMEDOUT
from emu.kernel.futex import FutexKey
from emu.kernel.restart import Restart, RestartBlock
from emu.kernel.sys.clock import TIME32, InTimespec, read_clock, read_timespec
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.futex import (
    FUTEX_BITSET_MATCH_ANY,
    FUTEX_CLOCK_REALTIME,
    FUTEX_CMD_MASK,
    FUTEX_CMP_REQUEUE,
    FUTEX_COMMANDS,
    FUTEX_REQUEUE,
    FUTEX_WAIT,
    FUTEX_WAIT_BITSET,
    FUTEX_WAKE,
    FUTEX_WAKE_BITSET,
)
from emu.kernel.uapi.time import CLOCK_MONOTONIC, CLOCK_REALTIME


class FutexOpArg(Arg):
    """A futex operation with its flags."""


FutexOp = Annotated[int, FutexOpArg(32, signed=True)]


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
    """Sleep on a word of memory, or wake its sleepers. See futex(2).

    WAIT, WAKE, REQUEUE, CMP_REQUEUE and the BITSET forms; ENOSYS for all others. Words in memory
    that processes share are told apart by address space.
    """
    command = op & FUTEX_CMD_MASK
    realtime = bool(op & FUTEX_CLOCK_REALTIME)
    if realtime and command != FUTEX_WAIT_BITSET:
        raise ENOSYS("only WAIT_BITSET takes a clock")
    if command in (FUTEX_WAIT, FUTEX_WAIT_BITSET):
        which_clock = CLOCK_REALTIME if realtime else CLOCK_MONOTONIC
        deadline_ns = None
        if utime:
            deadline_ns = read_timespec(task, utime)
            if command == FUTEX_WAIT:
                deadline_ns += read_clock(task, which_clock)
        bitset = FUTEX_BITSET_MATCH_ANY if command == FUTEX_WAIT else val3
        key = futex_key(task, uaddr)
        return wait(task, key, val, bitset, which_clock, deadline_ns)
    # A count of 0 or less wakes one, as in Linux, which counts after waking.
    count = max(1, signed(val))
    futexes = task.kernel.futexes
    if command in (FUTEX_WAKE, FUTEX_WAKE_BITSET):
        bitset = FUTEX_BITSET_MATCH_ANY if command == FUTEX_WAKE else val3
        if not bitset:
            raise EINVAL("an empty bitset")
        return futexes.wake(futex_key(task, uaddr), count, bitset)
    if command in (FUTEX_REQUEUE, FUTEX_CMP_REQUEUE):
        nr_wake, nr_requeue = signed(val), signed(utime.address)
        if nr_wake < 0 or nr_requeue < 0:
            raise EINVAL("a negative count")
        key, other = futex_key(task, uaddr), futex_key(task, uaddr2)
        if command == FUTEX_CMP_REQUEUE and task.mm.read_u32(uaddr) != val3:
            raise EAGAIN("the word has changed")
        woken = futexes.wake(key, nr_wake, FUTEX_BITSET_MATCH_ANY)
        moved = futexes.requeue(key, other, nr_requeue)
        return woken + moved
    name = FUTEX_COMMANDS[command] if 0 <= command < len(FUTEX_COMMANDS) else f"operation {command}"
    raise ENOSYS(f"{name} is not supported")


async def wait(
    task: Task, key: FutexKey, value: int, bitset: int, which_clock: int, deadline_ns: int | None
) -> int:
    """Sleep until woken, if the word still has this value. EAGAIN, ETIMEDOUT."""
    if not bitset:
        raise EINVAL("an empty bitset")
    if task.mm.read_u32(key[1]) != value:
        raise EAGAIN("the word has changed")
    futexes = task.kernel.futexes
    waiter = futexes.add(key, bitset)
    try:
        while not waiter.woken:
            left = None if deadline_ns is None else deadline_ns - read_clock(task, which_clock)
            if left is not None and left <= 0:
                raise ETIMEDOUT
            await waiter.queue.wait(left)
    except Restart:
        if deadline_ns is None:
            raise
        raise RestartBlock(
            lambda: wait(task, key, value, bitset, which_clock, deadline_ns)
        ) from None
    finally:
        futexes.remove(waiter)
    return 0


def futex_key(task: Task, uaddr: int) -> FutexKey:
    """What names a futex: see get_futex_key. EINVAL, EFAULT."""
    if uaddr % 4:
        raise EINVAL("not the address of a word")
    if uaddr + 4 > task.mm.task_size:
        raise EFAULT
    return (task.mm, uaddr)


def signed(value: int) -> int:
    """The low 32 bits as an int."""
    return ((value & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
