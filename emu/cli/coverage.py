"""``emu coverage``: which system calls of each ABI have a handler, and which answer ENOSYS."""

from __future__ import annotations

import argparse

from emu.arch.abi import Abi, abi_names
from emu.cli.usage import fail
from emu.kernel import sys as handlers
from emu.kernel.syscall import Syscall, collect, find_handler

WIDTH = 96


def main(argv: list[str]) -> int:
    """Print the counts of all ABIs, or one ABI's calls without a handler."""
    parser = argparse.ArgumentParser(prog="emu coverage", description=__doc__)
    parser.add_argument("abi", nargs="?", help="list this ABI's missing calls")
    arguments = parser.parse_args(argv)
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


def wrapped(words: list[str]) -> list[str]:
    """Words in lines that fit a terminal."""
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) >= WIDTH:
            lines.append("")
        lines[-1] += f"{word} "
    return [line.rstrip() for line in lines]
