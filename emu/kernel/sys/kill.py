"""Sending signals: kill(2), tgkill(2), rt_sigqueueinfo(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import Pid, StructArg, UserStruct
from emu.kernel.errno import EINVAL, EPERM, ESRCH
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import send_signal
from emu.kernel.signal.siginfo import unpack_siginfo
from emu.kernel.sys.kinds import Signal
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_KILL
from emu.kernel.uapi.signal import SI_TKILL, SI_USER, SIGCONT
from emu.record import replace

Siginfo = Annotated[UserStruct, StructArg(layout="siginfo")]

INT_MIN = -(1 << 31)


@syscall("sys_kill")
def kill(task: Task, pid: Pid, sig: Signal) -> int:
    """Send a signal to a process, a group, or everybody. See kill(2)."""
    if pid == INT_MIN:
        raise ESRCH("no group of this number")
    if pid > 0:
        found = task.kernel.tasks.get(pid)
        if found is None:
            raise ESRCH(f"no process {pid}")
        send_as(task, found, sig)
        return 0
    everyone = list(task.kernel.groups())
    if pid == -1:
        targets = [other.leader for other in everyone if other is not task.group]
    else:
        pgid = -pid or task.pgid
        targets = [other.leader for other in everyone if other.pgid == pgid]
    return send_to_all(task, targets, sig)


@syscall("sys_tkill")
def tkill(task: Task, pid: Pid, sig: Signal) -> int:
    """Send a signal to a thread. See tkill(2)."""
    if pid <= 0:
        raise EINVAL("a thread id is positive")
    return send_to_thread(task, 0, pid, sig)


@syscall("sys_tgkill")
def tgkill(task: Task, tgid: Pid, pid: Pid, sig: Signal) -> int:
    """Send a signal to a thread of a process. See tgkill(2)."""
    if pid <= 0 or tgid <= 0:
        raise EINVAL("ids are positive")
    return send_to_thread(task, tgid, pid, sig)


@syscall("sys_rt_sigqueueinfo")
def rt_sigqueueinfo(task: Task, pid: Pid, sig: Signal, uinfo: Siginfo) -> int:
    """Send a signal with a value. See rt_sigqueueinfo(2)."""
    info = read_siginfo(task, uinfo)
    if belongs_to_kernel(info) and pid != task.tgid:
        raise EPERM("the code belongs to the kernel")
    found = task.kernel.tasks.get(pid)
    if found is None:
        raise ESRCH(f"no process {pid}")
    send_as(task, found, sig, info)
    return 0


@syscall("sys_rt_tgsigqueueinfo")
def rt_tgsigqueueinfo(task: Task, tgid: Pid, pid: Pid, sig: Signal, uinfo: Siginfo) -> int:
    """Send a signal with a value to a thread. See rt_tgsigqueueinfo(2)."""
    info = read_siginfo(task, uinfo)
    if pid <= 0 or tgid <= 0:
        raise EINVAL("ids are positive")
    if belongs_to_kernel(info) and pid != task.pid:
        raise EPERM("the code belongs to the kernel")
    return send_to_thread(task, tgid, pid, sig, info)


def send_to_all(task: Task, targets: list[Task], sig: int) -> int:
    """Send to several; success if any got it. ESRCH, or the last error: __kill_pgrp_info."""
    error: EPERM | EINVAL | None = None
    sent = False
    for target in targets:
        try:
            send_as(task, target, sig)
            sent = True
        except (EPERM, EINVAL) as refused:
            error = refused
    if sent:
        return 0
    raise error or ESRCH("no process to signal")


def send_to_thread(task: Task, tgid: int, pid: int, sig: int, info: SigInfo | None = None) -> int:
    """Send to one thread, of a certain process unless `tgid` is 0. ESRCH."""
    found = task.kernel.tasks.get(pid)
    if found is None or (tgid and found.tgid != tgid):
        raise ESRCH(f"no thread {pid}")
    send_as(task, found, sig, info, to_thread=True)
    return 0


def send_as(
    task: Task, target: Task, sig: int, info: SigInfo | None = None, *, to_thread: bool = False
) -> None:
    """Send the caller's signal number, after the checks of check_kill_permission.

    `info` says more than who sent it; its signal does not count.
    """
    signal = signal_numbers(task.abi).decode(sig)
    if signal > signal_numbers(target.image_abi).count:
        raise EINVAL("the other ABI has no such signal")
    mine, theirs = task.cred, target.cred
    if not (
        target.tgid == task.tgid
        or mine.euid in (theirs.suid, theirs.uid)
        or mine.uid in (theirs.suid, theirs.uid)
        or mine.capable(CAP_KILL)
        or (signal == SIGCONT and target.sid == task.sid)
    ):
        raise EPERM("another user's process")
    if signal:
        if info is None:
            code = SI_TKILL if to_thread else SI_USER
            info = SigInfo(signal, code, pid=task.tgid, uid=mine.uid)
        else:
            info = replace(info, signal=signal)
        send_signal(target, signal, info, to_thread=to_thread)


def read_siginfo(task: Task, uinfo: UserStruct) -> SigInfo:
    """What a user's siginfo_t says; nothing in it is checked. EFAULT."""
    return read_numbered_siginfo(task, uinfo)[1]


def read_numbered_siginfo(task: Task, uinfo: UserStruct) -> tuple[int, SigInfo]:
    """The same with the signal's number, which the caller of another call gives besides. EFAULT."""
    raw = uinfo.mm.read(uinfo.address, uinfo.layout.size)
    number: int = uinfo.layout.unpack(raw)["si_signo"]
    return number, unpack_siginfo(task.abi, raw)


def belongs_to_kernel(info: SigInfo) -> bool:
    """Whether nobody may tell another of a signal with this code."""
    assert isinstance(info.code, int)
    return info.code >= 0 or info.code == SI_TKILL
