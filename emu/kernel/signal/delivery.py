"""Taking signals on the way back to user code. See get_signal in kernel/signal.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.family import is_orphaned_pgrp
from emu.kernel.job_control import stop_process
from emu.kernel.signal.actions import IGNORED_BY_DEFAULT, STOPS, sigmask
from emu.kernel.signal.numbers import signal_name
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import force_signal
from emu.kernel.uapi.signal import (
    SIG_DFL,
    SIG_IGN,
    SIGALRM,
    SIGBUS,
    SIGKILL,
    SIGNAL_NAMES,
    SIGSEGV,
    SIGSTOP,
)

if TYPE_CHECKING:
    from emu.arch.cpu import Fault
    from emu.kernel.task import Task


def deliver(task: Task) -> None:
    """Act on every pending signal that is not blocked, until none is left or the task ended.

    Differs from Linux, which the kernel's log says: a handler cannot run yet, so that the task
    dies as it does when Linux cannot build a signal frame.
    """
    while task.alive and not task.group.stop_signal:
        info = task.signals.dequeue()
        if info is None:
            return
        if info.signal == SIGALRM:
            task.signals.real_timer.signal_taken(task)
        action = task.signals.actions[info.signal]
        if action.handler == SIG_IGN:
            continue
        if task.kernel.tracer is not None and info.signal != SIGKILL:
            task.kernel.tracer.signal(task, info)
        if action.handler == SIG_DFL:
            _default_action(task, info.signal)
        else:
            _run_handler(task, info)


def force_fault(task: Task, fault: Fault) -> None:
    """Turn an exception of user code into its signal."""
    signal, code = SIGNAL_NAMES.index(fault.signal), fault.code
    if not code:
        signal, code = _page_fault_signal(task)
    force_signal(task, SigInfo(signal, code, address=fault.address))


def _page_fault_signal(task: Task) -> tuple[int, str]:
    """What the address space said when it refused the page."""
    answer = task.mm.last_fault_code
    if isinstance(answer, tuple):
        return SIGNAL_NAMES.index(answer[0]), answer[1]
    return (SIGBUS if answer.startswith("BUS") else SIGSEGV), answer


def _default_action(task: Task, signal: int) -> None:
    bit = sigmask(signal)
    if bit & IGNORED_BY_DEFAULT:
        return
    if bit & STOPS:
        # The terminal stops no group that nobody is left to continue.
        if signal == SIGSTOP or not is_orphaned_pgrp(task):
            stop_process(task, signal)
        return
    task.die(signal)


def _run_handler(task: Task, info: SigInfo) -> None:
    task.kernel.log(
        f"{task} has a handler for {signal_name(info.signal)}, and signal frames are not "
        "implemented: it dies of SIGSEGV"
    )
    task.die(SIGSEGV)
