"""Where a trace is written: one stream, a command's input, or a file for each task."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from emu.kernel.task import Task

FLUSH_EVERY_S = 0.05
"""A file that somebody follows is as old as this at most while tasks come and go."""


class Stream:
    """One sequence of lines. `open_line` is whose line it ends in, None after a whole one.

    What is `patient` need not be seen at once: it is buffered, and flushed now and then.
    """

    def __init__(self, out: TextIO, patient: bool = False) -> None:
        self.out = out
        self.patient = patient
        self.open_line: Task | None = None
        self.held = ""
        """The part of the open line that is not written yet."""
        self._flushed = time.monotonic()

    def begin(self, task: Task, text: str) -> None:
        """Write a line up to its middle."""
        self.interrupt()
        self.open_line = task
        if self.patient:
            self.held = text
        else:
            self.out.write(text)
            self.out.flush()

    def resume(self, task: Task) -> bool:
        """Whether the open line is the task's: then it goes on with `end`."""
        if self.open_line is not task:
            return False
        self.open_line = None
        return True

    def end(self, text: str) -> None:
        """Write the rest of a line, or a whole one."""
        if self.held:
            text, self.held = self.held + text, ""
        self.out.write(text)
        if not self.patient:
            self.out.flush()

    def interrupt(self) -> None:
        """End another's line in the middle."""
        if self.open_line is not None:
            self.open_line = None
            self.end(" <unfinished ...>\n")

    def flush(self, *, now: bool = False) -> None:
        """Let readers of the file see what was written, if that was not done just before."""
        if self.held:
            self.out.write(self.held)
            self.held = ""
        moment = time.monotonic()
        if now or moment - self._flushed > FLUSH_EVERY_S:
            self._flushed = moment
            self.out.flush()


class Output:
    """The streams of a trace: `of` says which one a task's lines go to."""

    separate = False
    """Whether each task has its own stream."""

    def __init__(self, out: TextIO, close: Callable[[], object] | None = None) -> None:
        self._stream = Stream(out, patient=close is not None)
        self._close = close

    @classmethod
    def to(cls, name: str, append: bool = False) -> Output:
        """A file, or with ``|COMMAND`` or ``!COMMAND`` a command's input. OSError."""
        if name[:1] in ("|", "!"):
            command = subprocess.Popen(
                name[1:], shell=True, stdin=subprocess.PIPE, text=True, errors="replace"
            )
            pipe = cast("TextIO", command.stdin)

            def close() -> None:
                pipe.close()
                command.wait()

            return cls(pipe, close)
        out = open_text(name, append)
        return cls(out, out.close)

    def of(self, task: Task) -> Stream:
        """The stream for a task's lines."""
        return self._stream

    def flush(self) -> None:
        """See `Stream.flush`."""
        if self._stream.patient:
            self._stream.flush()

    def close(self) -> None:
        """Write what is held back."""
        self._stream.flush(now=True)
        if self._close is not None:
            self._close()


class SeparateFiles(Output):
    """``-ff -o FILE``: a FILE.PID for each task."""

    separate = True

    def __init__(self, name: str, append: bool = False) -> None:
        self._name = name
        self._append = append
        self._streams: dict[int, Stream] = {}

    def of(self, task: Task) -> Stream:
        """The task's own file."""
        stream = self._streams.get(task.pid)
        if stream is None:
            out = open_text(f"{self._name}.{task.pid}", self._append)
            self._streams[task.pid] = stream = Stream(out, patient=True)
        return stream

    def flush(self) -> None:
        """See `Stream.flush`."""
        for stream in self._streams.values():
            stream.flush()

    def close(self) -> None:
        """Write what is held back."""
        for stream in self._streams.values():
            stream.flush(now=True)
            stream.out.close()


def open_text(name: str, append: bool = False) -> TextIO:
    """A file for text that may hold any byte of the guest's."""
    return open(name, "a" if append else "w", buffering=1 << 16, errors="replace")
