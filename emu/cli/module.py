"""``emu module``: begin a module, and check one on every ABI."""

from __future__ import annotations

import argparse
import os

from emu.cli.usage import fail

PROBLEMS, USAGE = 1, 2


def main(argv: list[str]) -> int:
    """Do what the arguments say; answers the exit status."""
    arguments = parser().parse_args(argv)
    if arguments.command == "new":
        return new(arguments.name, arguments.kind, arguments.to)
    return check_everywhere(arguments.file, arguments.values, arguments.abi)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(prog="emu module", description="Help with kernel modules.")
    from emu.module_tools.starters import KINDS

    commands = p.add_subparsers(dest="command", required=True)
    starter = commands.add_parser("new", help="write a commented module and its test")
    starter.add_argument("name", metavar="NAME")
    starter.add_argument("--kind", choices=KINDS, default="proc")
    starter.add_argument("--to", metavar="FOLDER", default=".", help="where (here)")
    checker = commands.add_parser("check", help="load, use, misuse and unload one on every ABI")
    checker.add_argument("file", metavar="FILE")
    checker.add_argument("values", metavar="NAME=VALUE", nargs="*", help="its parameters")
    checker.add_argument("--abi", action="append", help="on this ABI only; may be repeated")
    return p


def new(name: str, kind: str, folder: str) -> int:
    """Write NAME.py and test_NAME.sh."""
    from emu.module_tools.starters import starter

    if not name.isidentifier():
        return fail(f"{name!r} is no name for a module", USAGE)
    for file_name, text in starter(name, kind).items():
        path = os.path.join(folder, file_name)
        if os.path.exists(path):
            return fail(f"{path} exists", USAGE)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        print(path)
    return 0


def check_everywhere(path: str, values: list[str], abis: list[str] | None) -> int:
    """Check a module on all ABIs, or those named, and tell what was found."""
    from emu.arch.abi import Abi, abi_names
    from emu.kernel.module.loader import CannotLoad
    from emu.module_tools.check import check

    known = abi_names()
    unknown = [name for name in abis or () if name not in known]
    if unknown:
        return fail(f"unknown ABI {unknown[0]}; there are {', '.join(known)}", USAGE)
    found: dict[str, list[str]] = {}
    shown: list[str] = []
    count = 0
    for name in abis or known:
        for order in ("big", "little") if len(Abi.load(name).isas) > 1 else (None,):
            try:
                report = check(path, " ".join(values), name, order)
            except CannotLoad as error:
                return fail(str(error), USAGE)
            count += 1
            lines = [*report.problems, *(f"note: {note}" for note in report.notes)]
            state = f"{len(report.problems)} problems" if report.problems else "ok"
            if report.files and report.files != shown:
                shown = report.files
                print("makes " + " ".join(shown))
            print(f"{report.abi}: {state}")
            for line in lines:
                found.setdefault(line, []).append(report.abi)
    for line, where in found.items():
        print(f"{line} [{'every ABI' if len(where) == count else ', '.join(where)}]")
    return PROBLEMS if any(not line.startswith("note: ") for line in found) else 0
