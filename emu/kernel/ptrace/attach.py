"""Who traces whom: how a trace begins. See ptrace_attach and ptrace_traceme in kernel/ptrace.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EIO, EPERM, ESRCH
from emu.kernel.ptrace.tracee import Tracee
from emu.kernel.ptrace_access import PTRACE_MODE_ATTACH, check_ptrace_access
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.capability import CAP_SYS_ADMIN
from emu.kernel.uapi.ptrace import PTRACE_O_MASK, PTRACE_O_SUSPEND_SECCOMP
from emu.kernel.uapi.signal import SIGSTOP

if TYPE_CHECKING:
    from emu.kernel.task import Task


def trace_me(task: Task) -> None:
    """Let the parent trace the caller. EPERM if somebody does, or if the parent is init."""
    if task.ptrace is not None:
        raise EPERM("already traced")
    if task.parent is None:
        raise EPERM("init traces nobody")
    Tracee.link(task, task.parent, seized=False)


def attach(task: Task, target: Task) -> None:
    """Trace a task and stop it. EPERM."""
    check_attach(task, target)
    tracee = Tracee.link(target, task, seized=False)
    send_signal(target, SIGSTOP, SigInfo.from_kernel(SIGSTOP), to_thread=True)
    if target.group.stop_signal:
        tracee.trap()


def seize(task: Task, target: Task, address: int, options: int) -> None:
    """Trace a task and let it run. EPERM, EIO."""
    if address or options & ~PTRACE_O_MASK:
        raise EIO("no such option")
    check_may_suspend(task, options)
    check_attach(task, target)
    tracee = Tracee.link(target, task, seized=True, options=options)
    if target.group.stop_signal:
        tracee.trap()


def check_may_suspend(task: Task, options: int) -> None:
    """EPERM for PTRACE_O_SUSPEND_SECCOMP by who may not put filters aside."""
    if options & PTRACE_O_SUSPEND_SECCOMP and (
        not task.cred.capable(CAP_SYS_ADMIN) or task.seccomp is not None
    ):
        raise EPERM("filters are put aside by who has CAP_SYS_ADMIN and no filters itself")


def check_attach(task: Task, target: Task) -> None:
    """EPERM unless a task may begin to trace another."""
    if target.tgid == task.tgid:
        raise EPERM("threads do not trace each other")
    check_ptrace_access(task, target, PTRACE_MODE_ATTACH)
    if not target.alive or target.ptrace is not None:
        raise EPERM("ended, or already traced")


def tracee_of(task: Task, target: Task, *, stopped: bool) -> Tracee:
    """A task that the caller traces, and that stands still if that is asked for. ESRCH."""
    tracee = target.ptrace
    if tracee is None or tracee.tracer is not task:
        raise ESRCH("not traced by the caller")
    if stopped and (tracee.stop is None or tracee.stop.listening or not target.alive):
        raise ESRCH("not stopped")
    return tracee
