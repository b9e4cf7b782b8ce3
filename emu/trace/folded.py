"""Folded stacks for flame graphs (flamegraph.pl, speedscope): where the time went.

A line for each stack, ``busybox;x86-64;openat;wait 120``, with microseconds: of user code, of each
call, and of waiting inside it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TextIO

from emu.kernel.events import Tracer

if TYPE_CHECKING:
    from emu.kernel.events import SyscallEvent
    from emu.kernel.task import Task


class FoldedStacks(Tracer):
    """Adds up, and writes at the end."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._times: dict[tuple[str, ...], int] = defaultdict(int)
        self._since: dict[Task, int] = {}
        """When the task's present state began: user code, or a call."""
        self._called: dict[Task, str] = {}

    def running(self, task: Task) -> None:
        """The task is on a CPU from now on; what it waited is counted."""
        self._spend(task, "wait")

    def paused(self, task: Task) -> None:
        """The task is off its CPU from now on."""
        self._spend(task, "")

    def enter(self, event: SyscallEvent) -> None:
        """From user code into a call."""
        self._spend(event.task, "")
        self._called[event.task] = event.name

    def leave(self, event: SyscallEvent) -> None:
        """And back."""
        asleep = event.task.kernel.sched.current is not event.task or event.task.call is not None
        self._spend(event.task, "wait" if asleep else "")
        self._called.pop(event.task, None)

    def exited(self, task: Task) -> None:
        """The task is over."""
        self._spend(task, "")
        self._since.pop(task, None)
        self._called.pop(task, None)

    def close(self) -> None:
        """Write the stacks, in order."""
        for stack, time_ns in sorted(self._times.items()):
            if time_ns >= 1000:
                self._out.write(f"{';'.join(stack)} {time_ns // 1000}\n")
        self._out.flush()

    def _spend(self, task: Task, how: str) -> None:
        now = task.kernel.clock.monotonic_ns()
        began = self._since.get(task)
        self._since[task] = now
        if began is None:
            return
        name = task.comm.decode(errors="replace").replace(";", "_")
        call = self._called.get(task)
        innermost = (call, how) if call and how else (call or how or "user",)
        self._times[(name, task.abi.name, *innermost)] += now - began
