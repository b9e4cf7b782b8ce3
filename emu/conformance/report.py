"""The result of many runs: a matrix of targets and suites, as text, JSON, JUnit and HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape

from emu.conformance.known import explanation
from emu.conformance.suite import SUITES
from emu.conformance.tap import Outcome
from emu.record import field, record


@record
class Report:
    """Outcomes by target, or the reason why there are none."""

    where: str
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def failures(self) -> Iterator[tuple[str, Outcome, str]]:
        """Target, outcome and explanation of what did not pass."""
        for target, outcomes in self.outcomes.items():
            for outcome in outcomes:
                if not outcome.passed:
                    yield target, outcome, explanation(self.where, target, outcome.name)

    @property
    def unexplained(self) -> int:
        """How many failures nobody has explained."""
        return sum(not why for _, _, why in self.failures())

    def count(self, target: str, suite: str) -> tuple[int, int]:
        """How many checks passed, and how many there are."""
        mine = [o for o in self.outcomes[target] if o.suite == suite]
        return sum(o.passed for o in mine), len(mine)

    @property
    def suites(self) -> list[str]:
        """The suites that have checks, in their order."""
        seen = {o.suite for outcomes in self.outcomes.values() for o in outcomes}
        return [suite for suite in SUITES if suite in seen]


def as_text(report: Report, verbose: bool) -> str:
    """The matrix, what failed and why."""
    width = max([len(t) for t in report.outcomes] or [0]) + 2
    columns = [(suite, max(len(suite), 7)) for suite in report.suites]
    lines = [" " * width + " ".join(f"{suite:>{size}}" for suite, size in columns) + "    all"]
    for target, outcomes in report.outcomes.items():
        cells = [f"{cell(report, target, suite):>{size}}" for suite, size in columns]
        passed = sum(o.passed for o in outcomes)
        whole = f"{passed}" if passed == len(outcomes) else f"{passed}/{len(outcomes)}"
        lines.append(f"{target:<{width}}{' '.join(cells)}{whole:>7}")
    lines += [f"{target}: skipped, {why}" for target, why in report.skipped.items()]
    checks = sum(len(outcomes) for outcomes in report.outcomes.values())
    failures = list(report.failures())
    lines.append(
        f"{checks} checks on {report.where}: {checks - len(failures)} passed, "
        f"{len(failures) - report.unexplained} failures explained, {report.unexplained} not"
    )
    for target, outcome, why in failures:
        if not why or verbose:
            lines.append(f"  {target}: {outcome.name}: {outcome.detail}")
            if why:
                lines.append(f"      {why}")
    return "\n".join(lines)


def cell(report: Report, target: str, suite: str) -> str:
    """How a suite went: the number of checks, or passed/all."""
    passed, count = report.count(target, suite)
    if not count:
        return "-"
    return f"{count}" if passed == count else f"{passed}/{count}"


def as_json(report: Report) -> str:
    """All outcomes."""
    tree = {
        "on": report.where,
        "skipped": report.skipped,
        "targets": {
            target: [
                {
                    "check": o.name, "passed": o.passed, "detail": o.detail,
                    "explained": "" if o.passed else explanation(report.where, target, o.name),
                }
                for o in outcomes
            ]
            for target, outcomes in report.outcomes.items()
        },
    }  # fmt: skip
    return json.dumps(tree, indent=1)


def as_junit(report: Report) -> str:
    """JUnit's XML: a suite for each target; an explained failure is a skipped case."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for target, outcomes in report.outcomes.items():
        lines.append(f'<testsuite name="{escape(target)}" tests="{len(outcomes)}">')
        for o in outcomes:
            _, _, name = o.name.partition(": ")
            case = f'<testcase classname="{escape(target)}.{o.suite}" name="{escape(name)}"'
            why = "" if o.passed else explanation(report.where, target, o.name)
            if o.passed:
                lines.append(f"{case}/>")
            elif why:
                lines.append(f'{case}><skipped message="{escape(why)}"/></testcase>')
            else:
                lines.append(f'{case}><failure message="{escape(o.detail)}"/></testcase>')
        lines.append("</testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 80rem; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #8884; }
th:first-child, td:first-child { text-align: left; }
td.bad { background: #d3302f33; } td.known { background: #e6a70033; } td.none { opacity: .4; }
li { margin: .3rem 0; } code { font-size: .9em; }
"""


def as_html(report: Report) -> str:
    """One page without anything from elsewhere."""
    head = "".join(f"<th>{escape(suite)}</th>" for suite in report.suites)
    rows = []
    for target in report.outcomes:
        cells = "".join(
            f'<td class="{_class(report, target, suite)}">{cell(report, target, suite)}</td>'
            for suite in report.suites
        )
        rows.append(f"<tr><td>{escape(target)}</td>{cells}</tr>")
    failures = "".join(
        f"<li><b>{escape(target)}</b> {escape(o.name)}: <code>{escape(o.detail)}</code> "
        f"{escape(why)}</li>"
        for target, o, why in report.failures()
    )
    title = f"ABI conformance on {escape(report.where)}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f'<h1>{title}</h1><div class="wide"><table><tr><th></th>{head}</tr>{"".join(rows)}</table>'
        f"</div><h2>Failures</h2><ul>{failures or '<li>none</li>'}</ul></html>\n"
    )


def _class(report: Report, target: str, suite: str) -> str:
    passed, count = report.count(target, suite)
    if not count:
        return "none"
    if passed == count:
        return "good"
    mine = [why for t, o, why in report.failures() if t == target and o.suite == suite]
    return "known" if all(mine) else "bad"
