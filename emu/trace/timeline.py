"""A timeline for Perfetto (ui.perfetto.dev) and chrome://tracing: the Trace Event Format, JSON.

A track for each task with its calls, its waiting inside them, and its signals; a track for each
CPU with who was on it. Times are microseconds of the machine's monotonic clock.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

from emu.kernel.events import Tracer
from emu.kernel.signal.numbers import signal_name

if TYPE_CHECKING:
    from emu.arch.cpu import Fault
    from emu.kernel.events import SyscallEvent
    from emu.kernel.signal.pending import SigInfo
    from emu.kernel.task import Task

CPUS = 0
"""The process id under which the CPUs' tracks stand; no task has it."""


class Timeline(Tracer):
    """Writes one event a line into a JSON array, which readers take without its end, too."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._began: dict[Task, int] = {}
        self._on_cpu: dict[Task, int] = {}
        self._left_cpu: dict[Task, int] = {}
        self._named: dict[int, bytes] = {}
        self._cpus: dict[str, int] = {}
        out.write("[\n")
        self._write("M", "process_name", CPUS, 0, args={"name": "CPUs"})

    def enter(self, event: SyscallEvent) -> None:
        """A call begins."""
        self._began[event.task] = now(event.task)

    def leave(self, event: SyscallEvent) -> None:
        """A call ended: one slice, with the waiting inside it as another."""
        task = event.task
        began = self._began.pop(task, None)
        if began is None:
            return
        self._name(task)
        end = now(task)
        arguments: dict[str, Any] = {
            "abi": task.abi.name,
            "way": event.way,
            "number": event.number,
            "arguments": [f"{word:#x}" for word in event.arguments],
        }
        if event.error is not None:
            arguments["error"] = type(event.error).__name__
        else:
            arguments["result"] = event.result
        self._slice(task, event.name, "syscall", began, end, arguments)
        waiting = self._left_cpu.pop(task, None)
        if waiting is not None and waiting >= began:
            self._slice(task, "wait", "wait", waiting, end, {"in": event.name})

    def signal(self, task: Task, info: SigInfo) -> None:
        """A task takes a signal."""
        self._instant(task, signal_name(info.signal), "signal", {"code": info.code})

    def fault(self, task: Task, fault: Fault) -> None:
        """User code raised an exception."""
        self._instant(task, fault.signal, "fault", {"pc": f"{fault.pc:#x}", "code": fault.code})

    def created(self, task: Task) -> None:
        """There is a new task."""
        self._name(task)
        self._instant(task, "created", "task", {"parent": task.ppid})

    def exited(self, task: Task) -> None:
        """A task ended, maybe inside a call."""
        began = self._began.pop(task, None)
        if began is not None:
            self._slice(task, "exit", "syscall", began, now(task), {})
        self._instant(task, "exited", "task", {"status": task.exit_status})
        self.paused(task)
        self._left_cpu.pop(task, None)

    def running(self, task: Task) -> None:
        """A task got a CPU."""
        self._name(task)
        self._on_cpu[task] = now(task)

    def paused(self, task: Task) -> None:
        """A task lost its CPU."""
        began = self._on_cpu.pop(task, None)
        if began is None:
            return
        end = self._left_cpu[task] = now(task)
        isa = task.cpu.isa.name
        if isa not in self._cpus:
            self._cpus[isa] = len(self._cpus) + 1
            self._write("M", "thread_name", CPUS, self._cpus[isa], args={"name": isa})
        name = f"{task.comm.decode(errors='replace')} {task.pid}"
        self._write(
            "X", name, CPUS, self._cpus[isa], cat="sched", ts=began / 1e3, dur=(end - began) / 1e3
        )

    def close(self) -> None:
        """End the array."""
        self._write("M", "process_sort_index", CPUS, 0, end="\n]\n", args={"sort_index": -1})
        self._out.flush()

    def _name(self, task: Task) -> None:
        if self._named.get(task.pid) != task.comm:
            self._named[task.pid] = task.comm
            name = f"{task.comm.decode(errors='replace')} ({task.image_abi.name})"
            for what in ("process_name", "thread_name"):
                self._write("M", what, task.tgid, task.pid, args={"name": name})

    def _slice(
        self, task: Task, name: str, kind: str, began: int, end: int, args: dict[str, Any]
    ) -> None:
        self._write(
            "X", name, task.tgid, task.pid,
            cat=kind, ts=began / 1e3, dur=(end - began) / 1e3, args=args,
        )  # fmt: skip

    def _instant(self, task: Task, name: str, kind: str, args: dict[str, Any]) -> None:
        self._write("i", name, task.tgid, task.pid, cat=kind, ts=now(task) / 1e3, s="t", args=args)

    def _write(
        self, phase: str, name: str, process: int, thread: int, end: str = ",\n", **fields: Any
    ) -> None:
        event = {"ph": phase, "name": name, "pid": process, "tid": thread, **fields}
        self._out.write(json.dumps(event, separators=(",", ":")) + end)


def now(task: Task) -> int:
    """The machine's monotonic clock."""
    return task.kernel.clock.monotonic_ns()
