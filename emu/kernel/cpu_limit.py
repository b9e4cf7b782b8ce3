"""RLIMIT_CPU: how much CPU time a process may use. See check_process_timers and setrlimit(2).

At the soft limit comes SIGXCPU, and once more after each second from then on: the kernel moves the
limit itself. At the hard limit comes SIGKILL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.cpu_timer import CpuTimer
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.resource import RLIM_INFINITY
from emu.kernel.uapi.signal import SIGKILL, SIGXCPU

if TYPE_CHECKING:
    from emu.kernel.task import Task


def watch_cpu_limit(task: Task) -> None:
    """Look at the limit of a task's process from now on, as it is now: see update_rlimit_cpu."""
    group = task.group
    if group.cpu_limit is not None:
        group.cpu_limit.cancel()
        group.cpu_limit = None
    soft, _ = group.rlimits["RLIMIT_CPU"]
    if soft == RLIM_INFINITY:
        return

    def reached() -> None:
        if not group.alive:
            return
        soft, hard = group.rlimits["RLIMIT_CPU"]
        if timer.now() >= hard * NSEC_PER_SEC:
            send_signal(group.threads[0], SIGKILL)
            return
        send_signal(group.threads[0], SIGXCPU)
        group.rlimits["RLIMIT_CPU"] = soft + 1, hard
        timer.start((soft + 1) * NSEC_PER_SEC)

    timer = group.cpu_limit = CpuTimer(task, False, reached)
    # A limit of no time at all would never be seen to be passed.
    timer.start(max(soft, 1) * NSEC_PER_SEC)
