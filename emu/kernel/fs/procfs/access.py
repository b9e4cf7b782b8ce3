"""Who may see what of a process: the checks and owners of /proc/PID. See fs/proc/base.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EACCES, ENOENT, EPERM, ESRCH
from emu.kernel.ptrace_access import (
    PTRACE_MODE_ATTACH,
    PTRACE_MODE_FSCREDS,
    PTRACE_MODE_READ,
    SUID_DUMP_USER,
    check_ptrace_access,
)
from emu.kernel.uapi.stat import S_IFDIR

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.task import Task

_WORLD_DIRECTORY = S_IFDIR | 0o555


def current_of(kernel: Kernel) -> Task:
    """Who asks. ENOENT before any task runs."""
    task = kernel.sched.current
    if task is None:
        raise ENOENT("no task is running")
    return task


def is_gone(task: Task) -> bool:
    """Whether a task has ended and nobody waits for it any more."""
    return task.kernel.tasks.get(task.pid) is not task


def present(task: Task) -> Task:
    """The task itself. ESRCH once it is gone."""
    if is_gone(task):
        raise ESRCH
    return task


def mm_of(task: Task) -> AddressSpace | None:
    """A task's memory; one that ended has none."""
    return task.mm if task.alive else None


def dump_owner(task: Task, mode: int) -> tuple[int, int]:
    """Who owns a file of /proc/PID: see task_dump_owner.

    The process itself, or root where it holds what the process's user may not see.
    """
    if mode != _WORLD_DIRECTORY and task.attributes.dumpable != SUID_DUMP_USER:
        return 0, 0
    return task.cred.euid, task.cred.egid


def may_read(task: Task) -> bool:
    """Whether who asks may look into a task, by the ids of file access."""
    return _may(task, PTRACE_MODE_READ | PTRACE_MODE_FSCREDS)


def require_read(task: Task) -> None:
    """EACCES unless who asks may look into a task."""
    if not may_read(task):
        raise EACCES("it may not be looked into")


def require_attach(task: Task) -> None:
    """EPERM unless who asks could trace a task."""
    if not _may(task, PTRACE_MODE_ATTACH | PTRACE_MODE_FSCREDS):
        raise EPERM("it may not be traced")


def _may(task: Task, mode: int) -> bool:
    try:
        check_ptrace_access(current_of(task.kernel), task, mode)
    except EPERM:
        return False
    return True
