"""Tracees that ended: who is told, and who waits for them first. See exit_notify."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.family import exit_info, notify_parent, release_task
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.signal import SA_NOCLDWAIT, SIG_IGN, SIGCHLD

if TYPE_CHECKING:
    from emu.kernel.task import Task


def tell_tracer(task: Task) -> bool:
    """Tell a tracee's tracer that it ended; whether the tracer will wait for it."""
    tracee = task.ptrace
    assert tracee is not None
    tracer = tracee.tracer
    action = tracer.signals.actions[SIGCHLD]
    if action.handler != SIG_IGN:
        send_signal(tracer, SIGCHLD, exit_info(task))
    tracer.group.wait_chldexit.wake_up_all()
    if action.handler == SIG_IGN or action.flags & SA_NOCLDWAIT:
        tracee.unlink()
        return False
    return True


def is_own_child(task: Task) -> bool:
    """Whether a tracee's tracer is also its parent: then who waits for it waits once."""
    tracee = task.ptrace
    return (
        tracee is not None
        and task.parent is not None
        and (tracee.tracer.group is task.parent.group)
    )


def delays_leader(leader: Task) -> bool:
    """Whether a process's end is not told yet: threads of it live, or are to be waited for."""
    tracee = leader.ptrace
    assert tracee is not None
    group = leader.group
    if group.leader is not leader:
        return False
    others = [other for other in tracee.tracer.tracees if other is not leader]
    return bool(group.threads) or any(other.group is group for other in others)


def reap(task: Task) -> None:
    """The tracer has waited for an ended tracee: it is gone, or its parent's turn has come."""
    own_child = is_own_child(task)
    assert task.ptrace is not None
    tracer = task.ptrace.tracer
    task.ptrace.unlink()
    let_go(task, told=own_child)
    tracer.group.wait_chldexit.wake_up_all()


def let_go(task: Task, *, told: bool = False) -> None:
    """Nobody traces an ended task any more; its parent was `told` of the end, or is now."""
    if task is not task.group.leader:
        task.kernel.forget_pid(task.pid)
    elif not task.group.threads and (told or notify_parent(task)):
        release_task(task)
