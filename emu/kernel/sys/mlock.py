"""Locking memory: mlock(2), mlock2(2), munlock(2), mlockall(2), munlockall(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import FlagsArg, Pointer, Size
from emu.kernel.errno import EINVAL
from emu.kernel.mm.lock import do_mlock, do_mlockall, do_munlock, do_munlockall
from emu.kernel.sys.mmap import may_lock
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.mman import MLOCK2, MLOCK_ONFAULT, MLOCKALL

Mlock2Flags = Annotated[int, FlagsArg(family=MLOCK2)]
MlockallFlags = Annotated[int, FlagsArg(family=MLOCKALL)]


@syscall("sys_mlock")
def mlock(task: Task, start: Pointer, len: Size) -> int:
    """Lock memory. See mlock(2)."""
    do_mlock(task.mm, start, len, False, may_lock(task))
    return 0


@syscall("sys_mlock2")
def mlock2(task: Task, start: Pointer, len: Size, flags: Mlock2Flags) -> int:
    """Lock memory, with MLOCK_ONFAULT when it is used. See mlock2(2)."""
    if flags & ~MLOCK_ONFAULT:
        raise EINVAL("unknown flags")
    do_mlock(task.mm, start, len, bool(flags & MLOCK_ONFAULT), may_lock(task))
    return 0


@syscall("sys_munlock")
def munlock(task: Task, start: Pointer, len: Size) -> int:
    """Unlock memory. See munlock(2)."""
    do_munlock(task.mm, start, len)
    return 0


@syscall("sys_mlockall")
def mlockall(task: Task, flags: MlockallFlags) -> int:
    """Lock all memory. See mlockall(2)."""
    do_mlockall(task.mm, flags, may_lock(task))
    return 0


@syscall("sys_munlockall")
def munlockall(task: Task) -> int:
    """Unlock all memory. See munlockall(2)."""
    do_munlockall(task.mm)
    return 0
