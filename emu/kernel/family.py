"""Parents and children: who is told of an end, who inherits orphans, and orphaned groups.

See do_notify_parent in kernel/signal.c, forget_original_parent in kernel/exit.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import kill_pgrp, send_signal
from emu.kernel.uapi.signal import SA_NOCLDWAIT, SIG_IGN, SIGCHLD, SIGCONT, SIGHUP

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.thread_group import ThreadGroup


def notify_parent(leader: Task) -> bool:
    """Tell an ended process's parent; whether it never wants to wait for it.

    Init, which every orphan without a subreaper gets, waits at once.
    """
    group, parent = leader.group, leader.parent
    if parent is None:
        return True
    signal = group.exit_signal
    if not signal:
        parent.group.wait_chldexit.wake_up_all()
        return False
    action = parent.signals.actions[SIGCHLD]
    unwanted = False
    if signal == SIGCHLD:
        ignored = action.handler == SIG_IGN
        unwanted = ignored or bool(action.flags & SA_NOCLDWAIT)
        if ignored:
            signal = 0
    if signal:
        send_signal(parent, signal, exit_info(leader, signal))
    parent.group.wait_chldexit.wake_up_all()
    return unwanted


def exit_info(task: Task, signal: int = SIGCHLD) -> SigInfo:
    """What a parent or a tracer is told of who ended."""
    status = task.exit_status or 0
    number = status & 0x7F
    code = "CLD_EXITED" if not number else "CLD_DUMPED" if status & 0x80 else "CLD_KILLED"
    return SigInfo(signal, code, pid=task.pid, uid=task.cred.uid, status=number or status >> 8)


def forget_original_parent(father: Task) -> None:
    """Give a thread's children a new parent: another thread, a subreaper, or init (None)."""
    group = father.group
    for child in [each for each in group.children if each.parent is father]:
        pdeath = child.attributes.pdeath_signal
        if group.threads:
            child.parent = group.threads[0]
        else:
            del group.children[child]
            child.parent = find_reaper(group)
            if child.parent is not None:
                child.parent.group.children[child] = None
        if pdeath and child.group.alive:
            send_signal(child, pdeath)
        if not group.threads:
            _reparented(child, father)


def find_reaper(group: ThreadGroup) -> Task | None:
    """Who inherits a process's children: the nearest living ancestor that asked to; else init."""
    ancestor = group.leader.parent
    while ancestor is not None:
        family = ancestor.group
        if family.child_subreaper and family.threads:
            return family.threads[0]
        ancestor = family.leader.parent
    return None


def _reparented(child: Task, father: Task) -> None:
    group = child.group
    group.exit_signal = SIGCHLD
    if group.alive:
        kill_orphaned_pgrp(child, father)
    elif child.ptrace is None and notify_parent(child):  # else its tracer waits before
        release_task(child)


def release_task(leader: Task) -> None:
    """Forget an ended process; its parent inherits the account of its CPU time."""
    group, parent = leader.group, leader.parent
    leader.kernel.forget_pid(leader.pid)
    if parent is not None:
        family = parent.group
        family.children.pop(leader, None)
        family.children_ns += group.cpu_time_ns + group.children_ns
        family.children_maxrss = max(family.children_maxrss, group.maxrss, group.children_maxrss)


def kill_orphaned_pgrp(task: Task, parent: Task | None, ending: Task | None = None) -> None:
    """Wake the stopped jobs of a process group that is losing its last link to its session.

    `parent` is the link that `task` has or had; `ending` is a process that does not count.
    """
    group, kernel = task.group, task.kernel
    if parent is not None and (parent.pgid == group.pgid or parent.sid != group.sid):
        return
    if is_orphaned_pgrp(task, ending) and any(
        other.pgid == group.pgid and other.stop_signal for other in kernel.groups()
    ):
        kill_pgrp(kernel, group.pgid, SIGHUP)
        kill_pgrp(kernel, group.pgid, SIGCONT)


def is_orphaned_pgrp(task: Task, ending: Task | None = None) -> bool:
    """Whether no member's parent is in another group of the session. See POSIX, 3.264."""
    group = task.group
    for other in task.kernel.groups():
        if other.pgid != group.pgid or other.leader is ending or not other.alive:
            continue
        parent = other.leader.parent
        if parent is not None and parent.pgid != group.pgid and parent.sid == group.sid:
            return False
    return True
