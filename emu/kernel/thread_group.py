"""A process: what the threads of one thread group share. See struct signal_struct."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.io_accounting import IoAccounting
from emu.kernel.signal.cpu_interval import CpuInterval
from emu.kernel.signal.posix_timers import PosixTimers
from emu.kernel.uapi.signal import SIGCHLD, SIGPROF, SIGVTALRM
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.cpu_timer import CpuTimer
    from emu.kernel.signal.pending import PendingSignals
    from emu.kernel.signal.real_timer import RealTimer
    from emu.kernel.task import Task
    from emu.kernel.tty.tty import Tty


class ThreadGroup:
    """One process, from its first thread until its parent has waited for it.

    `threads` are those that live, oldest first; a `leader` that ended before the others stays the
    leader. `children` are the leaders of child processes, ended ones included. Statuses are as
    wait(2) gives them, with the kernel's own signal numbers.
    """

    def __init__(
        self,
        leader: Task,
        *,
        pgid: int,
        sid: int,
        rlimits: dict[str, tuple[int, int]],
        exit_signal: int = SIGCHLD,
    ) -> None:
        self.leader = leader
        self.threads = [leader]
        self.children: dict[Task, None] = {}
        self.pgid = pgid
        self.sid = sid
        self.rlimits = rlimits
        self.exit_signal = exit_signal
        self.child_subreaper = False
        self.oom_score_adj = 0
        self.oom_score_adj_min = 0
        """How low the unprivileged may set it: what the privileged last set."""
        self.tty: Tty | None = None
        """The controlling terminal."""
        self.tty_old_pgrp = 0
        """The foreground group of a session leader's terminal that was hung up."""

        self.exit_status: int | None = None
        """What all threads end with, once exit_group(2) or a fatal signal decided it."""
        self.stop_signal = 0
        """The signal that stopped the process; 0 while it runs."""
        self.stop_to_report = 0
        """The same until a parent has waited for it."""
        self.continued_to_report = False
        self.posix_timers = PosixTimers()
        self.virtual_timer = CpuInterval(SIGVTALRM)
        self.prof_timer = CpuInterval(SIGPROF)
        self.cpu_timers: dict[CpuTimer, None] = {}
        """Those of CPU time that run."""
        self.cpu_limit: CpuTimer | None = None
        """The one of them that looks after RLIMIT_CPU."""
        self.wait_chldexit = WaitQueue()
        """Where its threads sleep in wait(2)."""
        self.exited = WaitQueue()
        """Wakes when the process has ended: pidfds."""

        self.dead_threads_ns = 0
        self.dead_threads_io = IoAccounting()
        self.children_ns = 0
        """CPU time of threads that ended, and of children that were waited for."""
        self.maxrss = 0
        self.children_maxrss = 0
        """The most memory they had, in bytes."""

    @property
    def tgid(self) -> int:
        """The process id."""
        return self.leader.tgid

    @property
    def shared(self) -> PendingSignals:
        """Signals that were sent to the process."""
        return self.leader.signals.shared

    @property
    def real_timer(self) -> RealTimer:
        """The timer of setitimer(2) and alarm(2)."""
        return self.leader.signals.real_timer

    @property
    def alive(self) -> bool:
        """Whether a thread is left."""
        return bool(self.threads)

    @property
    def cpu_time_ns(self) -> int:
        """CPU time of all threads, past ones included."""
        return self.dead_threads_ns + sum(thread.cpu_time_ns for thread in self.threads)

    def __repr__(self) -> str:
        return f"<process {self.tgid}>"
