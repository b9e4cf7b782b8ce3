"""What every form of a comparison says: tables and lists, before they are text or a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from emu.compare.alignment import Pair
from emu.record import field, record

if TYPE_CHECKING:
    from emu.compare.abis import Column
    from emu.compare.recording import Recording
    from emu.compare.ways import Comparison, Way
    from emu.trace.traps import Trap


@record
class Table:
    """Rows of facts, one column for each thing that is compared."""

    title: str
    columns: list[str]
    rows: list[tuple[str, list[str]]]


@record
class Report:
    """A comparison, ready to be written."""

    title: str
    tables: list[Table] = field(default_factory=list)
    chains: list[tuple[str, list[str]]] = field(default_factory=list)
    """A way in and the pointers that it follows to the handler."""

    bars: list[tuple[str, list[tuple[str, float]]]] = field(default_factory=list)
    """A measure, and each column's value."""

    steps: list[tuple[str, list[Any]]] = field(default_factory=list)
    """A way in and its steps."""

    pairs: list[tuple[str, tuple[str, str], list[Pair]]] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


def of_ways(comparison: Comparison) -> Report:
    """The ways in of an instruction set."""
    ways = comparison.ways
    labels = [way.label for way in ways]
    report = Report(f"The ways into the kernel on {comparison.isa}", [way_table(ways)])
    for way in ways:
        report.chains.append((f"{way.label}: {way.path.instruction}", chain(way)))
        report.steps.append((f"{way.label}: {way.path.title}", list(way.path.steps)))
    counts = [way.path.counts for way in ways]
    report.bars.extend(
        [
            (
                "words of memory read on the way in",
                values(labels, [c.memory_reads for c in counts]),
            ),
            ("words of memory written", values(labels, [c.memory_writes for c in counts])),
            ("levels of indirection", values(labels, [c.indirections for c in counts])),
        ]
    )
    if all(way.cost_us is not None for way in ways):
        costs = [way.cost_us or 0 for way in ways]
        report.bars.append(("cost of a trap here, microseconds", values(labels, costs)))
    for (kind, first, other), pairs in comparison.pairs.items():
        report.pairs.append((f"{kind}: {first} and {other}", (first, other), pairs))
    report.findings.extend(findings(ways))
    return report


def way_table(ways: list[Way]) -> Table:
    """The facts of each way."""
    rows: list[tuple[str, list[str]]] = [
        ("instruction", [way.path.instruction for way in ways]),
        ("table", [way.path.table for way in ways]),
        ("getpid is number", [str(way.number_of("getpid")) for way in ways]),
        ("number in", [way.number_register for way in ways]),
        ("arguments in", [" ".join(way.argument_registers) for way in ways]),
        ("bits of an argument", [str(way.path.argument_bits) for way in ways]),
        ("a pointer is cut off", [way.truncation or "no" for way in ways]),
        ("may change besides", [" ".join(way.path.clobbers) or "nothing" for way in ways]),
        ("changed in the samples", [changed(way) for way in ways]),
        ("levels of indirection", [str(way.path.counts.indirections) for way in ways]),
        ("- by hardware alone", [str(way.path.hardware().indirections) for way in ways]),
        ("words read by hardware", [str(way.path.hardware().memory_reads) for way in ways]),
        ("words written by hardware", [str(way.path.hardware().memory_writes) for way in ways]),
        ("words read in all", [str(way.path.counts.memory_reads) for way in ways]),
        ("words written in all", [str(way.path.counts.memory_writes) for way in ways]),
        ("read and written on return", [on_return(way) for way in ways]),
        ("instructions between traps", [f"{way.between:.1f}" for way in ways]),
    ]
    if any(way.cost_us is not None for way in ways):
        rows.append(("cost of a trap here", [f"{way.cost_us or 0:.2f} us" for way in ways]))
    return Table("Side by side", [way.label for way in ways], rows)


def changed(way: Way) -> str:
    """Registers that really changed, without the result's."""
    names = {
        name
        for each in way.recordings.values()
        for trap in each.traps
        for name in trap.changed
        if name in trap.path.clobbers
    }
    return " ".join(sorted(names)) or "nothing"


def on_return(way: Way) -> str:
    """Words on the way back."""
    counts = way.path.return_counts
    return f"{counts.memory_reads} / {counts.memory_writes}"


def chain(way: Way) -> list[str]:
    """What is followed from the instruction to the handler."""
    return [text.partition(" -> ")[0] for text in way.path.indirections()]


def values(labels: list[str], numbers: Iterable[float]) -> list[tuple[str, float]]:
    """Each column's value."""
    return list(zip(labels, numbers, strict=True))


def findings(ways: list[Way]) -> list[str]:
    """The sentences that the numbers make."""
    said = []
    first, *others = ways
    for other in others:
        gone = [link for link in chain(first) if link not in chain(other)]
        added = [link for link in chain(other) if link not in chain(first)]
        if len(gone) > len(added):
            word = "level" if len(gone) == 1 else "levels"
            instead = f"; it follows {', '.join(added)} instead" if added else ""
            said.append(
                f"{other.path.instruction} ({other.label}) bypasses {len(gone)} {word} of "
                f"indirection of {first.path.instruction}: {', '.join(gone)}{instead}."
            )
    for way in ways:
        if way.truncation:
            said.append(f"{way.path.instruction} ({way.label}) cuts pointers: {way.truncation}.")
    numbers = [f"{way.number_of('getpid')} by {way.path.table}" for way in ways]
    said.append(f"getpid is {', '.join(dict.fromkeys(numbers))}.")
    return said


def of_abis(columns: list[Column]) -> Report:
    """All ABIs."""
    names = list(dict.fromkeys(name for column in columns for name in column.facts))
    rows = [(name, [column.facts.get(name, "-") for column in columns]) for name in names]
    report = Report("All ABIs side by side")
    report.tables.append(Table("Facts", [column.label for column in columns], rows))
    numbers = [(column.label, float(column.facts["levels of indirection"])) for column in columns]
    report.bars.append(("levels of indirection", numbers))
    costs = [column.facts.get("cost of a trap here", "") for column in columns]
    if all(costs):
        of_each = [float(text.split()[0]) for text in costs]
        labels = [column.label for column in columns]
        report.bars.append(("cost of a trap here, microseconds", values(labels, of_each)))
    return report


def of_programs(a: Recording, b: Recording, pairs: list[Pair]) -> Report:
    """Two programs."""
    rows: list[tuple[str, list[str]]] = [
        ("ABI", [a.abi, b.abi]),
        ("by", [", ".join(a.ways) or "no trap", ", ".join(b.ways) or "no trap"]),
        ("traps", [str(len(a.traps)), str(len(b.traps))]),
        ("exit status", [ending(a.status), ending(b.status)]),
        ("bytes of output", [str(len(a.output)), str(len(b.output))]),
        ("the same output", ["yes" if a.output == b.output else "no"] * 2),
        ("instructions up to the last trap", [str(a.instructions), str(b.instructions)]),
    ]
    report = Report(f"{a.label} and {b.label}", [Table("Runs", [a.label, b.label], rows)])
    report.pairs.append(("Traps", (a.label, b.label), pairs))
    first = next((pair for pair in pairs if telling(pair)), None)
    if first is None:
        report.findings.append("All calls, arguments and results are the same.")
    else:
        trap = first.a or first.b
        assert trap is not None
        report.findings.append(f"The first difference is in call {trap.index}: {summary(first)}")
    return report


TELLING = ("name", "result", "errno", "cut off")


def telling(pair: Pair) -> bool:
    """Whether a pair does something else, and not only in another way."""
    if pair.a is None or pair.b is None:
        return True
    return any(is_telling(each.kind) for each in pair.differences)


def is_telling(kind: str) -> bool:
    """Whether a kind of difference is one of what calls do."""
    return kind in TELLING or ("argument " in kind and "," in kind)


def summary(pair: Pair) -> str:
    """A pair in one line."""
    if pair.a is None or pair.b is None:
        side, trap = ("a", pair.a) if pair.a is not None else ("b", pair.b)
        return f"only {side} makes it: {shown(trap)}"
    kinds = [
        f"{each.kind} {each.a} | {each.b}" for each in pair.differences if is_telling(each.kind)
    ]
    return f"{pair.a.name}: {'; '.join(kinds) or 'the same'}"


def shown(trap: Trap | None) -> str:
    """A trap as strace has it."""
    return "" if trap is None else f"{trap.call} = {trap.result}"


def ending(status: int) -> str:
    """An exit status for people."""
    return f"signal {status & 0x7F}" if status & 0x7F else str(status >> 8)


def as_data(report: Report) -> dict[str, Any]:
    """The report for programs to read."""
    return {
        "title": report.title,
        "findings": report.findings,
        "tables": [
            {"title": t.title, "columns": t.columns, "rows": dict(t.rows)}
            for t in report.tables
        ],
        "indirections": dict(report.chains),
        "steps": {
            name: [[s.actor, s.name, s.does, s.source, s.memory_reads, s.memory_writes, s.follows]
                   for s in steps]
            for name, steps in report.steps
        },
        "pairs": [
            {
                "title": title, "a": labels[0], "b": labels[1],
                "traps": [
                    {"a": shown(pair.a) or None, "b": shown(pair.b) or None,
                     "differences": {d.kind: [d.a, d.b] for d in pair.differences}}
                    for pair in pairs
                ],
            }
            for title, labels, pairs in report.pairs
        ],
    }  # fmt: skip
