"""Sending signals. See kill(2) and __send_signal_locked in kernel/signal.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN
from emu.kernel.signal.actions import DEFAULT, STOPS, sigmask
from emu.kernel.signal.pending import SigInfo
from emu.kernel.uapi.poll import POLLIN
from emu.kernel.uapi.signal import (
    SA_NOCLDSTOP,
    SIG_IGN,
    SIGCHLD,
    SIGCONT,
    SIGKILL,
    SIGRTMIN,
    SIGSEGV,
)

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.task import Task
    from emu.kernel.thread_group import ThreadGroup


def send_signal(
    task: Task, signal: int, info: SigInfo | None = None, *, to_thread: bool = False
) -> None:
    """Make a signal pending for a process, or for one thread of it, and wake who will take it.

    The number is the kernel's own; without `info` the kernel is the sender. EAGAIN when a
    real-time signal with a value finds the queue full (RLIMIT_SIGPENDING).
    """
    info = info or SigInfo.from_kernel(signal)
    signals, group = task.signals, task.group
    bit = sigmask(signal)
    if bit & STOPS:
        _flush(task, sigmask(SIGCONT))
    elif signal == SIGCONT:
        _flush(task, STOPS)
        continue_process(group)
        for thread in group.threads:
            if thread.ptrace is not None:
                thread.ptrace.group_continued()
    elif signal == SIGKILL and group.stop_signal:
        resume_process(group)
    traced = task.ptrace is not None and signal != SIGKILL  # a tracer sees ignored ones, too
    blocked = (signals.blocked | signals.real_blocked) & bit
    if not traced and not blocked and signals.actions.ignores(signal):
        if task.kernel.tracer is not None:
            task.kernel.tracer.ignored(task, info)
        return
    pending = len(signals.private.queue) + len(signals.shared.queue)
    room = info.source is not None or pending < _queue_limit(task)
    if not room and signal >= SIGRTMIN and isinstance(info.code, int) and info.code < 0:
        raise EAGAIN("the signal queue is full")
    queue = signals.private if to_thread else signals.shared
    queue.add(info, room)
    signals.actions.signalfd_wait.wake_up_all(POLLIN)
    taker = task if to_thread else _taker(task, bit)
    if taker is not None and taker.alive and not taker.signals.blocked & bit:
        wake_for_signals(taker)


def kill_pgrp(kernel: Kernel, pgid: int, signal: int, info: SigInfo | None = None) -> int:
    """Send a signal to each process of a group, without asking anybody; answers how many."""
    members = [group for group in kernel.groups() if group.pgid == pgid and group.alive]
    for group in members:
        send_signal(group.leader, signal, info)
    return len(members)


def continue_process(group: ThreadGroup) -> None:
    """Let a stopped process go on, and its parent know."""
    if group.stop_signal:
        resume_process(group)
        group.stop_to_report = 0
        group.continued_to_report = True
        tell_parent(group, "CLD_CONTINUED", SIGCONT)


def resume_process(group: ThreadGroup) -> None:
    """Let the threads of a process run again, without a word."""
    group.stop_signal = 0
    for thread in group.threads:
        if thread.call is None or thread.call.sleep is None:
            thread.kernel.sched.ready(thread)


def tell_parent(group: ThreadGroup, code: str, status: int) -> None:
    """Tell a process's parent that it stopped or goes on: see do_notify_parent_cldstop."""
    parent = group.leader.parent
    if parent is None:
        return
    tell_of_stop(parent, child_info(group, code, status))


def tell_of_stop(parent: Task, info: SigInfo) -> None:
    """Tell a parent or a tracer what stands or goes on, if it wants to know."""
    action = parent.signals.actions[SIGCHLD]
    if action.handler != SIG_IGN and not action.flags & SA_NOCLDSTOP:
        send_signal(parent, SIGCHLD, info)
    parent.group.wait_chldexit.wake_up_all()


def child_info(group: ThreadGroup, code: str, status: int) -> SigInfo:
    """What is told of a child that stopped or goes on; `status` is the signal."""
    leader = group.leader
    return SigInfo(SIGCHLD, code, pid=leader.tgid, uid=leader.cred.uid, status=status)


def force_signal(task: Task, info: SigInfo) -> None:
    """Send a signal that must not be blocked or ignored, as faults do: force_sig_info."""
    signals = task.signals
    bit = sigmask(info.signal)
    if signals.blocked & bit or signals.actions[info.signal].handler == SIG_IGN:
        signals.actions[info.signal] = DEFAULT
        signals.blocked &= ~bit
    signals.private.add(info)
    wake_for_signals(task)


def force_sigsegv(task: Task, signal: int) -> None:
    """What a handler's frame that cannot be written causes; SIGSEGV's own is the end."""
    if signal == SIGSEGV:
        task.signals.actions[SIGSEGV] = DEFAULT
    force_signal(task, SigInfo.from_kernel(SIGSEGV))


def wake_for_signals(task: Task) -> None:
    """Have the task look at its signals before it runs user code again."""
    task.work = True
    task.kernel.sched.interrupt(task)


def _taker(task: Task, bit: int) -> Task | None:
    """The thread that a process's signal wakes: the one asked for, or any that lets it through.

    See complete_signal.
    """
    for thread in (task, *task.group.threads):
        if thread.alive and not thread.signals.blocked & bit:
            return thread
    return None


def _flush(task: Task, signals: int) -> None:
    """Forget pending signals of a set, those of all threads."""
    task.signals.shared.flush(signals)
    for thread in task.group.threads:
        thread.signals.private.flush(signals)


def _queue_limit(task: Task) -> int:
    return task.rlimits["RLIMIT_SIGPENDING"][0]
