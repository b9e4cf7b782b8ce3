"""Ending, and waiting for children: exit_group(2), wait4(2), waitid(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import (
    UNKNOWN_FLAG,
    FlagFamily,
    FlagsArg,
    Int,
    Pid,
    Pointer,
    StructArg,
    UserStruct,
)
from emu.kernel.errno import ECHILD, EINVAL, ENOSYS
from emu.kernel.sys.kinds import OutInt
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.wait import (
    P_ALL,
    P_PGID,
    P_PID,
    P_PIDFD,
    WAIT_OPTIONS,
    WALL,
    WCLONE,
    WCONTINUED,
    WEXITED,
    WNOHANG,
    WNOTHREAD,
    WNOWAIT,
    WSTOPPED,
    WUNTRACED,
)

WaitOptions = Annotated[int, FlagsArg(family=WAIT_OPTIONS)]
OutRusage = Annotated[UserStruct, StructArg(layout="rusage", out=True)]
OutSiginfo = Annotated[UserStruct, StructArg(layout="siginfo", out=True)]
ID_TYPES = FlagFamily(
    "id type",
    (("P_ALL", P_ALL), ("P_PID", P_PID), ("P_PGID", P_PGID), ("P_PIDFD", P_PIDFD)),
    is_number=True,
)
IdType = Annotated[int, FlagsArg(signed=True, family=ID_TYPES)]

WAIT4_OPTIONS = WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WCLONE | WALL
WAITID_OPTIONS = WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | WNOTHREAD | WCLONE | WALL


@syscall("sys_exit")
def exit(task: Task, error_code: Int) -> int:
    """End the thread. See _exit(2)."""
    task.exit(error_code)
    return 0


@syscall("sys_exit_group")
def exit_group(task: Task, error_code: Int) -> int:
    """End the process. See exit_group(2)."""
    task.exit(error_code)
    return 0


@syscall("sys_wait4")
def wait4(task: Task, upid: Pid, stat_addr: OutInt, options: WaitOptions, ru: OutRusage) -> int:
    """Wait for a child: ECHILD, since there are none yet. See wait4(2)."""
    check_wait_options(options, WAIT4_OPTIONS)
    return _wait(task)


@syscall("sys_waitpid")
def waitpid(task: Task, pid: Pid, stat_addr: OutInt, options: WaitOptions) -> int:
    """Wait for a child: ECHILD, since there are none yet. See waitpid(2)."""
    check_wait_options(options, WAIT4_OPTIONS)
    return _wait(task)


@syscall("sys_waitid")
def waitid(
    task: Task, which: IdType, upid: Pid, infop: OutSiginfo, options: WaitOptions, ru: Pointer
) -> int:
    """Wait for a child: ECHILD, since there are none yet. See waitid(2)."""
    check_wait_options(options, WAITID_OPTIONS)
    if not options & (WEXITED | WSTOPPED | WCONTINUED):
        raise EINVAL("nothing to wait for")
    if not P_ALL <= which <= P_PIDFD:
        raise EINVAL("no such kind of id")
    return _wait(task)


def check_wait_options(options: int, known: int) -> None:
    """EINVAL if there is an option outside a set."""
    if options & (UNKNOWN_FLAG | ~known):
        raise EINVAL("unknown wait option")


def _wait(task: Task) -> int:
    if task.children:
        raise ENOSYS("waiting for children is not supported")
    raise ECHILD
