"""Waiting for children: wait4(2), waitpid(2), waitid(2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from emu.kernel.args import (
    UNKNOWN_FLAG,
    FlagFamily,
    FlagsArg,
    Pid,
    StructArg,
    UserStruct,
)
from emu.kernel.errno import EAGAIN, EINVAL, ESRCH
from emu.kernel.fs.pidfd import pidfd_task
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.sys.kinds import OutInt
from emu.kernel.sys.sysinfo import write_rusage
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import O_NONBLOCK
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
from emu.kernel.wait_children import Waited, do_wait

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
INT_MIN = -(1 << 31)

Wants = Callable[[Task], bool]


@syscall("sys_wait4", "compat_sys_wait4")
async def wait4(
    task: Task, upid: Pid, stat_addr: OutInt, options: WaitOptions, ru: OutRusage
) -> int:
    """Wait for a child to end, stop or continue. See wait4(2)."""
    check_wait_options(options, WAIT4_OPTIONS)
    waited = await do_wait(task, children_of_pid(task, upid), options | WEXITED)
    if waited is None:
        return 0
    if stat_addr:
        task.mm.write_u32(stat_addr, status_for(task, waited.status))
    if ru:
        write_rusage(task, ru, waited.cpu_time_ns, waited.maxrss)
    return waited.pid


@syscall("sys_waitpid")
async def waitpid(task: Task, pid: Pid, stat_addr: OutInt, options: WaitOptions) -> int:
    """Wait for a child to end, stop or continue. See waitpid(2)."""
    check_wait_options(options, WAIT4_OPTIONS)
    waited = await do_wait(task, children_of_pid(task, pid), options | WEXITED)
    if waited is None:
        return 0
    if stat_addr:
        task.mm.write_u32(stat_addr, status_for(task, waited.status))
    return waited.pid


@syscall("sys_waitid", "compat_sys_waitid")
async def waitid(
    task: Task, which: IdType, upid: Pid, infop: OutSiginfo, options: WaitOptions, ru: OutRusage
) -> int:
    """Wait for a child, and tell of it in a siginfo_t. See waitid(2)."""
    check_wait_options(options, WAITID_OPTIONS)
    if not options & (WEXITED | WSTOPPED | WCONTINUED):
        raise EINVAL("nothing to wait for")
    wants = children_of_id(task, which, upid)
    impatient = which == P_PIDFD and task.files[upid].flags & O_NONBLOCK
    waited = await do_wait(task, wants, options | (WNOHANG if impatient else 0))
    if waited is None and impatient and not options & WNOHANG:
        raise EAGAIN("nothing happened yet")
    if waited is not None and ru:
        write_rusage(task, ru, waited.cpu_time_ns, waited.maxrss)
    if infop:
        write_child_info(task, infop, waited)
    return 0


def check_wait_options(options: int, known: int) -> None:
    """EINVAL if there is an option outside a set."""
    if options & (UNKNOWN_FLAG | ~known):
        raise EINVAL("unknown wait option")


def children_of_pid(task: Task, pid: int) -> Wants:
    """Whom a wait4(2) pid means. ESRCH for the one number without a group."""
    if pid == INT_MIN:
        raise ESRCH("no process group of this number")
    if pid == -1:
        return lambda child: True
    if pid > 0:
        return lambda child: child.pid == pid
    pgid = -pid or task.pgid
    return lambda child: child.pgid == pgid


def children_of_id(task: Task, which: int, number: int) -> Wants:
    """Whom a waitid(2) id means. EINVAL, EBADF."""
    if which == P_ALL:
        return lambda child: True
    if which == P_PID and number > 0:
        return lambda child: child.pid == number
    if which == P_PGID and number >= 0:
        pgid = number or task.pgid
        return lambda child: child.pgid == pgid
    if which == P_PIDFD and number >= 0:
        meant = pidfd_task(task.files[number])
        return lambda child: child is child.group.leader and child.group is meant.group
    raise EINVAL("no such kind of id")


def status_for(task: Task, status: int) -> int:
    """A wait status in the caller's own signal numbers."""
    encode = signal_numbers(task.abi).encode
    if status == 0xFFFF:  # continued
        return status
    if status & 0x7F == 0x7F:
        return stop_status(task, status >> 8) << 8 | 0x7F
    return status & ~0x7F | encode(status & 0x7F)


def stop_status(task: Task, status: int) -> int:
    """A stop's signal in the caller's numbers, with what marks a tracee's stops."""
    return signal_numbers(task.abi).encode(status & 0x7F) | status & ~0x7F


def write_child_info(task: Task, infop: UserStruct, waited: Waited | None) -> None:
    """Set what waitid sets of the caller's siginfo_t: zeros if nothing happened. EFAULT."""
    if waited is None:
        fields = {"si_signo": 0, "si_errno": 0, "si_code": 0}
        child = {"_pid": 0, "_uid": 0, "_status": 0}
    else:
        info = waited.info
        numbers, codes = signal_numbers(task.abi), task.abi.constants
        exited = info.code == "CLD_EXITED"
        assert isinstance(info.code, str)
        fields = {
            "si_signo": numbers.encode(info.signal), "si_errno": 0,
            "si_code": codes[info.code],
        }  # fmt: skip
        status = info.status if exited else stop_status(task, info.status)
        child = {"_pid": info.pid, "_uid": info.uid, "_status": status}
    raw = bytearray(task.mm.read(infop.address, infop.layout.size))
    infop.layout.pack_into(raw, 0, {**fields, "_sifields": {"_sigchld": child}})
    infop.write_bytes(bytes(raw))
