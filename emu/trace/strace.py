"""A trace of system calls as strace(1) writes it, line by line as it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO
from weakref import WeakKeyDictionary

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.events import Tracer
from emu.kernel.restart import RestartBlock
from emu.kernel.signal.numbers import signal_name, signal_numbers
from emu.trace.backtrace import Backtraces
from emu.trace.filter import Filter
from emu.trace.format import line, siginfo, signals
from emu.trace.format.call import Call
from emu.trace.format.dump import dump
from emu.trace.format.plan import Plans
from emu.trace.format.style import Style
from emu.trace.leader import Leader
from emu.trace.output import Output
from emu.trace.paths import PathFilter
from emu.trace.unfolding import MULTIPLEXERS, ended, unfolded

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.events import SyscallEvent
    from emu.kernel.signal.pending import SigInfo
    from emu.kernel.task import Task

RESUMING = "restart_syscall"
MODES = {"x86-64": "64 bit", "i386": "32 bit"}
"""What strace calls them; the others are called by their ABI's name."""


class Running:
    """A call that has entered: what was said of it, and from which argument it goes on."""

    __slots__ = ("began_ns", "call", "position", "text")

    def __init__(self, call: Call, text: str, position: int, began_ns: int) -> None:
        self.call = call
        self.text = text
        self.position = position
        self.began_ns = began_ns


class Strace(Tracer):
    """Writes each call when it enters and completes the line when it leaves.

    `follow` shows the children too, with the pid before each line while there are several tasks
    to be told apart. `durations` is ``-T``, `stacks` ``-k``, `quiet` how many ``-q`` there are, and
    `notices` where "Process attached" goes. The other options are explained by `Filter`, `Style`,
    `Leader`, `PathFilter` and `Output`. See strace(1).
    """

    def __init__(
        self,
        out: TextIO | Output,
        *,
        string_limit: int = 32,
        expressions: Sequence[str] | Filter | None = None,
        follow: bool = False,
        timestamps: str = "",
        style: Style | None = None,
        leader: Leader | None = None,
        durations: bool = False,
        stacks: bool = False,
        paths: PathFilter | None = None,
        quiet: int = 0,
        notices: TextIO | None = None,
    ) -> None:
        self._output = out if isinstance(out, Output) else Output(out)
        self._notices = notices
        filtered = expressions if isinstance(expressions, Filter) else Filter(expressions or ())
        self._filter = filtered
        self._follow = follow
        style = style or Style(string_limit=string_limit)
        self._plans = Plans(filtered.applied_to(style), filtered.wants)
        pids = "several" if follow else "never"
        self._leader = leader or Leader(pids=pids, times=timestamps)
        self._leads = not self._leader.is_empty
        self._durations = durations
        self._stacks = stacks
        self._backtraces = Backtraces()
        self._paths = paths
        self._quiet = quiet
        self._by_status = filtered.by_status
        self._injects = filtered.injects
        self._plain = not (
            filtered.by_status or filtered.dumps or durations or stacks or paths
        )  # fmt: skip
        self._running: dict[Task, Running] = {}
        self._hidden: set[Task] = set()
        self._ignored: dict[Task, list[SigInfo]] = {}
        self._modes: dict[Task, Abi] = {}
        self._first_abi: Abi | None = None
        self._numbers: WeakKeyDictionary[Task, int] = WeakKeyDictionary()
        """Each task's last call, which leads the lines of its signals, too."""
        self._broken: WeakKeyDictionary[Task, str] = WeakKeyDictionary()
        """What each task's restart_syscall(2) will go on with."""

    def enter(self, event: SyscallEvent) -> None:
        """Write the call as far as it can be told now."""
        task = event.task
        if self._hidden and task in self._hidden:
            return
        if self._injects:
            self._filter.inject(event)
        if event.name in MULTIPLEXERS:
            event = unfolded(event)
        plan = self._plans.of(event)
        if task.abi is not self._modes.get(task):
            self._tell_mode(task)
        if self._leader.numbers:
            self._numbers[task] = event.number
        if not plan.wanted:
            return
        call = Call(event, plan)
        if self._paths is not None and not self._paths.wants(call):
            return
        if event.name == RESUMING:
            broken = self._broken.get(task, "system call")
            text, position = f"{RESUMING}(<... resuming interrupted {broken} ...>", -1
        else:
            text, position = line.entering(call)
        if self._leads:
            pc = task.cpu.pc if self._leader.counter else None
            text = self._leader.text(task, event.number, pc) + text
        began_ns = task.kernel.clock.monotonic_ns() if self._durations else 0
        self._running[task] = Running(call, text, position, began_ns)
        if not self._by_status:
            self._output.of(task).begin(task, text)

    def leave(self, event: SyscallEvent) -> None:
        """Write the rest."""
        task = event.task
        running = self._running.pop(task, None)
        if running is None:
            self._tell_ignored(task)
            return
        if task.exit_status is not None and event.error is None and event.result == 0:
            return
        if task.work and task.signals.ends_sleep(killable=True):
            self._running[task] = running  # it will never see the result
            return
        if event.broken is not None and isinstance(event.broken, RestartBlock):
            self._broken[task] = event.name
        call, stream = running.call, self._output.of(task)
        if call.event is not event:
            ended(call.event, event)
        if self._plain and stream.resume(task):
            rest = ")" if running.position < 0 else line.leaving(call, running.position)
            stream.end(rest + line.finished(call, running.text + rest) + "\n")
            if self._ignored:
                self._tell_ignored(task)
            return
        if self._by_status:
            if not self._filter.wants_result(event):
                self._tell_ignored(task)
                return
            stream.interrupt()
            stream.end(running.text)
            text = running.text
        else:
            text = self._resume(running)
        rest = line.leaving(call, running.position)
        rest += line.finished(call, text + rest)
        if self._durations:
            rest += f" <{seconds(task.kernel.clock.monotonic_ns() - running.began_ns)}>"
        stream.end(rest + "\n" + self._more(call))
        self._tell_ignored(task)

    def signal(self, task: Task, info: SigInfo) -> None:
        """Write that a task takes a signal."""
        if task not in self._hidden and self._filter.wants_signal(task, info.signal):
            self._whole(task, f"--- {siginfo.delivered(task.image_abi, info)} ---")

    def ignored(self, task: Task, info: SigInfo) -> None:
        """A traced task takes even signals that it ignores: when its call is over, or it runs."""
        self._ignored.setdefault(task, []).append(info)

    def stopped(self, task: Task, signal: int) -> None:
        """Write that a task stands still."""
        if task not in self._hidden and self._filter.wants_signal(task, signal):
            self._whole(task, f"--- stopped by {signal_name(signal)} ---")

    def running(self, task: Task) -> None:
        """Write what a task ignored while it was not running."""
        if self._ignored:
            self._tell_ignored(task)

    def created(self, task: Task) -> None:
        """Write that a new task is followed, or do not follow it."""
        if not self._follow:
            self._hidden.add(task)
        elif not self._quiet:
            notice = f"strace: Process {task.pid} attached\n"
            if self._notices is not None:
                self._notices.write(notice)
            else:
                stream = self._output.of(task)
                stream.interrupt()
                stream.end(notice)

    def exited(self, task: Task) -> None:
        """Write how a task ended."""
        self._ignored.pop(task, None)
        self._modes.pop(task, None)
        if task in self._hidden:
            self._hidden.discard(task)
            return
        running = self._running.pop(task, None)
        if running is not None and self._filter.wants_unfinished():
            stream = self._output.of(task)
            if self._by_status:
                stream.interrupt()
                stream.end(running.text)
                text = running.text
            else:
                text = self._resume(running)
            column = running.call.plan.style.column
            stream.end(")" + line.aligned(text + ")", "?", column) + "\n")
        if self._quiet < 2:
            self._whole(task, f"+++ {ending(task)} +++")

    def paused(self, task: Task) -> None:
        """Nothing to write, but time to let others see what was written."""
        self._output.flush()

    def close(self) -> None:
        """The trace is over."""
        self._output.close()

    def _tell_ignored(self, task: Task) -> None:
        for info in self._ignored.pop(task, ()):
            self.signal(task, info)

    def _tell_mode(self, task: Task) -> None:
        """Say that a task's calls are of another ABI than its own last one, or the first one's."""
        before = self._modes.get(task, self._first_abi)
        self._modes[task] = task.abi
        if before is None:
            self._first_abi = task.abi
        elif before.name != task.abi.name and not self._quiet:
            mode = MODES.get(task.abi.name, task.abi.name)
            self._whole(task, f"[ Process PID={task.pid} runs in {mode} mode. ]")

    def _whole(self, task: Task, text: str) -> None:
        stream = self._output.of(task)
        stream.interrupt()
        leader = self._leader.text(task, self._numbers.get(task)) if self._leads else ""
        stream.end(f"{leader}{text}\n")

    def _resume(self, running: Running) -> str:
        """Go on with a call's line, or begin a new one for it; answers what stands there."""
        task = running.call.event.task
        stream = self._output.of(task)
        if stream.resume(task):
            return running.text
        stream.interrupt()
        event = running.call.event
        pc = task.cpu.pc if self._leader.counter else None
        text = f"{self._leader.text(task, event.number, pc)}<... {running.call.name} resumed>"
        stream.end(text)
        return text

    def _more(self, call: Call) -> str:
        """What follows a call's line: its data, its stack."""
        text = dump(call, self._filter.dumped_reads, self._filter.dumped_writes)
        return text + (self._backtraces.text(call.event.task) if self._stacks else "")


def seconds(nanoseconds: int) -> str:
    """A duration with six digits."""
    return f"{nanoseconds // NSEC_PER_SEC}.{nanoseconds % NSEC_PER_SEC // 1000:06}"


def ending(task: Task) -> str:
    """How a task ended: its exit code, or the signal that killed it."""
    status = task.exit_status or 0
    number = status & 0x7F
    if not number:
        return f"exited with {status >> 8}"
    abi = task.image_abi
    name = signals.signal(abi, signal_numbers(abi).encode(number))
    return f"killed by {name}" + (" (core dumped)" if status & 0x80 else "")
