"""``emu coverage``: which system calls of each ABI work, which partly, and which answer ENOSYS."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from emu.arch.abi import Abi, abi_names
from emu.cli.usage import fail
from emu.conformance.ran import load_ran
from emu.kernel import sys as handlers
from emu.kernel.syscall import Syscall, collect, find_handler
from emu.record import record

WIDTH = 96
WORKS, PARTLY, UNTRIED, MISSING = "works", "partly", "untried", "ENOSYS"
MARKS = {WORKS: "✓", PARTLY: "◐", UNTRIED: "○", MISSING: "·"}


@record
class Call:
    """A system call of an ABI: how far it works, and what is missing where it works partly."""

    name: str
    state: str
    missing: str = ""


def main(argv: list[str]) -> int:
    """Print the counts of all ABIs, or one ABI's calls that do not wholly work."""
    parser = argparse.ArgumentParser(prog="emu coverage", description=__doc__)
    parser.add_argument("abi", nargs="?", help="list this ABI's calls that do not wholly work")
    parser.add_argument("--markdown", action="store_true", help="a page of all calls and ABIs")
    arguments = parser.parse_args(argv)
    if arguments.markdown:
        print("\n".join(coverage_page()))
        return 0
    if arguments.abi is None:
        for name, calls in all_calls().items():
            print(f"{name:<10}{counted(calls)}, of {len(calls)}")
        return 0
    if arguments.abi not in abi_names():
        return fail(f"{arguments.abi} is no ABI; `emu abi` lists them", 2)
    for line in of_one_abi(calls_of(Abi.load(arguments.abi))):
        print(line)
    return 0


def all_calls() -> dict[str, list[Call]]:
    """The calls of all ABIs."""
    return {name: calls_of(Abi.load(name)) for name in abi_names()}


def calls_of(abi: Abi) -> list[Call]:
    """An ABI's calls, in the table's order.

    One that has a handler is only said to work, wholly or partly, if a test ran it by this ABI.
    """
    declared, ran = collect(handlers.modules()), load_ran()

    def call(name: str, syscall: Syscall | None) -> Call:
        if syscall is None:
            return Call(name, MISSING)
        if abi.name not in ran.get(syscall.entry, ()):
            return Call(name, UNTRIED, syscall.missing)
        return Call(name, PARTLY if syscall.missing else WORKS, syscall.missing)

    return [
        call(row.name, find_handler(declared, row.entry, abi.canonical_entry(row.entry)))
        for row in abi.syscalls.values()
    ]


def counted(calls: list[Call]) -> str:
    """How many calls there are of each state."""
    states = [call.state for call in calls]
    return ", ".join(f"{states.count(state):>3} {state}" for state in MARKS)


def of_one_abi(calls: list[Call]) -> Iterator[str]:
    """The calls that do not wholly work, by state."""
    partly = [call for call in calls if call.state == PARTLY]
    if partly:
        yield "partly:"
        yield from (f"  {call.name}: {call.missing}" for call in partly)
    for state, title in ((UNTRIED, "no test ran:"), (MISSING, "ENOSYS:")):
        names = [call.name for call in calls if call.state == state]
        if names:
            yield title
            yield from wrapped(names)


def coverage_page() -> Iterator[str]:
    """Which calls of which ABIs work, as a page: a call's row, an ABI's column."""
    calls = all_calls()
    found = {abi: {call.name: call for call in of_abi} for abi, of_abi in calls.items()}
    names = sorted(set().union(*found.values()))
    yield "# Coverage\n"
    yield "✓ works, ◐ works partly (see below), ○ has a handler that no test ran by this ABI,"
    yield "· answers ENOSYS; empty where the ABI has no such call. What was run is recorded by"
    yield "`python -m tests.coverage`.\n"
    yield f"| call | {' | '.join(found)} |"
    yield f"|---|{':-:|' * len(found)}"
    for state, mark in MARKS.items():
        counts = (str(sum(call.state == state for call in calls[abi])) for abi in found)
        yield f"| {mark} {state} | {' | '.join(counts)} |"
    for name in names:
        marks = (MARKS[found[a][name].state] if name in found[a] else "" for a in found)
        yield f"| {name} | {' | '.join(marks)} |"
    yield "\n## What is missing where a call works partly\n"
    missing = {call.name: call.missing for of_abi in calls.values() for call in of_abi}
    yield "| call | what it does not do |"
    yield "|---|---|"
    yield from (f"| {name} | {missing[name]} |" for name in names if missing[name])


def wrapped(words: list[str]) -> Iterator[str]:
    """Words in indented lines that fit a terminal."""
    line = " "
    for word in words:
        if len(line) + len(word) >= WIDTH:
            yield line
            line = " "
        line += f" {word}"
    yield line
