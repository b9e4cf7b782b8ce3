"""Counters to wait for: eventfd(2), eventfd2(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import FlagsArg, UInt
from emu.kernel.errno import EINVAL
from emu.kernel.fs.eventfd import create_eventfd
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.eventfd import EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE, EVENTFD_FLAGS
from emu.kernel.vfs.fdtable import fd_install

EventfdFlags = Annotated[int, FlagsArg(family=EVENTFD_FLAGS)]


@syscall("sys_eventfd")
def eventfd(task: Task, count: UInt) -> int:
    """Make an eventfd. See eventfd(2)."""
    return eventfd2(task, count, 0)


@syscall("sys_eventfd2")
def eventfd2(task: Task, count: UInt, flags: EventfdFlags) -> int:
    """Make an eventfd, with flags. See eventfd2(2)."""
    if flags & ~(EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE):
        raise EINVAL("unknown flag")
    file = create_eventfd(task, count, bool(flags & EFD_SEMAPHORE), flags & EFD_NONBLOCK)
    return fd_install(task, file, cloexec=bool(flags & EFD_CLOEXEC))
