"""A comparison as text of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.compare.report import shown

if TYPE_CHECKING:
    from emu.compare.alignment import Pair
    from emu.compare.report import Report, Table

WIDTH = 80
LEAST_COLUMN = 16
UNTOLD = ("steps", "memory reads", "memory writes", "indirections", "may change", "table",
          "instruction", "argument bits")  # fmt: skip
"""Differences of a way in, which the table above tells once."""


def text(report: Report, *, everything: bool = False) -> str:
    """The whole report."""
    return "\n".join(lines(report, everything)) + "\n"


def lines(report: Report, everything: bool) -> Iterator[str]:
    """Title, findings, tables, chains, and the calls side by side."""
    yield report.title
    yield "=" * len(report.title)
    for finding in report.findings:
        yield from textwrap.wrap(f"* {finding}", WIDTH, subsequent_indent="  ")
    for table in report.tables:
        yield ""
        yield from table_lines(table)
    if report.chains:
        yield ""
        yield "What is followed on the way to the handler:"
    for name, links in report.chains:
        yield from textwrap.wrap(
            f"  {name} -> {' -> '.join(links)} -> handler", WIDTH, subsequent_indent="      "
        )
    for title, (a, b), pairs in report.pairs:
        yield ""
        yield f"{title}"
        yield "-" * len(title)
        for pair in pairs:
            yield from pair_lines(pair, a, b, everything)


def table_lines(table: Table) -> Iterator[str]:
    """The columns in as many blocks as the width asks for."""
    names = max(len(name) for name, _ in table.rows)
    count = len(table.columns)
    fitting = max(1, (WIDTH - names - 2) // (LEAST_COLUMN + 2))
    for start in range(0, count, fitting):
        chosen = range(start, min(start + fitting, count))
        width = min(34, (WIDTH - names - 2) // len(chosen) - 2)
        yield from row_lines("", [table.columns[i] for i in chosen], names, width)
        yield "-" * (names + (width + 2) * len(chosen))
        for name, row in table.rows:
            yield from row_lines(name, [row[i] for i in chosen], names, width)
        if start + fitting < count:
            yield ""


def row_lines(name: str, cells: list[str], names: int, width: int) -> Iterator[str]:
    """One row, in as many lines as its longest cell needs."""
    wrapped = [textwrap.wrap(cell, width) or [""] for cell in cells]
    for index in range(max(len(cell) for cell in wrapped)):
        parts = [cell[index] if index < len(cell) else "" for cell in wrapped]
        head = name if index == 0 else ""
        yield (f"{head:<{names}}  " + "  ".join(part.ljust(width) for part in parts)).rstrip()


def pair_lines(pair: Pair, a: str, b: str, everything: bool) -> Iterator[str]:
    """Two calls, and what differs."""
    if pair.a is None or pair.b is None:
        trap, side = (pair.a, a) if pair.a is not None else (pair.b, b)
        yield from wrapped(f"only {side}: {shown(trap)}", "  ")
        return
    left, right = shown(pair.a), shown(pair.b)
    if left == right:
        yield from wrapped(f"both: {left}", "  ")
    else:
        yield from wrapped(f"{a}: {left}", "  ")
        yield from wrapped(f"{b}: {right}", "  ")
    told = [each for each in pair.differences if everything or each.kind not in UNTOLD]
    for each in told:
        yield from wrapped(f"{each.kind}: {each.a} | {each.b}", "      ")


def wrapped(line: str, indent: str) -> list[str]:
    """A line in as many as it needs."""
    return textwrap.wrap(
        line, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False
    )
