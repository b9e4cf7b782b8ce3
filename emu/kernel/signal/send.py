"""Sending signals. See kill(2) and __send_signal_locked in kernel/signal.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN
from emu.kernel.signal.actions import DEFAULT, STOPS, sigmask
from emu.kernel.signal.pending import SigInfo
from emu.kernel.uapi.signal import SIG_IGN, SIGCONT, SIGKILL, SIGRTMIN

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.task import Task


def send_signal(
    task: Task, signal: int, info: SigInfo | None = None, *, to_thread: bool = False
) -> None:
    """Make a signal pending for a process, or for one thread of it, and wake the task for it.

    The number is the kernel's own; without `info` the kernel is the sender. EAGAIN when a
    real-time signal with a value finds the queue full (RLIMIT_SIGPENDING).
    """
    info = info or SigInfo.from_kernel(signal)
    signals = task.signals
    bit = sigmask(signal)
    if bit & STOPS:
        signals.flush(sigmask(SIGCONT))
    elif signal == SIGCONT:
        signals.flush(STOPS)
    if not signals.blocked & bit and signals.actions.ignores(signal):
        return
    room = len(signals.private.queue) + len(signals.shared.queue) < _queue_limit(task)
    if not room and signal >= SIGRTMIN and isinstance(info.code, int) and info.code < 0:
        raise EAGAIN("the signal queue is full")
    queue = signals.private if to_thread else signals.shared
    queue.add(info, room)
    if not signals.blocked & bit:
        wake_for_signals(task)


def kill_pgrp(kernel: Kernel, pgid: int, signal: int, info: SigInfo | None = None) -> int:
    """Send a signal to each process of a group, without asking anybody; answers how many."""
    members = [group for group in kernel.groups() if group.pgid == pgid and group.alive]
    for group in members:
        send_signal(group.leader, signal, info)
    return len(members)


def force_signal(task: Task, info: SigInfo) -> None:
    """Send a signal that must not be blocked or ignored, as faults do: force_sig_info."""
    signals = task.signals
    bit = sigmask(info.signal)
    if signals.blocked & bit or signals.actions[info.signal].handler == SIG_IGN:
        signals.actions[info.signal] = DEFAULT
        signals.blocked &= ~bit
    signals.private.add(info)
    wake_for_signals(task)


def wake_for_signals(task: Task) -> None:
    """Have the task look at its signals before it runs user code again."""
    task.work = True
    task.kernel.sched.interrupt(task)


def kill_task(task: Task) -> None:
    """SIGKILL from the kernel."""
    send_signal(task, SIGKILL)


def _queue_limit(task: Task) -> int:
    return task.rlimits["RLIMIT_SIGPENDING"][0]
