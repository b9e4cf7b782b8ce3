"""``emu conform``: check that a kernel keeps the rules of its ABIs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from emu.cli.usage import HelpFormatter, fail
from emu.conformance.report import Report, as_html, as_json, as_junit, as_text
from emu.conformance.run import EMU, CannotRun, run
from emu.conformance.suite import SUITES, program_of
from emu.conformance.target import TARGETS, Target

USAGE = 2


def main(argv: list[str]) -> int:
    """Run suites; answers 0 if every failure is explained."""
    arguments = parser().parse_args(argv)
    unknown = [name for name in arguments.abi if not matching(name)]
    unknown += [name for name in arguments.suite if name not in SUITES]
    if unknown:
        known = f"targets are {', '.join(TARGETS)}; suites are {', '.join(SUITES)}"
        return fail(f"conform: there is no {', '.join(unknown)}; {known}", USAGE)
    wanted = arguments.abi or list(TARGETS)
    targets = [target for name in wanted for target in matching(name)]
    suites = [suite for suite in SUITES if suite in (arguments.suite or SUITES)]
    if arguments.list:
        return print_checks(targets, suites)
    if arguments.write:
        return write_programs(targets, suites, Path(arguments.write))
    report = Report(arguments.on)
    for target in targets:
        try:
            report.outcomes[target.name] = run(target, suites, arguments.on)
        except CannotRun as why:
            report.skipped[target.name] = str(why)
        if sys.stderr.isatty():
            print(f"\r{target.name:<20}", end="", file=sys.stderr, flush=True)
    for path, make in (
        (arguments.json, as_json), (arguments.junit, as_junit), (arguments.html, as_html),
    ):  # fmt: skip
        if path:
            Path(path).write_text(make(report))
    print(as_text(report, arguments.verbose))
    return 1 if report.unexplained or not report.outcomes else 0


def parser() -> argparse.ArgumentParser:
    """The options of ``emu conform``."""
    p = argparse.ArgumentParser(
        prog="emu conform",
        formatter_class=HelpFormatter,
        description="Check that a kernel keeps the rules of its ABIs. Each check is a few system "
        "calls in a small static program, the same file wherever it runs.",
    )
    p.add_argument(
        "--abi", action="append", default=[], metavar="NAME",
        help="check this target, or all of an ABI; may be given several times (all)",
    )  # fmt: skip
    p.add_argument(
        "--suite", action="append", default=[], metavar="NAME", help=f"one of {', '.join(SUITES)}"
    )
    p.add_argument(
        "--on", default=EMU, metavar="WHERE",
        help="emu, native, qemu-user, or a command that the program's path is put behind (emu)",
    )  # fmt: skip
    p.add_argument("--json", metavar="FILE", help="write all outcomes")
    p.add_argument("--junit", metavar="FILE", help="write JUnit XML")
    p.add_argument("--html", metavar="FILE", help="write one page with the matrix")
    p.add_argument("--list", action="store_true", help="list the checks, and run none")
    p.add_argument("--write", metavar="DIR", help="write the programs there, and run none")
    p.add_argument("-v", "--verbose", action="store_true", help="tell explained failures, too")
    return p


def matching(name: str) -> list[Target]:
    """The target of this name, or those of an ABI."""
    if name in TARGETS:
        return [TARGETS[name]]
    return [target for target in TARGETS.values() if target.abi_name == name]


def print_checks(targets: list[Target], suites: list[str]) -> int:
    """One line a check."""
    for target in targets:
        for name in program_of(target, suites)[1]:
            print(f"{target.name}: {name}")
    return 0


def write_programs(targets: list[Target], suites: list[str], folder: Path) -> int:
    """The ELFs, to be run on another machine; each prints TAP."""
    folder.mkdir(parents=True, exist_ok=True)
    for target in targets:
        for suite in suites:
            image, names = program_of(target, [suite])
            if names:
                path = folder / f"{target.name.replace(':', '-')}-{suite}"
                path.write_bytes(image)
                path.chmod(0o755)
    return 0
