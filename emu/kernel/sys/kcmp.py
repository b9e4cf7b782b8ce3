"""kcmp(2): whether two processes share something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from emu.kernel.args import FlagFamily, FlagsArg, Pid, ULong
from emu.kernel.errno import EBADF, EINVAL, EOPNOTSUPP, ESRCH
from emu.kernel.ptrace_access import PTRACE_MODE_READ, check_ptrace_access
from emu.kernel.syscall import syscall
from emu.kernel.task import Task

KCMP_FILE = 0
KCMP_EPOLL_TFD = 7
KINDS: tuple[tuple[str, Callable[[Task], object]], ...] = (
    ("KCMP_FILE", lambda task: None),
    ("KCMP_VM", lambda task: task.mm),
    ("KCMP_FILES", lambda task: task.files),
    ("KCMP_FS", lambda task: task.fs),
    ("KCMP_SIGHAND", lambda task: task.signals.actions),
    ("KCMP_IO", lambda task: None),  # nobody has an I/O context
    ("KCMP_SYSVSEM", lambda task: task.attributes.sem_undo),
    ("KCMP_EPOLL_TFD", lambda task: None),
)
"""What is compared, at its number."""

KCMP_TYPE = FlagFamily(
    "kcmp type", tuple((name, number) for number, (name, _) in enumerate(KINDS)), is_number=True
)
KcmpType = Annotated[int, FlagsArg(signed=True, family=KCMP_TYPE)]


@syscall("sys_kcmp", missing="KCMP_EPOLL_TFD")
def kcmp(task: Task, pid1: Pid, pid2: Pid, type: KcmpType, idx1: ULong, idx2: ULong) -> int:
    """0 if two processes share something; 1 or 2 for an order between what they have. See kcmp(2).

    EOPNOTSUPP for the files of an epoll.
    """
    found = [task.kernel.tasks.get(pid) for pid in (pid1, pid2)]
    one, two = found
    if one is None or two is None or not one.alive or not two.alive:
        raise ESRCH("no such process")
    for other in (one, two):
        check_ptrace_access(task, other, PTRACE_MODE_READ)
    if not 0 <= type < len(KINDS):
        raise EINVAL("nothing to compare")
    if type == KCMP_EPOLL_TFD:
        raise EOPNOTSUPP("the files of an epoll cannot be compared")
    if type == KCMP_FILE:
        first, second = one.files.get(idx1), two.files.get(idx2)
        if first is None or second is None:
            raise EBADF("not open")
        if first is second:
            return 0
        return 1 if file_rank(task, first) < file_rank(task, second) else 2
    _, of = KINDS[type]
    if of(one) is of(two):
        return 0
    return 1 if rank(task, of, of(one)) < rank(task, of, of(two)) else 2


def rank(task: Task, of: Callable[[Task], object], wanted: object) -> int:
    """An order of things that depends on nothing but who has them: the lowest such id."""
    if wanted is None:
        return 0
    return min(t.pid for t in task.kernel.tasks.values() if t.alive and of(t) is wanted)


def file_rank(task: Task, wanted: object) -> tuple[int, int]:
    """The same for open files: the first descriptor of the lowest process."""
    return min(
        (t.pid, fd)
        for t in task.kernel.tasks.values()
        if t.alive
        for fd in t.files.descriptors()
        if t.files.get(fd) is wanted
    )
