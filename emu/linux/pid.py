"""Ids of processes as objects. See include/linux/pid.h."""

from __future__ import annotations

from typing import Any

from emu.kernel.errno import EINVAL, ESRCH
from emu.kernel.module.ambient import this_kernel
from emu.kernel.signal import send as _send
from emu.kernel.signal.numbers import GENERIC_NSIG
from emu.linux.sched import task_struct

PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID = range(4)


class pid:
    """An id."""

    def __init__(self, nr: int) -> None:
        self.nr = nr

    def __eq__(self, other: object) -> bool:
        return isinstance(other, pid) and other.nr == self.nr

    def __hash__(self) -> int:
        return hash(self.nr)


def find_vpid(nr: int) -> pid | None:
    """An id that is in use."""
    return pid(nr) if this_kernel().is_pid_used(nr) else None


find_get_pid = find_pid = find_vpid


def get_pid(pid: pid | None) -> pid | None:
    """Keep an id."""
    return pid


def put_pid(pid: pid | None) -> None:
    """Let go of it."""


def pid_nr(pid: pid | None) -> int:
    """Its number; 0 of none."""
    return 0 if pid is None else pid.nr


pid_vnr = pid_nr


def pid_task(pid: pid | None, type: int) -> task_struct | None:
    """The task whose id it is: a thread, a process, the first of a group or a session, by type."""
    if pid is None:
        return None
    if type == PIDTYPE_PID:
        task = this_kernel().tasks.get(pid.nr)
        return None if task is None else task_struct(task)
    for group in this_kernel().groups():
        if pid.nr == {PIDTYPE_TGID: group.tgid, PIDTYPE_PGID: group.pgid}.get(type, group.sid):
            return task_struct(group.leader)
    return None


get_pid_task = pid_task


def task_pid(task: task_struct) -> pid:
    """A task's id."""
    return pid(task.pid)


def task_tgid(task: task_struct) -> pid:
    """Its process's id."""
    return pid(task.tgid)


def kill_pid(pid: pid | None, sig: int, priv: int = 1) -> Any:
    """Send a signal to a process, as from the kernel. 0 or an error."""
    target = pid_task(pid, PIDTYPE_PID)
    if not 0 <= sig <= GENERIC_NSIG:
        return -EINVAL
    if target is None or not target.task.alive:
        return -ESRCH
    if sig:
        _send.send_signal(target.task, sig)
    return 0


def kill_pgrp(pid: pid, sig: int, priv: int = 1) -> Any:
    """Send a signal to a process group, as from the kernel. 0 or an error."""
    return 0 if _send.kill_pgrp(this_kernel(), pid.nr, sig) else -ESRCH
