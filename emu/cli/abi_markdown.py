"""`emu abi --markdown`: the reference pages, made of the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from emu.arch.abi import Abi, Row, abi_names
from emu.cli.abi import describe, error_place, number_place, parameters_of


def overview_page() -> Iterator[str]:
    """All ABIs, and where each one's calls have their number, arguments and result."""
    yield "# The ABIs\n"
    rows = []
    for abi in map(Abi.load, abi_names()):
        registers = abi.isa.registers
        arguments = " ".join(registers[number] for number in abi.convention.arguments)
        rows.append((
            f"[{abi.name}]({abi.name}.md)", str(abi.word_bits), " ".join(abi.ways),
            number_place(abi), arguments, registers[abi.convention.result], error_place(abi),
            str(len(abi.syscalls)),
        ))  # fmt: skip
    head = ("ABI", "long", "way in", "number", "arguments", "result", "error", "calls")
    yield from table(head, rows)


def abi_page(abi: Abi) -> Iterator[str]:
    """An ABI's convention, system calls with the place of each argument, errors and signals."""
    facts = [(line[2:16].strip(), line[16:]) for line in list(describe(abi))[1:]]
    yield f"# {abi.name}\n"
    yield from table(("", ""), facts)
    yield "\n## System calls\n"
    rows = [(str(r.nr), r.name, code(r.entry), arguments_of(abi, r)) for r in in_order(abi)]
    yield from table(("number", "call", "entry point", "arguments"), rows)
    yield "\n## Errors\n"
    errors = sorted((number, name) for name, number in abi.errno.items())
    yield from table(("number", "error"), [(str(number), name) for number, name in errors])
    yield "\n## Signals\n"
    signals = sorted((number, name) for name, number in abi.signals.items())
    yield from table(("number", "signal"), [(str(number), name) for number, name in signals])


def in_order(abi: Abi) -> list[Row]:
    """The table's rows by number."""
    return [abi.syscalls[number] for number in sorted(abi.syscalls)]


def arguments_of(abi: Abi, row: Row) -> str:
    """The parameters of a call and where each is: ``x0: int dfd``."""
    found = parameters_of(abi, row)
    if found is None:
        return "unknown"
    return ", ".join(f"{where}: {code(declared)}" for where, declared in found)


def code(text: str) -> str:
    """Text as it is."""
    return f"`{text}`"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table's lines."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
