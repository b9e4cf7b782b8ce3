"""/proc/PID/sched and timerslack_ns. See proc_sched_show_task in kernel/sched/debug.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.cpu_time import thread_time_ns
from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.fs.procfs.access import current_of, present
from emu.kernel.fs.procfs.stat import priority_of
from emu.kernel.scheduling import DEFAULT_TIMER_SLACK_NS
from emu.kernel.uapi.capability import CAP_SYS_NICE
from emu.kernel.uapi.sched import SCHED_FIFO, SCHED_RR

if TYPE_CHECKING:
    from emu.kernel.task import Task

NSEC_PER_MSEC = 1_000_000
MAX_RT_PRIO = 100
NAME_WIDTH, VALUE_WIDTH = 45, 21


def show_sched(task: Task) -> bytes:
    """What the scheduler knows of a thread."""
    used_ns = thread_time_ns(present(task))
    values = [
        ("se.sum_exec_runtime", f"{used_ns // NSEC_PER_MSEC}.{used_ns % NSEC_PER_MSEC:06d}"),
        ("nr_switches", task.nvcsw + task.nivcsw),
        ("nr_voluntary_switches", task.nvcsw),
        ("nr_involuntary_switches", task.nivcsw),
        ("policy", task.scheduling.policy),
        ("prio", priority_of(task) + MAX_RT_PRIO),
    ]
    if task.scheduling.policy in (SCHED_FIFO, SCHED_RR):
        values.append(("rt_priority", task.scheduling.rt_priority))
    title = (
        f"{task.comm.decode(errors='replace')} ({task.pid}, #threads: {len(task.group.threads)})"
    )
    lines = [title, "-" * (NAME_WIDTH + 1 + VALUE_WIDTH)]
    lines += [f"{name:<{NAME_WIDTH}}:{value:>{VALUE_WIDTH}}" for name, value in values]
    return ("\n".join(lines) + "\n").encode()


def reset_sched(task: Task, data: bytes) -> None:
    """Any write sets the counts to zero."""
    present(task).nvcsw = task.nivcsw = 0


def show_timerslack(task: Task) -> bytes:
    """How late timers may be, in nanoseconds."""
    _require_nice(present(task))
    return b"%d\n" % task.scheduling.timer_slack_ns


def set_timerslack(task: Task, data: bytes) -> None:
    """0 is the default. EINVAL, EPERM."""
    if not data.strip().isdigit() or len(data) > 20:
        raise EINVAL("not a number")
    _require_nice(present(task))
    task.scheduling.timer_slack_ns = int(data) or DEFAULT_TIMER_SLACK_NS


def _require_nice(task: Task) -> None:
    asks = current_of(task.kernel)
    if asks is not task and not asks.cred.capable(CAP_SYS_NICE):
        raise EPERM("another's timer slack")
