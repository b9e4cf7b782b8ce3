"""Functions that are called when system calls enter and leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.events import Tracer
from emu.trace.selection import Selection, call_matcher

if TYPE_CHECKING:
    from emu.kernel.events import SyscallEvent

Action = Callable[["SyscallEvent"], object]


class Hook(Tracer):
    """Calls its functions for the calls of a set."""

    def __init__(self, calls: str, enter: Action | None, leave: Action | None) -> None:
        self._calls: Selection[SyscallEvent] = Selection.parse(calls, call_matcher)
        self._enter = enter
        self._leave = leave

    def enter(self, event: SyscallEvent) -> None:
        """A call begins."""
        if self._enter is not None and event in self._calls:
            self._enter(event)

    def leave(self, event: SyscallEvent) -> None:
        """A call has ended."""
        if self._leave is not None and event in self._calls:
            self._leave(event)
