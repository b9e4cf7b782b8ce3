"""A trace with one JSON object a line, for programs to read."""

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


class JsonLines(Tracer):
    """Writes every event as an object whose ``event`` says what it is.

    Arguments are the raw words, each the size of its parameter; ``error`` is the error's name.
    Times are nanoseconds of the monotonic clock.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def enter(self, event: SyscallEvent) -> None:
        """A call begins."""
        self._write(event.task, "enter", **described(event))

    def leave(self, event: SyscallEvent) -> None:
        """A call ends."""
        fields = described(event)
        if event.error is not None:
            fields["error"] = type(event.error).__name__
            if str(event.error):
                fields["reason"] = str(event.error)
        else:
            fields["result"] = event.result
        self._write(event.task, "leave", **fields)

    def signal(self, task: Task, info: SigInfo) -> None:
        """A task takes a signal."""
        self._write(
            task, "signal", signal=signal_name(info.signal), code=info.code, address=info.address
        )

    def fault(self, task: Task, fault: Fault) -> None:
        """User code raised an exception."""
        self._write(
            task, "fault", signal=fault.signal, code=fault.code, address=fault.address, pc=fault.pc
        )

    def created(self, task: Task) -> None:
        """There is a new task."""
        self._write(task, "created", parent=task.ppid, process=task.tgid)

    def exited(self, task: Task) -> None:
        """A task ended."""
        self._write(task, "exit", status=task.exit_status)

    def close(self) -> None:
        """Nobody writes any more."""
        self._out.flush()

    def _write(self, task: Task, event: str, **fields: Any) -> None:
        head = {"event": event, "time_ns": task.kernel.clock.monotonic_ns(), "pid": task.pid}
        json.dump({**head, **fields}, self._out, separators=(",", ":"))
        self._out.write("\n")


def described(event: SyscallEvent) -> dict[str, Any]:
    """Which call it is, and its arguments."""
    fields: dict[str, Any] = {
        "abi": event.task.abi.name,
        "way": event.way,
        "name": event.name,
        "number": event.number,
        "arguments": list(event.arguments),
    }
    if event.syscall is not None:
        fields["entry"] = event.syscall.entry
    return fields
