"""A task that is traced: its stops, and what its tracer wants of it. See kernel/ptrace.c.

A stop is a sleep of the tracee inside a coroutine of its own: of the call that it makes (see
`emu.kernel.ptrace.gate`) or of the look at its signals on the way back to user code. Nothing but
its tracer and SIGKILL ends it. The rest of the kernel reaches all this through `Task.ptrace`,
which is None for a task that nobody traces.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from emu.arch.regset import audit_arch
from emu.kernel.errno import Restart
from emu.kernel.ptrace import zombies
from emu.kernel.ptrace.signals import deliver_traced
from emu.kernel.ptrace.waiting import look_at_tracee
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import send_signal, tell_of_stop, wake_for_signals
from emu.kernel.uapi.ptrace import (
    PTRACE_EVENT_EXEC,
    PTRACE_EVENT_EXIT,
    PTRACE_EVENT_STOP,
    PTRACE_EVENT_VFORK_DONE,
    PTRACE_O_EXITKILL,
    PTRACE_O_TRACESYSGOOD,
)
from emu.kernel.uapi.signal import SIGCHLD, SIGKILL, SIGSTOP, SIGTRAP
from emu.kernel.wait import Wait, WaitQueue
from emu.record import record

if TYPE_CHECKING:
    from emu.arch.cpu import Fault
    from emu.kernel.task import Task
    from emu.kernel.thread_group import ThreadGroup
    from emu.kernel.wait_children import Waited


@record(frozen=False)
class TracedCall:
    """The call that a tracee is in. `number` is -1 outside of all; `argument` is the first one."""

    number: int = -1
    argument: int = 0
    arguments: tuple[int, ...] = ()
    arch: int = 0


@record(frozen=False)
class Stop:
    """Why a tracee stands: `status` is the signal, with an event above it or a mark on it.

    `info` is what PTRACE_GETSIGINFO tells, None in a group stop. `call` is which end of a call it
    is (PTRACE_EVENTMSG_SYSCALL_*), 0 outside of one. `waitable` ends when a tracer has waited for
    it, `listening` is PTRACE_LISTEN.
    """

    status: int
    info: SigInfo | None
    call: int = 0
    waitable: bool = True
    listening: bool = False


class Tracee:
    """What is known of a task because it is traced."""

    def __init__(self, task: Task, tracer: Task, *, seized: bool, options: int = 0) -> None:
        self.task = task
        self.tracer = tracer
        self.seized = seized
        self.options = options
        self.message = 0
        """What PTRACE_GETEVENTMSG tells."""
        self.stop: Stop | None = None
        self.call = TracedCall()
        self.shown: tuple[int, int] | None = None
        """ARM: a register that tells the entry of a call from its exit, and its value then."""
        self.trap_pending = False
        """Whether it must stop for its process's sake or its tracer's, signal or not."""
        self.stops_at_calls = False
        self.emulates_calls = False
        self.stepping = False
        self.former_pid = 0
        """The thread id that execve took away."""
        self.resumed_info: SigInfo | None = None
        """What came with the signal of the last stop, or what the tracer made of it."""
        self._resumed = WaitQueue()
        self._data = 0

    @property
    def arch(self) -> int:
        """AUDIT_ARCH_* of its program."""
        return audit_arch(self.task.image_abi)

    # Links

    @classmethod
    def link(cls, task: Task, tracer: Task, *, seized: bool, options: int = 0) -> Tracee:
        """Let one task trace another. Its way into the kernel is another one from now on."""
        tracee = cls(task, tracer, seized=seized, options=options)
        task.ptrace = tracee
        tracer.tracees[task] = None
        task.work = True
        return tracee

    def unlink(self) -> None:
        """Nobody traces the task any more."""
        task = self.task
        self.tracer.tracees.pop(task, None)
        task.ptrace = None
        task.signals.trap_pending = False
        task.work = True

    def detach(self, signal: int = 0) -> None:
        """Let a tracee go on by itself, with a signal; stopped, if its process is."""
        self.unlink()
        self.resume(signal)

    def tracer_ends(self) -> None:
        """What becomes of a tracee whose tracer ends: see exit_ptrace."""
        kill = bool(self.options & PTRACE_O_EXITKILL)
        task = self.task
        self.detach()
        if not task.alive:
            zombies.let_go(task)
        elif kill:
            send_signal(task, SIGKILL)

    # Stops

    async def stand(self, status: int, info: SigInfo | None, *, call: int = 0) -> int:
        """Stop until the tracer lets go: the signal (generic number) that it gives.

        At once, and 0, when the task is being killed or nobody traces it any more.
        """
        task = self.task
        if task.ptrace is not self or task.signals.killed:
            return 0
        self._data = 0
        self.stop = stop = Stop(status, info, call)
        self._tell(status, info)
        try:
            while self.stop is stop:
                await Wait((self._resumed,), killable=True)
        except Restart:
            self.stop = None
            return 0
        return self._data

    async def event(self, event: int, message: int) -> None:
        """Stop because of an event that the tracer asked for, if it did."""
        if self.wants(event):
            self.message = message
            await self.stand(SIGTRAP | event << 8, self._trap_info(SIGTRAP | event << 8))

    async def stand_at_call(self, which: int) -> None:
        """Stop at the entry or the exit of a call, and take the signal the tracer gives."""
        status = SIGTRAP | (0x80 if self.options & PTRACE_O_TRACESYSGOOD else 0)
        self.message = which
        signal = await self.stand(status, self._trap_info(status), call=which)
        if signal:
            send_signal(self.task, signal, SigInfo.from_kernel(signal), to_thread=True)

    async def stand_for_group(self) -> None:
        """Stop because the process does, or the tracer wants it: see do_jobctl_trap."""
        task = self.task
        self.trap_pending = task.signals.trap_pending = False
        signal = task.group.stop_signal
        if self.seized:
            status = (signal or SIGTRAP) | PTRACE_EVENT_STOP << 8
            await self.stand(status, self._trap_info(status))
        elif signal:
            await self.stand(signal, None)

    def wants(self, event: int) -> bool:
        """Whether the tracer asked for an event."""
        return bool(event) and bool(self.options >> event & 1)

    def _trap_info(self, code: int) -> SigInfo:
        task = self.task
        return SigInfo(SIGTRAP, code, pid=task.pid, uid=task.cred.uid)

    def _tell(self, status: int, info: SigInfo | None) -> None:
        """Tell the tracer: see do_notify_parent_cldstop."""
        task = self.task
        event_stop = status >> 8 == PTRACE_EVENT_STOP
        code = "CLD_STOPPED" if info is None or event_stop else "CLD_TRAPPED"
        told = SigInfo(SIGCHLD, code, pid=task.pid, uid=task.cred.uid, status=status & 0x7F)
        tell_of_stop(self.tracer, told)

    def share(self, child: Task) -> None:
        """Trace a new task as its parent is: see ptrace_init_task."""
        tracee = Tracee.link(child, self.tracer, seized=self.seized, options=self.options)
        if self.seized:
            tracee.trap_pending = child.signals.trap_pending = True
        else:
            child.signals.private.add(SigInfo(SIGSTOP))

    # What others do to it

    def resume(self, signal: int) -> None:
        """End its stop."""
        if self.stop is not None:
            self._data, self.resumed_info, self.stop = signal, self.stop.info, None
            self._resumed.wake_up_all()

    def trap(self) -> None:
        """Have it stop soon, wherever it is; one that listens stops anew."""
        self.trap_pending = True
        if self.stop is not None:
            if self.stop.listening:
                self.resume(0)
            return
        self.task.signals.trap_pending = True
        wake_for_signals(self.task)
        if self.task.call is None or self.task.call.sleep is None:
            self.task.kernel.sched.ready(self.task)

    def group_continued(self) -> None:
        """SIGCONT came: a seized tracee tells of it."""
        if self.seized:
            self.trap()

    # What the rest of the kernel calls

    def deliver(self) -> None:
        """Act on pending signals: `emu.kernel.signal.delivery.deliver` for a tracee."""
        self.task.kernel.sched.begin(self.task, deliver_traced(self), _nothing_to_write)

    def run(self) -> Fault | None:
        """Execute user code: all, or one instruction."""
        task, cpu = self.task, self.task.cpu
        if not self.stepping:
            return cpu.run()
        fault = cpu.step()
        if fault is None and task.alive and task.call is None:
            self.stepped(cpu.pc)
        return fault

    def stepped(self, pc: int) -> None:
        """One instruction was executed."""
        if self.stepping:
            info = SigInfo(SIGTRAP, "TRAP_TRACE", address=pc)
            self.task.signals.private.add(info)
            wake_for_signals(self.task)

    def executed(self) -> None:
        """The task runs another program; without the event a plain SIGTRAP tells of it."""
        if not self.seized and not self.wants(PTRACE_EVENT_EXEC):
            send_signal(self.task, SIGTRAP, SigInfo(SIGTRAP), to_thread=True)

    @property
    def is_own_child(self) -> bool:
        """Whether its tracer is its parent, too."""
        return zombies.is_own_child(self.task)

    def hides(self, group: ThreadGroup) -> bool:
        """Whether a parent that waits does not see the process: its tracer does before it."""
        return self.is_own_child or not group.alive

    def look_at(self, options: int) -> Waited | None:
        """What the tracer is told when it waits."""
        return look_at_tracee(self.task, options)

    def forget_former_self(self, pid: int) -> None:
        """The task takes over its process's id at an execve; it was `pid`."""
        self.former_pid = pid

    def ended(self) -> bool:
        """The task ended; whether it stays until its tracer has waited for it."""
        return zombies.tell_tracer(self.task)

    def hides_end(self) -> bool:
        """The process ended; whether its parent must not know yet."""
        return not zombies.is_own_child(self.task) and zombies.tell_tracer(self.task)

    async def exits(self, status: int, end: Callable[[Task, int], None]) -> int:
        """End the task, when its tracer has seen it."""
        await self.event(PTRACE_EVENT_EXIT, status)
        end(self.task, status)
        return 0

    async def made(self, child: Task, event: int, then: Awaitable[int] | None) -> int:
        """The task made another one, which its tracer may want to trace and to know of.

        `then` is the wait for it that vfork(2) has.
        """
        await self.event(event, child.pid)
        if then is not None:
            await then
            await self.event(PTRACE_EVENT_VFORK_DONE, child.pid)
        return child.pid


def _nothing_to_write(task: Task, result: int | BaseException) -> None:
    """The end of a look at signals: no register holds a result of it."""
