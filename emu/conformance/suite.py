"""The list of suites, and the program that a target's suites make."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module

from emu.conformance.checks import Checks, Missing
from emu.conformance.program import with_table
from emu.conformance.table import Op
from emu.conformance.target import Target

SUITES = (
    "entry", "conventions", "numbers", "errnos", "flags", "structures", "ioctls", "files", "memory",
    "processes", "signals", "times", "pseudofiles",
)  # fmt: skip

Check = Callable[[Checks], None]


def program_of(
    target: Target, suites: Iterable[str] = SUITES, token: str = "0"
) -> tuple[bytes, list[str]]:
    """The ELF that checks these suites on a target, and its checks' names in order."""
    checks = Checks(target, token)
    table = checks.table
    own = {row.name: nr for nr, row in target.runner_abi.syscalls.items()}
    table.words += [own["write"], own["exit"], 0]
    for name in suites:
        checks.suite(name)
        module = import_module(f"emu.conformance.suites.{name}")
        for write in module.CHECKS:
            before = len(table.words), len(checks.names)
            try:
                write(checks)
            except Missing:  # not for this ABI
                del table.words[before[0] :], checks.names[before[1] :]
    table.words[2] = len(checks.names)
    table.add(Op.END)
    return with_table(target, table.finish(checks.runner.table)), checks.names
