"""/proc/PID/stat and statm: numbers in one line. See do_task_stat in fs/proc/array.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.cpu_time import process_time_ns, thread_time_ns
from emu.kernel.fs.procfs.access import may_read, mm_of, present
from emu.kernel.fs.procfs.counts import count_pages, resident_pages
from emu.kernel.fs.procfs.status import signal_sets, state_of
from emu.kernel.uapi.sched import SCHED_FIFO, SCHED_RR
from emu.kernel.vfs.dev import new_encode_dev

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.task import Task

USER_HZ = 100
NSEC_PER_TICK = 1_000_000_000 // USER_HZ
LOW_SIGNALS = (1 << 31) - 1
PF_EXITING, PF_FORKNOEXEC = 0x4, 0x40
DEFAULT_PRIORITY = 20
HIDDEN_ADDRESS = 1
"""What start_code and end_code are for those who may not look into the process."""


def show_process_stat(task: Task) -> bytes:
    """52 numbers; those of time and faults are the whole process's."""
    return _stat(task, process_time_ns(present(task)))


def show_thread_stat(task: Task) -> bytes:
    """The same of one thread."""
    return _stat(task, thread_time_ns(present(task)))


def show_statm(task: Task) -> bytes:
    """Seven numbers of pages; zeroes for a process that has ended."""
    mm = mm_of(present(task))
    if mm is None:
        return b"0 0 0 0 0 0 0\n"
    pages = count_pages(mm)
    shared, data = pages.file + pages.shmem, pages.data + pages.stack
    return b"%d %d %d %d 0 %d 0\n" % (pages.total, pages.resident, shared, pages.text, data)


def _stat(task: Task, time_ns: int) -> bytes:
    mm, shown = mm_of(task), may_read(task)
    ignored, caught = signal_sets(task)
    group, state = task.group, state_of(task)
    numbers = [
        task.ppid, task.pgid, task.sid, *terminal_of(task), _flags(task),
        0, 0, 0, 0,  # faults are not counted
        time_ns // NSEC_PER_TICK, 0, group.children_ns // NSEC_PER_TICK, 0,
        priority_of(task), task.scheduling.nice, len(group.threads), 0,
        task.start_time_ns // NSEC_PER_TICK,
        mm.total_bytes if mm is not None else 0, resident_pages(mm) if mm is not None else 0,
        task.rlimits["RLIMIT_RSS"][0], *_code(mm, shown), 0, 0,
        task.signals.private.signals & LOW_SIGNALS, task.signals.blocked & LOW_SIGNALS,
        ignored & LOW_SIGNALS, caught & LOW_SIGNALS,
        int(shown and state != "R"), 0, 0, group.exit_signal, 0,
        task.scheduling.rt_priority, task.scheduling.policy, 0, 0, 0,
        *_places(mm if shown else None), (task.exit_status or 0) if shown else 0,
    ]  # fmt: skip
    text = " ".join(map(str, numbers))
    return b"%d (%s) %s %s\n" % (task.pid, task.comm, state.encode(), text.encode())


def terminal_of(task: Task) -> tuple[int, int]:
    """The controlling terminal's device number and foreground group; 0 and -1 for none."""
    tty = task.group.tty
    if tty is None:
        return 0, -1
    return new_encode_dev(tty.device), tty.ctrl.pgrp


def priority_of(task: Task) -> int:
    """As the kernel counts: 20 and nice, or below 0 for real time. See task_prio."""
    scheduling = task.scheduling
    if scheduling.policy in (SCHED_FIFO, SCHED_RR):
        return -1 - scheduling.rt_priority
    return DEFAULT_PRIORITY + scheduling.nice


def _flags(task: Task) -> int:
    exiting = 0 if task.alive else PF_EXITING
    return exiting | (0 if task.attributes.executed else PF_FORKNOEXEC)


def _code(mm: AddressSpace | None, shown: bool) -> tuple[int, int, int]:
    if mm is None:
        return 0, 0, 0
    if not shown:
        return HIDDEN_ADDRESS, HIDDEN_ADDRESS, 0
    return mm.start_code, mm.end_code, mm.start_stack


def _places(mm: AddressSpace | None) -> tuple[int, ...]:
    if mm is None:
        return (0,) * 7
    return (
        mm.start_data, mm.end_data, mm.start_brk,
        mm.arg_start, mm.arg_end, mm.env_start, mm.env_end,
    )  # fmt: skip
