"""A trace of system calls as strace(1) writes it, line by line as it does."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO
from weakref import WeakSet

from emu.kernel.events import Tracer
from emu.kernel.signal.numbers import signal_numbers
from emu.record import record
from emu.trace.filter import Filter
from emu.trace.format import line, siginfo, signals
from emu.trace.format.call import Call

if TYPE_CHECKING:
    from emu.arch.cpu import Fault
    from emu.kernel.events import SyscallEvent
    from emu.kernel.signal.pending import SigInfo
    from emu.kernel.task import Task

NSEC_PER_SEC = 1_000_000_000


@record(frozen=False)
class Running:
    """A call that has entered: what was written of it, and from which argument it goes on."""

    call: Call
    text: str
    position: int


class Strace(Tracer):
    """Writes each call when it enters and completes the line when it leaves.

    `follow` shows the children too, with the pid before each line while there are several tasks
    to be told apart. `timestamps` is ``t``,
    ``tt``, ``ttt`` or ``r``, as strace's options of these names. See strace(1).
    """

    def __init__(
        self,
        out: TextIO,
        *,
        string_limit: int = 32,
        expressions: Sequence[str] | None = None,
        follow: bool = False,
        timestamps: str = "",
    ) -> None:
        self._out = out
        self._limit = string_limit
        self._filter = Filter(expressions or ())
        self._follow = follow
        self._timestamps = timestamps
        self._last_ns: int | None = None
        self._running: dict[Task, Running] = {}
        self._incomplete: Task | None = None
        self._hidden: WeakSet[Task] = WeakSet()

    def enter(self, event: SyscallEvent) -> None:
        """Write the call as far as it can be told now."""
        if event.task in self._hidden or not self._filter.wants(event):
            return
        call = Call(event, self._limit)
        text, position = line.entering(call)
        text = self._prefix(event.task) + text
        self._running[event.task] = Running(call, text, position)
        if not self._filter.by_status:
            self._break_line()
            self._write(text)
            self._incomplete = event.task

    def leave(self, event: SyscallEvent) -> None:
        """Write the rest."""
        running = self._running.pop(event.task, None)
        if running is None:
            return
        if event.task.exit_status is not None and event.error is None and event.result == 0:
            return
        if self._filter.by_status:
            if self._filter.wants_result(event):
                text = running.text + line.leaving(running.call, running.position)
                self._break_line()
                self._write(text + line.finished(running.call, text) + "\n")
            return
        text, rest = self._resume(running), line.leaving(running.call, running.position)
        self._write(rest + line.finished(running.call, text + rest) + "\n")

    def signal(self, task: Task, info: SigInfo) -> None:
        """Write that a task takes a signal."""
        if task not in self._hidden and self._filter.wants_signal(task, info.signal):
            self._break_line()
            self._write(f"{self._prefix(task)}--- {siginfo.delivered(task.image_abi, info)} ---\n")

    def fault(self, task: Task, fault: Fault) -> None:
        """Write nothing: the signal that it becomes is written."""

    def created(self, task: Task) -> None:
        """Write that a new task is followed, or do not follow it."""
        if not self._follow:
            self._hidden.add(task)
            return
        self._break_line()
        self._write(f"strace: Process {task.pid} attached\n")

    def exited(self, task: Task) -> None:
        """Write how a task ended."""
        if task in self._hidden:
            return
        running = self._running.pop(task, None)
        if running is not None and not self._filter.by_status:
            text = self._resume(running)
            self._write(")" + line.aligned(text + ")", "?") + "\n")
        self._break_line()
        self._write(f"{self._prefix(task)}+++ {ending(task)} +++\n")

    def _resume(self, running: Running) -> str:
        """Go on with a call's line, or begin a new one for it; answers what stands there."""
        task = running.call.event.task
        if self._incomplete is task:
            self._incomplete = None
            return running.text
        self._break_line()
        text = f"{self._prefix(task)}<... {running.call.name} resumed>"
        self._write(text)
        return text

    def _break_line(self) -> None:
        """End another task's line in the middle."""
        if self._incomplete is not None:
            self._write(" <unfinished ...>\n")
            self._incomplete = None

    def _prefix(self, task: Task) -> str:
        pid = ""
        if self._follow and task.kernel.living > 1:
            pid = f"[pid {task.pid:5}] "
        return pid + self._time(task)

    def _time(self, task: Task) -> str:
        if not self._timestamps:
            return ""
        clock = task.kernel.clock
        if self._timestamps == "r":
            now = clock.monotonic_ns()
            passed = now - (now if self._last_ns is None else self._last_ns)
            self._last_ns = now
            return f"{passed // NSEC_PER_SEC:6}.{passed % NSEC_PER_SEC // 1000:06} "
        seconds, nanoseconds = divmod(clock.realtime_ns(), NSEC_PER_SEC)
        micro = f".{nanoseconds // 1000:06}"
        if self._timestamps == "ttt":
            return f"{seconds}{micro} "
        day = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
        return f"{day:%H:%M:%S}{micro if self._timestamps == 'tt' else ''} "

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def ending(task: Task) -> str:
    """How a task ended: its exit code, or the signal that killed it."""
    status = task.exit_status or 0
    number = status & 0x7F
    if not number:
        return f"exited with {status >> 8}"
    abi = task.image_abi
    name = signals.signal(abi, signal_numbers(abi).encode(number))
    return f"killed by {name}" + (" (core dumped)" if status & 0x80 else "")
