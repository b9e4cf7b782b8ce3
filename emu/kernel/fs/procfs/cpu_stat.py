"""How the machine's time went: /proc/stat, loadavg, uptime, interrupts, softirqs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.procfs.status import state_of
from emu.kernel.trap_counts import TrapCounts

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel

NSEC_PER_SEC = 1_000_000_000
NSEC_PER_TICK = 10_000_000
SOFTIRQS = (
    "HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU",
)  # fmt: skip


def show_stat(kernel: Kernel) -> bytes:
    """CPU time in ticks, switches, and tasks. All CPU time is user time."""
    clock = kernel.clock
    user = clock.cpu_ns() // NSEC_PER_TICK
    idle = max(0, clock.boottime_ns() // NSEC_PER_TICK - user)
    boot = (clock.realtime_ns() - clock.boottime_ns()) // NSEC_PER_SEC
    running, blocked = _count(kernel, "R"), _count(kernel, "D")
    times = f"{user} 0 0 {idle} 0 0 0 0 0 0"
    return (
        f"cpu  {times}\ncpu0 {times}\nintr {kernel.load.preempted}\nctxt {kernel.load.switches}\n"
        f"btime {boot}\nprocesses {kernel.forks}\nprocs_running {running}\n"
        f"procs_blocked {blocked}\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n"
    ).encode()


def show_loadavg(kernel: Kernel) -> bytes:
    """The averages, running tasks, all tasks, and the last process id."""
    averages = " ".join(f"{average:.2f}" for average in kernel.load.averages())
    running, last = _count(kernel, "R"), kernel.last_pid
    return f"{averages} {running}/{len(kernel.tasks)} {last}\n".encode()


def show_uptime(kernel: Kernel) -> bytes:
    """Seconds since the start, and idle seconds."""
    up, used = kernel.clock.boottime_ns(), kernel.clock.cpu_ns()
    return f"{up / NSEC_PER_SEC:.2f} {max(0, up - used) / NSEC_PER_SEC:.2f}\n".encode()


def show_interrupts(kernel: Kernel) -> bytes:
    """The timer, which ends a task's turn, and the traps of programs by each way in."""
    lines = [("LOC", kernel.load.preempted, "Local timer interrupts")]
    for way, times in kernel.part(TrapCounts).items():
        lines.append((way.upper(), times, f"System calls by {way}"))
    width = max(len(name) for name, _, _ in lines)
    head = f"{'':{width}}  {'':6}CPU0       \n"
    text = "".join(f"{name:>{width}}: {times:10d}   {what}\n" for name, times, what in lines)
    return (head + text).encode()


def show_softirqs(kernel: Kernel) -> bytes:
    """None: what Linux puts off is done at once here."""
    head = " " * 20 + "CPU0       \n"
    return (head + "".join(f"{name:>12}: {0:10d}\n" for name in SOFTIRQS)).encode()


def _count(kernel: Kernel, state: str) -> int:
    return sum(state_of(task) == state for task in kernel.tasks.values())
