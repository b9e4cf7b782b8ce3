"""``emu compare``: two programs, or one by two ways in, all ways in, or all ABIs, side by side."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from typing import TYPE_CHECKING

from emu.arch.isa import ISAS
from emu.cli import run
from emu.cli.usage import HelpFormatter, fail
from emu.kernel.errno import KernelError
from emu.machine import ProgramNotFound
from emu.trace.errors import BadExpression

if TYPE_CHECKING:
    from emu.compare.report import Report

EXAMPLES = """examples:
  emu compare --paths x86-64 --html paths.html
  emu compare --abis
  emu compare --path syscall --path int80 samples/programs/x86-64/hello-syscall
  emu compare samples/programs/arm64/errors-svc samples/programs/mips-o32/errors-syscall
  emu compare -L rootfs/arm64 '/bin/busybox true' '/bin/busybox false'
"""


class Formatter(HelpFormatter, argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal, with the examples as they are."""


def main(argv: list[str]) -> int:
    """Compare; answers 0, or 2 for what cannot be compared."""
    options = parser().parse_args(argv)
    from emu.compare.samples import NoSamples
    from emu.kernel.detour import NoSuchWay

    try:
        report = make_report(options)
    except (BadExpression, NoSamples) as error:
        return fail(str(error), run.USAGE)
    except ProgramNotFound as missing:
        return fail(f"{missing}: not found in the guest's root or on the host", run.NOT_FOUND)
    except KernelError as error:
        return fail(run.why(error), run.CANNOT_RUN)
    except NoSuchWay as error:
        return fail(str(error), run.USAGE)
    if report is None:
        return fail(
            "give two programs, one program and --path twice, --paths ISA, or --abis", run.USAGE
        )
    write(report, options)
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of ``emu compare``."""
    p = argparse.ArgumentParser(
        prog="emu compare",
        description="Compare two programs' system calls, one program's by two ways into the "
        "kernel, the ways of an instruction set, or all ABIs.",
        epilog=EXAMPLES,
        formatter_class=Formatter,
    )
    p.add_argument(
        "programs", nargs="*", metavar="PROGRAM",
        help="two programs; quoted with arguments: '/bin/busybox ls /'",
    )  # fmt: skip
    p.add_argument("--paths", metavar="ISA", choices=list(ISAS), help="the ways in, by the samples")
    p.add_argument(
        "--path", metavar="WAY", action="append", default=[],
        help="given twice: one program, all of whose calls go by this way (syscall, int80, "
        "sysenter), beside the same by the other",
    )  # fmt: skip
    p.add_argument("--abis", action="store_true", help="all ABIs")
    p.add_argument(
        "-L", dest="layer", metavar="DIR", action="append", default=[],
        help="a folder of the guests' root, read-only; later ones lie on top",
    )  # fmt: skip
    p.add_argument(
        "--bind", metavar="HOST:GUEST", action="append", default=[], type=run.bind_argument,
        help="show a host file or folder at a place in the guests",
    )  # fmt: skip
    p.add_argument(
        "-e", dest="expressions", metavar="EXPR", action="append", default=[],
        help="only these calls, as strace's trace=SET",
    )  # fmt: skip
    p.add_argument("--all", action="store_true", help="tell what follows from the way in, too")
    p.add_argument("--no-cost", action="store_true", help="do not measure what a trap costs")
    p.add_argument("--json", metavar="FILE", help="write JSON; - is the standard output")
    p.add_argument("--html", metavar="FILE", help="write one self-contained page")
    return p


def make_report(options: argparse.Namespace) -> Report | None:
    """What was asked for; None if that is unclear."""
    from emu.compare import report

    if options.paths and not options.programs and not options.abis:
        from emu.compare.ways import compare_ways

        return report.of_ways(compare_ways(options.paths, measure=not options.no_cost))
    if options.abis and not options.programs:
        from emu.compare.abis import compare_abis

        return report.of_abis(compare_abis(measure=not options.no_cost))
    two = (len(options.programs), len(options.path)) in ((2, 0), (1, 2))
    if not two or options.abis or options.paths:
        return None
    from emu.compare.alignment import aligned
    from emu.compare.recording import record_run
    from emu.trace.filter import Filter

    programs = [shlex.split(text) for text in options.programs]
    runs = [(words, "") for words in programs]
    if options.path:
        runs = [(programs[0], way) for way in options.path]
    a, b = (
        record_run(
            program, arguments, layers=options.layer, binds=options.bind,
            filtered=Filter(options.expressions), way=way,
        )
        for (program, *arguments), way in runs
    )  # fmt: skip
    return report.of_programs(a, b, aligned(a.traps, b.traps))


def write(report: Report, options: argparse.Namespace) -> None:
    """As text, JSON, a page, or several of them."""
    if options.html:
        from emu.compare.html import page

        with open(options.html, "w", encoding="utf-8") as out:
            out.write(page(report))
    if options.json:
        from emu.compare.report import as_data

        data = json.dumps(as_data(report), indent=1, ensure_ascii=False) + "\n"
        if options.json == "-":
            sys.stdout.write(data)
        else:
            with open(options.json, "w", encoding="utf-8") as out:
                out.write(data)
    if not options.html and not options.json:
        from emu.compare.text import text

        sys.stdout.write(text(report, everything=options.all))
