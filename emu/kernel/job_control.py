"""Stopping processes. What continues them is in `emu.kernel.signal.send`: it happens at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.signal.send import tell_parent

if TYPE_CHECKING:
    from emu.kernel.task import Task


def stop_process(task: Task, signal: int) -> None:
    """Stop all threads of a task's process; they run no more until it is continued.

    See do_signal_stop in kernel/signal.c.
    """
    group = task.group
    if group.exit_status is None:
        group.stop_signal = group.stop_to_report = signal
        group.continued_to_report = False
        tracer = task.kernel.tracer
        for thread in group.threads:
            if tracer is not None:
                tracer.stopped(thread, signal)
            if thread.ptrace is not None:
                thread.ptrace.trap()
        if group.leader.ptrace is None or not group.leader.ptrace.is_own_child:
            tell_parent(group, "CLD_STOPPED", signal)
