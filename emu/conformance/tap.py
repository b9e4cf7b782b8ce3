"""What a run of checks printed: TAP version 14, as much of it as the runner writes."""

from __future__ import annotations

import re

from emu.record import record

_LINE = re.compile(r"(not )?ok \d+ - (.*?)(?: # SKIP .*)?")


@record
class Outcome:
    """One check's end. `detail` says what was found and what should have been."""

    name: str
    passed: bool
    detail: str = ""

    @property
    def suite(self) -> str:
        """The suite it belongs to."""
        return self.name.partition(":")[0]


def parse(output: str, names: list[str], end: str) -> list[Outcome]:
    """The outcomes of all checks in order; those that printed nothing failed by `end`."""
    found: dict[str, Outcome] = {}
    last: str | None = None
    for line in output.splitlines():
        match = _LINE.fullmatch(line)
        if match:
            last = match[2]
            # A child's failure and its parent's success are one failure.
            if last not in found or match[1]:
                found[last] = Outcome(last, not match[1])
        elif line.startswith("  # ") and last is not None and not found[last].passed:
            found[last] = Outcome(last, False, found[last].detail or line[4:])
    return [found.get(name) or Outcome(name, False, f"no answer: {end}") for name in names]
