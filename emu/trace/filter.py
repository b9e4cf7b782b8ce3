"""Which calls are traced, and how: strace's ``-e`` expressions. See strace(1), Filtering."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emu.kernel.signal.numbers import signal_name
from emu.record import replace
from emu.trace.errors import BadExpression
from emu.trace.injector import Injector
from emu.trace.selection import (
    Selection,
    call_matcher,
    descriptor_matcher,
    name_matcher,
    signal_matcher,
)

if TYPE_CHECKING:
    from emu.kernel.events import SyscallEvent
    from emu.kernel.task import Task
    from emu.trace.format.style import Style

__all__ = ["BadExpression", "Filter"]

QUALIFIERS = {
    "trace": "trace", "t": "trace", "status": "status", "signal": "signal", "signals": "signal",
    "s": "signal", "abbrev": "abbrev", "a": "abbrev", "verbose": "verbose", "v": "verbose",
    "raw": "raw", "x": "raw", "read": "read", "reads": "read", "r": "read", "write": "write",
    "writes": "write", "w": "write", "inject": "inject", "fault": "fault", "quiet": "quiet",
    "silent": "quiet", "silence": "quiet", "q": "quiet",
}  # fmt: skip
STATUSES = ("successful", "failed", "unfinished", "unavailable", "detached")
QUIET = ("attach", "exit", "path-resolution", "personality", "thread-execve", "superseded")


class Filter:
    """The calls, results and signals that expressions ask for; without any, all of them.

    ``trace=open,close``, ``!close``, ``%file``, ``/^f?stat``, ``all``, ``none``, ``read@32``; a
    ``?`` before a name lets it be unknown. ``status=failed``; ``signal=!SIGCHLD``;
    ``abbrev``, ``verbose`` and ``raw`` with sets of calls; ``read`` and ``write`` with sets of
    descriptors; ``inject`` and ``fault``, see `Injector`; ``quiet=attach,exit``. Raises
    `BadExpression`.
    """

    def __init__(self, expressions: Sequence[str] = ()) -> None:
        self._calls: Selection[SyscallEvent] = Selection([], True)
        self._signals: Selection[str] = Selection([], True)
        self._statuses: set[str] | None = None
        self._styles: dict[str, Selection[str]] = {}
        self._injector = Injector()
        self.dumped_reads: Selection[int] | None = None
        self.dumped_writes: Selection[int] | None = None
        self.quiet: set[str] = set()
        for expression in expressions:
            self._add(expression)

    @property
    def by_status(self) -> bool:
        """Whether a call's end decides."""
        return self._statuses is not None

    @property
    def dumps(self) -> bool:
        """Whether the data of some descriptors is written."""
        return self.dumped_reads is not None or self.dumped_writes is not None

    @property
    def injects(self) -> bool:
        """Whether calls are tampered with."""
        return bool(self._injector)

    def inject(self, event: SyscallEvent) -> None:
        """Tamper with a call that enters, if it is its turn."""
        self._injector.decide(event)

    def wants(self, event: SyscallEvent) -> bool:
        """Whether a call is to be shown."""
        return event in self._calls

    def wants_result(self, event: SyscallEvent) -> bool:
        """Whether a call that ended so is to be shown."""
        if self._statuses is None:
            return True
        return ("failed" if event.error is not None else "successful") in self._statuses

    def wants_unfinished(self) -> bool:
        """Whether a call in which its task ended is to be shown."""
        return self._statuses is None or "unfinished" in self._statuses

    def wants_signal(self, task: Task, signal: int) -> bool:
        """Whether a signal, by the kernel's number, is to be shown."""
        return signal_name(signal) in self._signals

    def applied_to(self, style: Style) -> Style:
        """A style with what ``abbrev``, ``verbose`` and ``raw`` say."""
        fields = {"abbrev": "abbreviated", "verbose": "dereferenced", "raw": "raw"}
        changes = {fields[kind]: chosen.__contains__ for kind, chosen in self._styles.items()}
        return replace(style, **changes) if changes else style

    def _add(self, expression: str) -> None:
        qualifier, equals, value = expression.partition("=")
        if not equals:
            qualifier, value = "trace", expression
        kind = QUALIFIERS.get(qualifier)
        match kind:
            case "trace":
                self._calls = Selection.parse(value, call_matcher)
            case "signal":
                self._signals = Selection.parse(value, signal_matcher)
            case "status":
                self._statuses = named_set(value, STATUSES, "status")
            case "abbrev" | "verbose" | "raw":
                self._styles[kind] = Selection.parse(value, name_matcher)
            case "read":
                self.dumped_reads = Selection.parse(value, descriptor_matcher)
            case "write":
                self.dumped_writes = Selection.parse(value, descriptor_matcher)
            case "inject" | "fault":
                self._injector.add(value, default_error="ENOSYS" if kind == "fault" else "")
            case "quiet":
                self.quiet = named_set(value, QUIET, "message")
            case _:
                raise BadExpression(f"unknown kind of expression: {qualifier}")


def named_set(text: str, names: Sequence[str], kind: str) -> set[str]:
    """``failed``, ``!failed``, ``successful,failed``, ``all``, ``none``."""
    listed = text.removeprefix("!")
    special: dict[str, set[str]] = {"all": set(names), "none": set()}
    chosen = special.get(listed, set(listed.split(",")))
    if not chosen <= set(names):
        raise BadExpression(f"no such {kind}: {', '.join(sorted(chosen - set(names)))}")
    return set(names) - chosen if text.startswith("!") else chosen
