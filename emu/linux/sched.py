"""Tasks: ``current``, the others, signals to them. See include/linux/sched.h, sched/signal.h."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from emu.kernel.cpu_time import thread_time_ns
from emu.kernel.errno import EINVAL, ESRCH
from emu.kernel.fs.procfs.status import state_of
from emu.kernel.module.ambient import current_task, this_kernel, this_module
from emu.kernel.module.kthread import running_thread
from emu.kernel.signal.numbers import GENERIC_NSIG
from emu.kernel.signal.send import send_signal
from emu.kernel.wait import Wait
from emu.linux.kthread import schedule_timeout as schedule_timeout
from emu.linux.kthread import schedule_timeout_interruptible as schedule_timeout_interruptible

if TYPE_CHECKING:
    from emu.kernel.task import Task

TASK_COMM_LEN = 16
TASK_RUNNING, TASK_INTERRUPTIBLE, TASK_UNINTERRUPTIBLE = 0, 1, 2
__TASK_STOPPED, __TASK_TRACED, EXIT_DEAD, EXIT_ZOMBIE, TASK_DEAD = 4, 8, 0x10, 0x20, 0x80
_STATES = {
    "R": TASK_RUNNING, "S": TASK_INTERRUPTIBLE, "D": TASK_UNINTERRUPTIBLE, "T": __TASK_STOPPED,
    "t": __TASK_TRACED,
}  # fmt: skip
INIT_PID = 1
MAX_RT_PRIO, DEFAULT_PRIO = 100, 120


class task_struct:
    """A task, by C's names. Two are equal if they are of the same task."""

    def __init__(self, task: Task) -> None:
        self.task = task
        """The kernel's own object."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, task_struct) and self.task is other.task

    def __hash__(self) -> int:
        return hash(self.task)

    @property
    def pid(self) -> int:
        """The thread's id."""
        return self.task.pid

    @property
    def tgid(self) -> int:
        """The process's id."""
        return self.task.tgid

    @property
    def comm(self) -> str:
        """The name."""
        return self.task.comm.decode(errors="replace")

    @property
    def real_parent(self) -> task_struct:
        """Who made it, or took it over; init for the tasks that the machine itself began."""
        init = self.task.kernel.tasks.get(INIT_PID, self.task)
        return task_struct(self.task.parent or init)

    @property
    def parent(self) -> task_struct:
        """Who is told of its end: its tracer, or else its parent."""
        traced = self.task.ptrace
        return self.real_parent if traced is None else task_struct(traced.tracer)

    @property
    def group_leader(self) -> task_struct:
        """The first thread of the process."""
        return task_struct(self.task.group.leader)

    @property
    def cred(self) -> Any:
        """Who it is: ``uid``, ``gid``, ``euid`` and so on."""
        return self.task.cred

    @property
    def mm(self) -> Any:
        """Its memory; None once it has ended."""
        return self.task.mm if self.task.alive else None

    @property
    def state(self) -> int:
        """TASK_RUNNING and so on: since Linux 5.14 ``__state``."""
        return _STATES.get(state_of(self.task), TASK_DEAD)

    @property
    def exit_state(self) -> int:
        """0, or EXIT_ZOMBIE of one that has ended."""
        return 0 if self.task.alive else EXIT_ZOMBIE

    @property
    def exit_code(self) -> int:
        """How it ended, as wait(2) tells it; 0 before."""
        return self.task.exit_status or 0

    @property
    def static_prio(self) -> int:
        """The priority that nice(2) gives."""
        return DEFAULT_PRIO + self.task.scheduling.nice

    @property
    def prio(self) -> int:
        """The priority: that of nice(2), or of a real-time policy."""
        rt = self.task.scheduling.rt_priority
        return MAX_RT_PRIO - 1 - rt if rt else self.static_prio

    @property
    def start_time(self) -> int:
        """When it began, in ns since boot."""
        return self.task.start_time_ns

    @property
    def utime(self) -> int:
        """How long it has run, in ns; what the kernel did for it is not told apart."""
        return thread_time_ns(self.task)

    stime = 0

    @property
    def nvcsw(self) -> int:
        """How often it gave up the CPU."""
        return self.task.nvcsw

    @property
    def nivcsw(self) -> int:
        """How often it was taken away."""
        return self.task.nivcsw


setattr(task_struct, "__state", task_struct.state)


class Current(task_struct):
    """The task, or the kernel thread, that runs: C's macro."""

    def __init__(self) -> None:
        """It is another one each time that it is asked."""

    @property
    def task(self) -> Task:  # type: ignore[override]
        """The kernel's own object."""
        return current_task()

    @property
    def pid(self) -> int:
        """The thread's id; 0 in a kernel thread."""
        return 0 if running_thread(this_module()) is not None else current_task().pid

    @property
    def tgid(self) -> int:
        """The process's id; 0 in a kernel thread."""
        return 0 if running_thread(this_module()) is not None else current_task().tgid

    @property
    def comm(self) -> str:
        """The name."""
        thread = running_thread(this_module())
        return thread.name if thread is not None else current_task().comm.decode(errors="replace")


current = Current()


def for_each_process() -> Iterator[task_struct]:
    """The first thread of each process: ``for task in for_each_process():``."""
    for group in list(this_kernel().groups()):
        yield task_struct(group.leader)


def for_each_thread(p: task_struct) -> Iterator[task_struct]:
    """The threads of a process."""
    for thread in list(p.task.group.threads):
        yield task_struct(thread)


def for_each_process_thread() -> Iterator[tuple[task_struct, task_struct]]:
    """Each process with each of its threads."""
    for process in for_each_process():
        for thread in for_each_thread(process):
            yield process, thread


def find_task_by_vpid(nr: int) -> task_struct | None:
    """The task of an id."""
    task = this_kernel().tasks.get(nr)
    return None if task is None else task_struct(task)


def thread_group_leader(p: task_struct) -> bool:
    """Whether it is the first thread of its process."""
    return p.task.group.leader is p.task


def get_task_struct(t: task_struct) -> task_struct:
    """Keep a task: Python does."""
    return t


def put_task_struct(t: task_struct) -> None:
    """Let go of it."""


def get_task_comm(buf: Any, tsk: task_struct) -> str:
    """The name, also into a buffer if one is given."""
    if buf is not None:
        buf.put(tsk.comm.encode(), TASK_COMM_LEN)
    return tsk.comm


def task_pid_nr(task: Any) -> int:
    """A task's id."""
    return int(task.pid)


task_pid_vnr = task_pid_nr


def task_tgid_nr(task: Any) -> int:
    """A process's id."""
    return int(task.tgid)


task_tgid_vnr = task_tgid_nr


def task_nice(p: task_struct) -> int:
    """Its nice value."""
    return p.task.scheduling.nice


def task_uid(task: task_struct) -> int:
    """Its user."""
    return task.task.cred.uid


def send_sig(sig: int, p: task_struct, priv: int = 0) -> Any:
    """Send a signal to a thread, as from the kernel. 0 or an error; signal 0 only asks."""
    if not 0 <= sig <= GENERIC_NSIG:
        return -EINVAL
    if not p.task.alive:
        return -ESRCH
    if sig:
        send_signal(p.task, sig, to_thread=True)
    return 0


def signal_pending(task: Any) -> bool:
    """Whether a signal waits for a task that would end its sleep."""
    asked = task.task if isinstance(task, task_struct) else current_task()
    return bool(asked.signals.ends_sleep())


def fatal_signal_pending(task: Any) -> bool:
    """Whether one waits for it that ends it."""
    asked = task.task if isinstance(task, task_struct) else current_task()
    return bool(asked.signals.killed)


def capable(cap: int) -> bool:
    """Whether the running task has a capability."""
    return current_task().cred.capable(cap)


def current_uid() -> int:
    """The running task's user."""
    return current_task().cred.uid


def current_euid() -> int:
    """Its effective user."""
    return current_task().cred.euid


def current_gid() -> int:
    """The running task's group."""
    return current_task().cred.gid


async def schedule() -> None:
    """Let others run."""
    await Wait((), 0)


cond_resched = schedule
