"""Each number leads to the call that the kernel's table names."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from emu.conformance.checks import Argument, Checks
from emu.conformance.suites.conventions import the_largest

_TABLE = Path(__file__).parents[1] / "numbers.tsv"
_NOBODY = 0x3FFFFFFF
_BUFFER_BYTES = 512
# Entry points that take their arguments in another form than their sisters.
_OTHER_FORM = (
    "sys_old_", "compat_sys_old_", "sys_sync_file_range2", "sys_ni_syscall", "sysm_pipe",
)  # fmt: skip


def every_row(c: Checks) -> None:
    """One check for each row of the ABI's table that has a harmless call."""
    for number, row in sorted(c.abi.syscalls.items()):
        calls = harmless_calls().get(row.name)
        if not calls or row.entry.startswith(_OTHER_FORM):
            continue
        c.check(f"{row.name} is {number:#x}")
        for arguments, outcome in calls:
            c.trap(number, *(_argument(c, a) for a in arguments))
            _expect(c, outcome)


@cache
def harmless_calls() -> dict[str, list[tuple[list[str], str]]]:
    """Arguments and outcomes by the call's name."""
    calls: dict[str, list[tuple[list[str], str]]] = {}
    for name, arguments, outcome in _rows():
        calls.setdefault(name, []).append((arguments.split(), outcome))
    return calls


def _rows() -> Iterator[list[str]]:
    for line in _TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def _argument(c: Checks, text: str) -> Argument:
    match text:
        case "buf":
            return c.space(_BUFFER_BYTES)
        case "bad":
            return 8
        case "nobody":
            return _NOBODY
        case _ if text.startswith("'"):
            return c.text(text.strip("'"))
        case _:
            return int(text)


def _expect(c: Checks, outcome: str) -> None:
    if outcome.endswith("?"):
        c.skip_if("ENOSYS", "the kernel was built without it")
    outcome = outcome.rstrip("?")
    if outcome.startswith(">"):
        c.result_in(0 if "=" in outcome else 1, the_largest(c))
    elif outcome.isdigit():
        c.result(int(outcome))
    else:
        c.error(outcome)


CHECKS = (every_row,)
