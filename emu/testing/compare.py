"""Comparing runs: what is not the same is shown as a diff."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from emu.machine import Config, Machine
from emu.outcome import Outcome, run
from emu.testing.selection import AbiName, all_abis

if TYPE_CHECKING:
    Program = str | bytes | os.PathLike[str]

ASPECTS = ("status", "output", "errors")


def assert_same(
    one: Outcome,
    other: Outcome,
    *,
    aspects: Sequence[str] = ASPECTS,
    names: tuple[str, str] = ("expected", "answered"),
) -> None:
    """Assert that two runs ended with the same status, output and errors."""
    __tracebackhide__ = True
    found = differences(one, other, aspects, names)
    if found:
        raise AssertionError(f"{names[0]} and {names[1]} differ\n{found}")


def assert_same_on_all_abis(
    programs: Mapping[str, Program] | str,
    *arguments: str,
    stdin: bytes = b"",
    aspects: Sequence[str] = ASPECTS,
) -> dict[str, Outcome]:
    """Assert that the programs of all ABIs end alike, each on a machine of its own.

    `programs` maps ABIs to programs, or is a path with ``{abi}`` for the ABI's name, of which
    those that are there are run. What is compared is in `aspects`: ``status``, ``output``,
    ``errors``, ``called`` (the names of the calls). Answers the runs by ABI.
    """
    __tracebackhide__ = True
    chosen = programs if isinstance(programs, Mapping) else existing(programs)
    if len(chosen) < 2:
        raise ValueError(f"nothing to compare: {programs!r} names {len(chosen)} programs")
    runs: dict[str, Outcome] = {}
    for abi, program in chosen.items():
        machine = Machine(Config(deterministic=True))
        runs[abi] = run(program, *arguments, machine=machine, stdin=stdin, trace=True)
        machine.kill_all()
    reference = most_common(runs, aspects)
    report = [
        differences(runs[reference], outcome, aspects, (reference, abi))
        for abi, outcome in runs.items()
    ]
    if any(report):
        alike = sum(not text for text in report)
        text = "\n".join(filter(None, report))
        raise AssertionError(f"{alike} of {len(runs)} ABIs end as {reference} does\n{text}")
    return runs


def existing(pattern: str) -> dict[AbiName, Program]:
    """The programs of a pattern's folders that are there. `ValueError` without ``{abi}``."""
    if "{abi}" not in pattern:
        raise ValueError(f"{pattern!r} has no {{abi}} in it")
    paths = {abi: pattern.replace("{abi}", abi) for abi in all_abis()}
    return {abi: path for abi, path in paths.items() if os.path.isfile(path)}


def aspect(outcome: Outcome, name: str) -> str:
    """One thing by which runs are compared, as text."""
    if name == "called":
        return "".join(f"{call.name}\n" for call in outcome.calls)
    value = getattr(outcome, name)
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return f"{value}\n"


def differences(
    one: Outcome, other: Outcome, aspects: Sequence[str], names: tuple[str, str]
) -> str:
    """What differs, as unified diffs; empty if nothing does."""
    return "".join(
        diff(aspect(one, what), aspect(other, what), *(f"{what} of {name}" for name in names))
        for what in aspects
    )


def diff(one: str, other: str, name: str, other_name: str) -> str:
    """A unified diff; empty if there is no difference."""
    lines = difflib.unified_diff(
        one.splitlines(), other.splitlines(), name, other_name, lineterm="", n=3
    )
    return "".join(f"{line}\n" for line in lines) or (
        "" if one == other else f"{name} and {other_name} differ in the end of their last line\n"
    )


def most_common(runs: Mapping[str, Outcome], aspects: Sequence[str]) -> str:
    """The first ABI whose way of ending most others share."""
    ways = {abi: tuple(aspect(run, what) for what in aspects) for abi, run in runs.items()}
    counts = list(ways.values())
    return max(ways, key=lambda abi: counts.count(ways[abi]))
