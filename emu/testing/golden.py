"""Golden traces: a trace's text is compared with the one that was committed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emu.testing.compare import diff

if TYPE_CHECKING:
    from emu.outcome import Outcome

FOLDER = "golden"
OPTION = "--emu-update"


class GoldenTraces:
    """Compares with, or (`update`) writes, the files ``golden/NAME.strace`` beside a test."""

    def __init__(self, folder: Path, update: bool) -> None:
        self._folder = folder / FOLDER
        self._update = update

    def __call__(self, name: str, trace: Outcome | str) -> None:
        """Assert that a run's trace, or a text, is the golden one of this name."""
        __tracebackhide__ = True
        text = trace if isinstance(trace, str) else trace.strace
        path = self._folder / f"{name}.strace"
        if self._update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            return
        if not path.exists():
            raise AssertionError(f"there is no {path}: {OPTION} writes it")
        found = diff(path.read_text(), text, f"{FOLDER}/{path.name}", "this run")
        if found:
            raise AssertionError(f"the trace is another one; {OPTION} accepts it\n{found}")
