"""Priorities of input and output: ioprio_get(2), ioprio_set(2). Noted, and obeyed by nobody."""

from __future__ import annotations

from emu.kernel.args import Int
from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.sys.sched import owns, tasks_of
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_SYS_ADMIN, CAP_SYS_NICE

IOPRIO_CLASS_SHIFT = 13
IOPRIO_LEVEL_MASK = 7
IOPRIO_CLASS_NONE, IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE = range(4)
IOPRIO_WHO_PROCESS = 1


@syscall("sys_ioprio_set", missing="classes are kept; nothing is ordered by them")
def ioprio_set(task: Task, which: Int, who: Int, ioprio: Int) -> int:
    """Note the priority of some tasks. See ioprio_set(2); hints are not looked at."""
    check_ioprio(task, ioprio)
    for other in who_is_meant(task, which, who):
        if not owns(task, other):
            raise EPERM("another user's process")
        other.scheduling.ioprio = ioprio
    return 0


@syscall("sys_ioprio_get")
def ioprio_get(task: Task, which: Int, who: Int) -> int:
    """Tell the best priority of some tasks. See ioprio_get(2)."""
    return min((other.scheduling.ioprio for other in who_is_meant(task, which, who)), key=best)


def who_is_meant(task: Task, which: int, who: int) -> list[Task]:
    """The tasks: numbered from 1, else as getpriority(2) has them. EINVAL, ESRCH."""
    return tasks_of(task, which - IOPRIO_WHO_PROCESS, who)


def check_ioprio(task: Task, ioprio: int) -> None:
    """EINVAL for no priority, EPERM for the real-time class. See ioprio_check_cap."""
    kind = ioprio >> IOPRIO_CLASS_SHIFT
    if kind == IOPRIO_CLASS_RT:
        if not (task.cred.capable(CAP_SYS_ADMIN) or task.cred.capable(CAP_SYS_NICE)):
            raise EPERM("the real-time class needs CAP_SYS_NICE")
    elif kind == IOPRIO_CLASS_NONE:
        if ioprio & IOPRIO_LEVEL_MASK:
            raise EINVAL("a level without a class")
    elif kind not in (IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE):
        raise EINVAL("no class of priorities")


def best(ioprio: int) -> tuple[int, int]:
    """The order of priorities: no class counts as best effort. See ioprio_best."""
    return (ioprio >> IOPRIO_CLASS_SHIFT or IOPRIO_CLASS_BE, ioprio)
