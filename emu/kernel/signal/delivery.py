"""Taking signals on the way back to user code. See get_signal in kernel/signal.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.family import is_orphaned_pgrp
from emu.kernel.job_control import stop_process
from emu.kernel.signal.actions import DUMPS_CORE, IGNORED_BY_DEFAULT, STOPS, Sigaction, sigmask
from emu.kernel.signal.fault_record import record_fault
from emu.kernel.signal.frame import setup_frame
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import force_signal, force_sigsegv
from emu.kernel.signal.state import AltStack
from emu.kernel.uapi.signal import (
    SA_NODEFER,
    SA_RESETHAND,
    SI_KERNEL,
    SIG_DFL,
    SIG_IGN,
    SIGBUS,
    SIGKILL,
    SIGNAL_NAMES,
    SIGSEGV,
    SIGSTOP,
    SS_AUTODISARM,
)
from emu.record import replace

if TYPE_CHECKING:
    from emu.arch.cpu import Fault
    from emu.kernel.task import Task


def deliver(task: Task) -> None:
    """Act on every pending signal that is not blocked, until none is left or the task ended.

    Of several handlers the last one's frame lies on top, so that it runs first. What a system
    call that a signal broke will answer is settled here, too.
    """
    if task.ptrace is not None:
        task.ptrace.deliver()
        return
    signals = task.signals
    while task.alive and not task.group.stop_signal:
        info = signals.dequeue()
        if info is None:
            no_handler(task)
            return
        act_on(task, info)
    task.work = task.alive  # stopped: the rest when it goes on


def act_on(task: Task, info: SigInfo) -> None:
    """Do what the process has chosen to do with a signal."""
    if info.immutable:
        _default_action(task, info)
        return
    action = task.signals.actions[info.signal]
    if action.handler == SIG_IGN:
        return
    if task.kernel.tracer is not None and info.signal != SIGKILL:
        task.kernel.tracer.signal(task, info)
    if action.handler == SIG_DFL:
        _default_action(task, info)
    else:
        _run_handler(task, info, action)


def fatal_signal(task: Task, info: SigInfo) -> int:
    """The status that a signal ends its process with; 0 if it does not."""
    bit = sigmask(info.signal)
    ends = task.signals.actions[info.signal].handler == SIG_DFL
    return info.signal if ends and not bit & (IGNORED_BY_DEFAULT | STOPS) else 0


def force_fault(task: Task, fault: Fault) -> None:
    """Turn an exception of user code into its signal."""
    signal, code = SIGNAL_NAMES.index(fault.signal), fault.code
    if not code:
        signal, code = _page_fault_signal(task)
    record_fault(task, fault, code)
    force_signal(task, SigInfo(signal, number_or_name(code), address=fault.address))


def number_or_name(code: str) -> int | str:
    """SI_KERNEL is no code of one signal."""
    return SI_KERNEL if code == "SI_KERNEL" else code


def _page_fault_signal(task: Task) -> tuple[int, str]:
    """What the address space said when it refused the page."""
    answer = task.mm.last_fault_code
    if isinstance(answer, tuple):
        return SIGNAL_NAMES.index(answer[0]), answer[1]
    return (SIGBUS if answer.startswith("BUS") else SIGSEGV), answer


def _default_action(task: Task, info: SigInfo) -> None:
    signal = info.signal
    bit = sigmask(signal)
    if bit & IGNORED_BY_DEFAULT:
        return
    if bit & STOPS:
        # The terminal stops no group that nobody is left to continue.
        if signal == SIGSTOP or not is_orphaned_pgrp(task):
            stop_process(task, signal)
        return
    task.die(signal, bool(bit & DUMPS_CORE) and _dump_core(task, info))


def _dump_core(task: Task, info: SigInfo) -> bool:
    """Whether a core file was written; without a limit that allows one it is not tried."""
    if not task.rlimits["RLIMIT_CORE"][0]:
        return False
    from emu.kernel.coredump.dump import do_coredump

    return do_coredump(task, info)


def _run_handler(task: Task, info: SigInfo, action: Sigaction) -> None:
    """See handle_signal and signal_delivered."""
    signals = task.signals
    if action.flags & SA_RESETHAND:
        signals.actions[info.signal] = replace(action, handler=SIG_DFL)
    _settle_call(task, action)
    task.restarts = False  # the handler's own calls are none of it
    if not setup_frame(task, info, action):
        force_sigsegv(task, info.signal)
        return
    signals.saved_blocked = None
    own = 0 if action.flags & SA_NODEFER else sigmask(info.signal)
    signals.block_only(signals.blocked | action.mask | own)
    if signals.altstack.flags & SS_AUTODISARM:
        signals.altstack = AltStack()


def no_handler(task: Task) -> None:
    """Nothing more to take: a call that was broken for nothing goes on."""
    _settle_call(task, None)
    signals = task.signals
    if signals.saved_blocked is not None:
        signals.restore_blocked()
        task.work = bool(signals.deliverable)


def _settle_call(task: Task, action: Sigaction | None) -> None:
    settle, task.interrupted = task.interrupted, None
    if settle is not None:
        settle(action)
