"""The newer futex calls: futex_waitv(2), futex_wait, futex_wake and futex_requeue.

See kernel/futex/syscalls.c.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

from emu.kernel.args import FlagFamily, FlagsArg, Int, Pointer, StructArg, UInt, ULong, UserStruct
from emu.kernel.clock import KTIME_MAX
from emu.kernel.deadline import Deadline
from emu.kernel.errno import EINVAL
from emu.kernel.futex.key import futex_key
from emu.kernel.futex.wait import FutexWord, futex_wait, futex_wait_multiple
from emu.kernel.sys.clock import ClockId, InTimespec, read_timespec
from emu.kernel.sys.futex import requeue
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.futex import (
    FUTEX2_PRIVATE,
    FUTEX2_SIZE_MASK,
    FUTEX2_SIZE_U32,
    FUTEX_WAITV_MAX,
)
from emu.kernel.uapi.time import CLOCK_MONOTONIC, CLOCK_REALTIME

FUTEX2_FLAGS = FlagFamily(
    "futex2 flags",
    (("FUTEX2_SIZE_U32", FUTEX2_SIZE_U32), ("FUTEX2_PRIVATE", FUTEX2_PRIVATE)),
    mask=FUTEX2_SIZE_MASK,
)
Futex2Flags = Annotated[int, FlagsArg(family=FUTEX2_FLAGS)]
Waiters = Annotated[UserStruct, StructArg(layout="futex_waitv")]


@syscall("sys_futex_waitv")
def futex_waitv(
    task: Task,
    waiters: Waiters,
    nr_futexes: UInt,
    flags: UInt,
    timeout: InTimespec,
    clockid: ClockId,
) -> int | Awaitable[int]:
    """Sleep on several words: the index of one that was woken. See futex_waitv(2)."""
    if flags:
        raise EINVAL("there are no flags")
    if not 0 < nr_futexes <= FUTEX_WAITV_MAX or not waiters:
        raise EINVAL("no words, or too many")
    deadline = read_deadline(task, timeout, clockid)
    return futex_wait_multiple(task, read_waiters(waiters, nr_futexes), deadline)


@syscall("sys_futex_wait")
def wait(
    task: Task,
    uaddr: Pointer,
    val: ULong,
    mask: ULong,
    flags: Futex2Flags,
    timeout: InTimespec,
    clockid: ClockId,
) -> int | Awaitable[int]:
    """Sleep on a word until a deadline, as FUTEX_WAIT_BITSET."""
    shared = check_flags(flags)
    if (val | mask) >> 32:
        raise EINVAL("wider than the word")
    deadline = read_deadline(task, timeout, clockid)
    return futex_wait(task, FutexWord(uaddr, shared, val), deadline, mask)


@syscall("sys_futex_wake")
def wake(task: Task, uaddr: Pointer, mask: ULong, nr: Int, flags: Futex2Flags) -> int:
    """Wake sleepers of a word, as FUTEX_WAKE_BITSET; but 0 is none."""
    shared = check_flags(flags)
    if mask >> 32 or not mask:
        raise EINVAL("an empty bitset, or one wider than the word")
    key = futex_key(task.mm, uaddr, shared=shared)
    return task.kernel.futexes.wake(key, nr, mask) if nr else 0


@syscall("sys_futex_requeue")
def futex_requeue(task: Task, waiters: Waiters, flags: UInt, nr_wake: Int, nr_requeue: Int) -> int:
    """Wake sleepers of the first of two words and move others to the second."""
    if flags or not waiters:
        raise EINVAL("there are no flags; two words are needed")
    word, other = read_waiters(waiters, 2)
    return requeue(task, word, other, nr_wake, nr_requeue, compare=True)


def read_waiters(waiters: UserStruct, count: int) -> list[FutexWord]:
    """A user's array of struct futex_waitv. EFAULT, EINVAL."""
    layout = waiters.layout
    words = []
    for index in range(count):
        raw = waiters.mm.read(waiters.address + index * layout.size, layout.size)
        given = layout.unpack(raw)
        if given["__reserved"]:
            raise EINVAL("the reserved member is used")
        shared = check_flags(given["flags"])
        if given["val"] >> 32:
            raise EINVAL("wider than the word")
        words.append(FutexWord(given["uaddr"], shared, given["val"]))
    return words


def check_flags(flags: int) -> bool:
    """Whether a word is to be named as shared. EINVAL for flags or sizes that do not exist."""
    if flags & ~(FUTEX2_SIZE_MASK | FUTEX2_PRIVATE):
        raise EINVAL("unknown flags")
    if flags & FUTEX2_SIZE_MASK != FUTEX2_SIZE_U32:
        raise EINVAL("a word has 32 bits")
    return not flags & FUTEX2_PRIVATE


def read_deadline(task: Task, timeout: InTimespec, clockid: int) -> Deadline | None:
    """When a wait ends. EFAULT, EINVAL. The clock counts only where there is a timeout."""
    if not timeout:
        return None
    if clockid not in (CLOCK_REALTIME, CLOCK_MONOTONIC):
        raise EINVAL("not a clock to wait on")
    return Deadline(min(read_timespec(task, timeout), KTIME_MAX), clockid == CLOCK_REALTIME)
