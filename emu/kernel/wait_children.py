"""Waiting for children, for wait4(2) and waitid(2). See do_wait in kernel/exit.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import ECHILD
from emu.kernel.family import exit_info, release_task
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import child_info
from emu.kernel.uapi.signal import SIGCHLD, SIGCONT
from emu.kernel.uapi.wait import (
    WALL,
    WCLONE,
    WCONTINUED,
    WEXITED,
    WNOHANG,
    WNOTHREAD,
    WNOWAIT,
    WSTOPPED,
)
from emu.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.kernel.task import Task
    from emu.kernel.thread_group import ThreadGroup


@record
class Waited:
    """What became of a child. `status` is as wait(2) gives it, in the kernel's signal numbers."""

    pid: int
    status: int
    info: SigInfo
    cpu_time_ns: int
    maxrss: int


async def do_wait(task: Task, wants: Callable[[Task], bool], options: int) -> Waited | None:
    """Wait for a child or a tracee that `wants` takes; None if WNOHANG finds that nothing
    happened yet.

    ECHILD if there is none such.
    """
    group = task.group
    while True:
        candidates = [
            child for child in group.children if wants(child) and is_eligible(task, child, options)
        ]
        tracees = [tracee for tracee in tracees_of(task, options) if wants(tracee)]
        if not candidates and not tracees:
            raise ECHILD("no child to wait for")
        for child in candidates:
            if child.ptrace is not None and child.ptrace.hides(child.group):
                continue
            waited = look_at(child.group, options)
            if waited is not None:
                return waited
        for tracee in tracees:
            assert tracee.ptrace is not None
            waited = tracee.ptrace.look_at(options)
            if waited is not None:
                return waited
        if options & WNOHANG:
            return None
        await group.wait_chldexit.wait()


def tracees_of(task: Task, options: int) -> list[Task]:
    """Whom a task traces, or any thread of its process."""
    threads = [task] if options & WNOTHREAD else task.group.threads
    return [tracee for thread in threads for tracee in thread.tracees]


def is_eligible(task: Task, child: Task, options: int) -> bool:
    """Whether the kind of child is asked for: see eligible_child."""
    if options & WNOTHREAD and child.parent is not task:
        return False
    is_clone = child.group.exit_signal != SIGCHLD
    return bool(options & WALL) or is_clone == bool(options & WCLONE)


def look_at(child: ThreadGroup, options: int) -> Waited | None:
    """What happened to a child and was not yet told; it is told now, unless WNOWAIT is set."""
    leader, keep = child.leader, bool(options & WNOWAIT)
    if not child.alive:
        if not options & WEXITED:
            return None
        assert leader.exit_status is not None
        waited = _waited(child, leader.exit_status, exit_info(leader))
        if not keep:
            release_task(leader)
        return waited
    if options & WSTOPPED and child.stop_to_report:
        signal = child.stop_to_report
        if not keep:
            child.stop_to_report = 0
        return _waited(child, signal << 8 | 0x7F, child_info(child, "CLD_STOPPED", signal))
    return look_at_continued(child, options)


def look_at_continued(child: ThreadGroup, options: int) -> Waited | None:
    """The same, of a process that only may have been continued."""
    if not options & WCONTINUED or not child.continued_to_report:
        return None
    if not options & WNOWAIT:
        child.continued_to_report = False
    return _waited(child, 0xFFFF, child_info(child, "CLD_CONTINUED", SIGCONT))


def _waited(child: ThreadGroup, status: int, info: SigInfo) -> Waited:
    cpu_time_ns = child.cpu_time_ns + child.children_ns
    maxrss = max(child.maxrss, child.children_maxrss)
    return Waited(child.tgid, status, info, cpu_time_ns, maxrss)
