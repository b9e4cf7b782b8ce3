"""``emu coverage``: which system calls of each ABI have a handler, and which answer ENOSYS."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from emu.arch.abi import Abi, abi_names
from emu.cli.usage import fail
from emu.kernel import sys as handlers
from emu.kernel.syscall import Syscall, collect, find_handler

WIDTH = 96


def main(argv: list[str]) -> int:
    """Print the counts of all ABIs, or one ABI's calls without a handler."""
    parser = argparse.ArgumentParser(prog="emu coverage", description=__doc__)
    parser.add_argument("abi", nargs="?", help="list this ABI's missing calls")
    parser.add_argument("--markdown", action="store_true", help="a page of all calls and ABIs")
    arguments = parser.parse_args(argv)
    if arguments.markdown:
        print("\n".join(coverage_page()))
        return 0
    declared = collect(handlers.modules())
    if arguments.abi is None:
        for name in abi_names():
            abi = Abi.load(name)
            total = len(abi.syscalls)
            handled = total - len(missing(abi, declared))
            print(f"{name:<10}{handled:>4} of {total} system calls have a handler")
        return 0
    if arguments.abi not in abi_names():
        return fail(f"{arguments.abi} is no ABI; `emu abi` lists them", 2)
    for line in wrapped(missing(Abi.load(arguments.abi), declared)):
        print(line)
    return 0


def missing(abi: Abi, declared: dict[str, Syscall]) -> list[str]:
    """The names of an ABI's calls that nobody answers, in the table's order."""
    return [
        row.name
        for row in abi.syscalls.values()
        if find_handler(declared, row.entry, abi.canonical_entry(row.entry)) is None
    ]


def coverage_page() -> Iterator[str]:
    """Which calls of which ABIs have a handler, as a page: a call's row, an ABI's column."""
    declared = collect(handlers.modules())
    abis = [Abi.load(name) for name in abi_names()]
    lacking = {abi.name: set(missing(abi, declared)) for abi in abis}
    has = {abi.name: {row.name for row in abi.syscalls.values()} for abi in abis}
    names = sorted(set().union(*has.values()))
    yield "# Coverage\n"
    yield "✓ has a handler, · answers ENOSYS; empty where the ABI has no such call.\n"
    yield f"| call | {' | '.join(has)} |"
    yield f"|---|{':-:|' * len(has)}"
    counts = (f"{len(has[abi]) - len(lacking[abi])} of {len(has[abi])}" for abi in has)
    yield f"| handled | {' | '.join(counts)} |"
    for name in names:
        marks = ("" if name not in has[a] else "·" if name in lacking[a] else "✓" for a in has)
        yield f"| {name} | {' | '.join(marks)} |"


def wrapped(words: list[str]) -> list[str]:
    """Words in lines that fit a terminal."""
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) >= WIDTH:
            lines.append("")
        lines[-1] += f"{word} "
    return [line.rstrip() for line in lines]
