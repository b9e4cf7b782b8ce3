"""What a tracer is told of its tracees when it waits. See wait_task_stopped in kernel/exit.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.family import exit_info
from emu.kernel.ptrace import zombies
from emu.kernel.signal.pending import SigInfo
from emu.kernel.uapi.signal import SIGCHLD
from emu.kernel.uapi.wait import WEXITED, WNOWAIT
from emu.kernel.wait_children import Waited, look_at_continued

if TYPE_CHECKING:
    from emu.kernel.task import Task


def look_at_tracee(task: Task, options: int) -> Waited | None:
    """What happened to a tracee and was not yet told. Its stops need not be asked for."""
    tracee, group = task.ptrace, task.group
    assert tracee is not None
    if not task.alive:
        if not options & WEXITED or zombies.delays_leader(task):
            return None
        assert task.exit_status is not None
        waited = _waited(task, task.exit_status, exit_info(task))
        if not options & WNOWAIT:
            zombies.reap(task)
        return waited
    stop = tracee.stop
    if stop is not None and stop.waitable and not stop.listening:
        if not options & WNOWAIT:
            stop.waitable = False
        info = SigInfo(SIGCHLD, "CLD_TRAPPED", pid=task.pid, uid=task.cred.uid, status=stop.status)
        return _waited(task, stop.status << 8 | 0x7F, info)
    return look_at_continued(group, options) if task is group.leader else None


def _waited(task: Task, status: int, info: SigInfo) -> Waited:
    group = task.group
    cpu_time_ns = task.cpu_time_ns
    if task is group.leader:
        cpu_time_ns = group.cpu_time_ns + group.children_ns
    return Waited(task.pid, status, info, cpu_time_ns, max(group.maxrss, group.children_maxrss))
