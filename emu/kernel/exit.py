"""The end of threads and processes. See kernel/exit.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.family import (
    forget_original_parent,
    kill_orphaned_pgrp,
    notify_parent,
    release_task,
)
from emu.kernel.futex.exit import clear_child_tid, exit_robust_list
from emu.kernel.tty.jobctrl import disassociate_ctty

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.thread_group import ThreadGroup


def do_group_exit(task: Task, status: int) -> None:
    """End all threads of a task's process with a status, unless it is ending already."""
    group = task.group
    if group.exit_status is None and group.alive:
        group.exit_status = status
    end_other_threads(task)
    do_exit(task, status)


def end_other_threads(task: Task) -> None:
    """End all threads of a task's process but itself. None of them runs: there is one CPU."""
    group = task.group
    status = group.exit_status or 0
    for thread in list(group.threads):
        if thread is not task:
            do_exit(thread, status)


def do_exit(task: Task, status: int) -> None:
    """End one thread; the last one ends the process, whose status is the group's if it has one.

    Files and memory are given back when the CPU has left the task: see `Kernel.run_one`.
    """
    if not task.alive:
        return
    kernel, group = task.kernel, task.group
    mm_release(task)
    if task.attributes.sem_undo is not None:
        from emu.kernel.ipc.sem_undo import exit_sem

        exit_sem(task)
    if task.seccomp is not None:
        task.seccomp.release()
    task.exit_status = status
    task.work = True
    group.threads.remove(task)
    group.dead_threads_ns += task.cpu_time_ns
    group.dead_threads_io.add(task.io)
    forget_original_parent(task)
    for traced in list(task.tracees):
        assert traced.ptrace is not None
        traced.ptrace.tracer_ends()
    kernel.task_ended(task)
    if task is not group.leader and (task.ptrace is None or not task.ptrace.ended()):
        kernel.forget_pid(task.pid)
    if not group.threads:
        _end_process(group)


def mm_release(task: Task) -> None:
    """What a task does to its address space before it leaves it: by exit or by execve.

    It gives up its robust futexes, clears the word at clear_child_tid, notes how much memory the
    process had, and lets a parent in vfork go on. See exec_mm_release and exit_mm_release in
    kernel/fork.c.
    """
    exit_robust_list(task)
    clear_child_tid(task)
    task.group.maxrss = max(task.group.maxrss, task.mm.resident_bytes)
    waiting, task.vfork_parent = task.vfork_parent, None
    if waiting is not None:
        waiting.wake_up_all()


def _end_process(group: ThreadGroup) -> None:
    """Become a zombie, tell the parent, and go at once if it does not want to know."""
    leader = group.leader
    if group.exit_status is None:
        assert leader.exit_status is not None
        group.exit_status = leader.exit_status
    leader.exit_status = group.exit_status
    group.stop_signal = group.stop_to_report = 0
    group.real_timer.set(leader, 0, 0)
    group.posix_timers.clear()
    group.cpu_timers.clear()
    disassociate_ctty(group)
    kill_orphaned_pgrp(leader, leader.parent, ending=leader)
    group.exited.wake_up_all()
    if leader.ptrace is not None and leader.ptrace.hides_end():
        return
    if notify_parent(leader):
        release_task(leader)
