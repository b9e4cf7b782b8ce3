"""What becomes of a call that filters do not simply allow. See __seccomp_filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from emu.kernel.exit import do_exit
from emu.kernel.restart import RolledBack, WantsTracer
from emu.kernel.seccomp.filter import Verdict
from emu.kernel.seccomp.log import SeccompLog
from emu.kernel.signal.actions import DEFAULT
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import force_signal
from emu.kernel.uapi.ptrace import PTRACE_EVENT_SECCOMP, PTRACE_O_SUSPEND_SECCOMP
from emu.kernel.uapi.seccomp import (
    SECCOMP_RET_DATA,
    SECCOMP_RET_ERRNO,
    SECCOMP_RET_KILL_THREAD,
    SECCOMP_RET_LOG,
    SECCOMP_RET_TRACE,
    SECCOMP_RET_TRAP,
    SECCOMP_RET_USER_NOTIF,
)
from emu.kernel.uapi.signal import SIGKILL, SIGSYS
from emu.record import replace

if TYPE_CHECKING:
    from emu.kernel.task import Task

MAX_ERRNO = 4095


class FilteredCall(NamedTuple):
    """A call as filters see it."""

    nr: int
    arch: int


def passes(task: Task, call: FilteredCall, verdict: Verdict) -> bool:
    """Whether the call is made all the same. `WantsTracer` if the tracer is to decide."""
    action = verdict.action
    if is_suspended(task):
        return True
    if action == SECCOMP_RET_LOG:
        _log(task, call, verdict)
        return True
    assert task.seccomp is not None
    if action == SECCOMP_RET_TRACE:
        if task.seccomp.rechecks:
            return True
        if task.ptrace is not None and task.ptrace.wants(PTRACE_EVENT_SECCOMP):
            raise WantsTracer(verdict.value & SECCOMP_RET_DATA)
    return False


def is_suspended(task: Task) -> bool:
    """Whether the tracer has put all filters aside: PTRACE_O_SUSPEND_SECCOMP."""
    return task.ptrace is not None and bool(task.ptrace.options & PTRACE_O_SUSPEND_SECCOMP)


def is_notified(verdict: Verdict) -> bool:
    """Whether the filter's listener is to be asked. Without one the call answers ENOSYS."""
    asked = verdict.action == SECCOMP_RET_USER_NOTIF
    return asked and verdict.by is not None and verdict.by.listener is not None


def refuse(task: Task, call: FilteredCall, verdict: Verdict) -> int:
    """Do what the filter wants instead of the call: its result. `RolledBack` if it has none."""
    data = verdict.value & SECCOMP_RET_DATA
    action = verdict.action
    if action == SECCOMP_RET_ERRNO:
        _log(task, call, verdict)
        return -min(data, MAX_ERRNO)
    if action in (SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF):  # and nobody is there
        _log(task, call, verdict)
        return -task.abi.errno["ENOSYS"]
    info = SigInfo(
        SIGSYS, "SYS_SECCOMP", errno=data, address=task.cpu.pc, syscall=call.nr,
        audit_arch=call.arch,
    )  # fmt: skip
    if action == SECCOMP_RET_TRAP:
        _log(task, call, verdict)
        force_signal(task, info)
        raise RolledBack
    _log(task, call, verdict, SIGSYS)
    if action == SECCOMP_RET_KILL_THREAD and len(task.group.threads) > 1:
        do_exit(task, SIGSYS)
    else:
        task.signals.actions[SIGSYS] = DEFAULT
        force_signal(task, replace(info, immutable=True))
    raise RolledBack


def kill_strict(task: Task, call: FilteredCall) -> int:
    """End a thread that is in strict mode and made another call than those few."""
    task.kernel.part(SeccompLog).tell(
        task, SECCOMP_RET_KILL_THREAD, call.nr, call.arch, SIGKILL, requested=True
    )
    do_exit(task, SIGKILL)
    raise RolledBack


def _log(task: Task, call: FilteredCall, verdict: Verdict, signal: int = 0) -> None:
    requested = verdict.by is not None and verdict.by.log
    log = task.kernel.part(SeccompLog)
    log.tell(task, verdict.action, call.nr, call.arch, signal, requested)
