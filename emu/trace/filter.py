"""Which calls are traced: strace's ``-e`` expressions. See strace(1), FILTERING."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from emu.kernel.signal.numbers import signal_name
from emu.trace.classes import CLASSES, of_class

if TYPE_CHECKING:
    from emu.kernel.events import SyscallEvent
    from emu.kernel.task import Task

QUALIFIERS = {
    "trace": "trace", "t": "trace", "status": "status", "signal": "signal", "signals": "signal",
    "s": "signal",
}  # fmt: skip
STATUSES = ("successful", "failed", "unfinished", "unavailable", "detached")


class BadExpression(ValueError):
    """An expression that strace would not understand either."""


class Filter:
    """The calls, results and signals that expressions ask for; without any, all of them.

    ``trace=open,close``, ``!close``, ``%file``, ``/^f?stat``, ``all``, ``none``; a ``?`` before
    a name has no effect. ``status=failed``; ``signal=!SIGCHLD``. Raises `BadExpression`.
    """

    def __init__(self, expressions: Sequence[str] = ()) -> None:
        self._calls = Selection([], True)
        self._signals = Selection([], True)
        self._statuses: set[str] | None = None
        for expression in expressions:
            self._add(expression)

    @property
    def by_status(self) -> bool:
        """Whether a call's end decides."""
        return self._statuses is not None

    def wants(self, event: SyscallEvent) -> bool:
        """Whether a call is to be shown."""
        return event.name in self._calls

    def wants_result(self, event: SyscallEvent) -> bool:
        """Whether a call that ended so is to be shown."""
        if self._statuses is None:
            return True
        return ("failed" if event.error is not None else "successful") in self._statuses

    def wants_signal(self, task: Task, signal: int) -> bool:
        """Whether a signal, by the kernel's number, is to be shown."""
        return signal_name(signal) in self._signals

    def _add(self, expression: str) -> None:
        qualifier, equals, value = expression.partition("=")
        if not equals:
            qualifier, value = "trace", expression
        kind = QUALIFIERS.get(qualifier)
        if kind is None:
            raise BadExpression(f"unknown kind of expression: {qualifier}")
        if kind == "trace":
            self._calls = Selection.parse(value, call_matcher)
        elif kind == "signal":
            self._signals = Selection.parse(value, signal_matcher)
        else:
            self._statuses = parse_statuses(value)


class Selection:
    """Names that any of some matchers knows, or all the others."""

    def __init__(self, matchers: Iterable[Matcher], inverted: bool) -> None:
        self._matchers = list(matchers)
        self._inverted = inverted
        self._known: dict[str, bool] = {}

    @classmethod
    def parse(cls, text: str, matcher: MakeMatcher) -> Selection:
        """``a,b``, ``!a,b``, ``all`` or ``none``."""
        inverted = text.startswith("!")
        names = text.removeprefix("!").split(",")
        if names == ["all"]:
            return cls([], not inverted)
        if names == ["none"]:
            return cls([], inverted)
        return cls([matcher(name) for name in names if name], inverted)

    def __contains__(self, name: str) -> bool:
        known = self._known.get(name)
        if known is None:
            known = any(matcher(name) for matcher in self._matchers) != self._inverted
            self._known[name] = known
        return known


def call_matcher(text: str) -> Matcher:
    """What a name, a class or a regular expression means."""
    text = text.removeprefix("?")
    if text.startswith("/"):
        try:
            pattern = re.compile(text[1:])
        except re.error as error:
            raise BadExpression(f"{text}: {error}") from None
        return lambda name: pattern.search(name) is not None
    if text.startswith("%") or text in ("file", "desc", "process", "network", "signal", "memory"):
        group = text.removeprefix("%")
        if group not in CLASSES:
            raise BadExpression(f"no class of system calls is called {text}")
        return lambda name: of_class(name, group)
    wanted = text.partition("@")[0]
    return lambda name: name == wanted


def signal_matcher(text: str) -> Matcher:
    """A signal, with or without SIG."""
    wanted = text if text.startswith("SIG") else f"SIG{text}"
    return lambda name: name == wanted.upper()


def parse_statuses(text: str) -> set[str]:
    """``failed``, ``!failed``, ``successful,failed``."""
    names = set(text.removeprefix("!").split(","))
    if not names <= set(STATUSES):
        raise BadExpression(f"no such status: {', '.join(sorted(names - set(STATUSES)))}")
    return set(STATUSES) - names if text.startswith("!") else names


if TYPE_CHECKING:
    from collections.abc import Callable

    Matcher = Callable[[str], bool]
    MakeMatcher = Callable[[str], Matcher]
