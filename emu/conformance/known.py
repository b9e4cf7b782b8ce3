"""Differences from Linux that are known: whose they are, and why."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from emu.record import record

_FILE = Path(__file__).parent / "known.toml"


@record
class Known:
    """A pattern of checks that somebody other than Linux answers otherwise."""

    where: str
    targets: tuple[str, ...]
    checks: tuple[str, ...]
    why: str

    def covers(self, where: str, target: str, check: str) -> bool:
        """Whether a failure is this one."""
        return (
            where == self.where
            and any(fnmatchcase(target, pattern) for pattern in self.targets)
            and any(fnmatchcase(check, pattern) for pattern in self.checks)
        )


def explanation(where: str, target: str, check: str) -> str:
    """Why a failure is not Linux's and not the check's; empty if nobody knows."""
    return next((k.why for k in known() if k.covers(where, target, check)), "")


@cache
def known() -> tuple[Known, ...]:
    """The list, as the file beside has it."""
    rows = tomllib.loads(_FILE.read_text())["difference"]
    return tuple(
        Known(row["where"], tuple(row["targets"]), tuple(row["checks"]), row["why"]) for row in rows
    )
