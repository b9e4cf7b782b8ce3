"""/sys/kernel/debug/sched: the scheduler's knobs and what it is doing. See kernel/sched/debug.c.

The scheduler serves all tasks in turn, and these two decide how long a turn is:
``min_granularity_ns`` is how long a task may run while others wait, ``wakeup_granularity_ns`` how
long it must have run before somebody whom it wakes ends its turn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.fs.debugfs.values import DebugfsFile, SimpleAttribute
from emu.kernel.fs.procfs.stat import priority_of
from emu.kernel.fs.procfs.status import state_of

if TYPE_CHECKING:
    from emu.kernel.fs.debugfs.super_block import Debugfs
    from emu.kernel.kernel import Kernel
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import Result

LEAST_SLICE_NS, LONGEST_SLICE_NS = 100_000, 1_000_000_000
"""Bounds of min_granularity_ns, as Linux has them."""
U32_MAX = (1 << 32) - 1
NSEC_PER_MSEC = 1_000_000


def add_sched(debugfs: Debugfs, kernel: Kernel) -> None:
    """Make the folder."""
    folder = debugfs.create_dir("sched")
    sched = kernel.sched

    def set_slice(private: object, value: int) -> None:
        if not LEAST_SLICE_NS <= value <= LONGEST_SLICE_NS:
            raise EINVAL("no such slice")
        sched.set_slice(value)

    def set_wakeup(private: object, value: int) -> None:
        if value > U32_MAX:
            raise EINVAL("more than 32 bits")
        sched.wakeup_granularity_ns = value

    knobs: tuple[tuple[str, Callable[[object], int], Callable[[object, int], None]], ...] = (
        ("min_granularity_ns", lambda private: sched.slice_ns, set_slice),
        ("wakeup_granularity_ns", lambda private: sched.wakeup_granularity_ns, set_wakeup),
    )
    for name, get, set_value in knobs:
        operations = SimpleAttribute(get, set_value, lambda value: f"{value}\n")
        debugfs.create_file(name, 0o644, folder, operations)
    debugfs.create_file("debug", 0o444, folder, SchedDebug(), kernel)


class SchedDebug(DebugfsFile):
    """What the scheduler is doing now, for people."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The text."""
        kernel: Kernel = file.inode.private  # type: ignore[assignment]
        done: Result = file.private_data.read(buffer, pos, lambda: show_debug(kernel).encode())
        return done


def show_debug(kernel: Kernel) -> str:
    """The turns, and a line for each task."""
    sched, now_ns = kernel.sched, kernel.clock.monotonic_ns()
    current = sched.current.pid if sched.current is not None else 0
    head = [
        f"ktime                                   : {now_ns / NSEC_PER_MSEC:.6f}",
        f"sysctl_sched_min_granularity            : {sched.slice_ns / NSEC_PER_MSEC:.6f}",
        f"sysctl_sched_wakeup_granularity         : "
        f"{sched.wakeup_granularity_ns / NSEC_PER_MSEC:.6f}",
        "",
        "cpu#0",
        f"  .nr_running                    : {sched.waiting + 1}",
        f"  .nr_switches                   : {kernel.load.switches}",
        f"  .curr->pid                     : {current}",
        "",
        "runnable tasks:",
        " S            task   PID      switches  prio      sum-exec",
        "-" * 58,
    ]
    tasks = [
        f"{'>' if task.pid == current else ' '}{state_of(task)} {task.comm.decode('latin-1'):>15} "
        f"{task.pid:5d} {task.nvcsw + task.nivcsw:13d} {priority_of(task) + 100:5d} "
        f"{task.cpu_time_ns / NSEC_PER_MSEC:13.6f}"
        for task in kernel.tasks.values()
    ]
    return "\n".join([*head, *tasks]) + "\n"
