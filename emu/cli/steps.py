"""``emu steps``: a program's system calls one by one, from the instruction to the result."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any, TextIO

from emu.cli import run
from emu.cli.module_options import parse
from emu.cli.usage import columns, fail
from emu.trace.errors import BadExpression

if TYPE_CHECKING:
    from emu.trace.step_page import Line
    from emu.trace.traps import Trap

STYLES = {
    "title": "bold", "cpu": "cyan", "kernel": "green", "value": "bold", "changed": "yellow",
    "wrong": "bold red", "dim": "dim",
}  # fmt: skip
LEAST_WIDTH = 60
KEYS = "Enter or n: next, p: previous, NUMBER: that one, s: sources on or off, q: quit"


def main(argv: list[str]) -> int:
    """Show a program's traps; answers its exit status, or ends by the signal that ended it."""
    arguments = parse(parser(), argv)
    from emu.trace.filter import Filter
    from emu.trace.traps import TrapRecorder

    try:
        filtered = Filter(arguments.expressions)
    except BadExpression as error:
        return fail(str(error), run.USAGE)
    out = open(arguments.output, "w") if arguments.output else sys.stdout  # noqa: SIM115
    whole = arguments.all or arguments.interactive
    shower = Shower(out, arguments.sources, arguments.json, arguments.count, whole)
    traps: list[Trap] = []
    recorder = TrapRecorder(traps.append if arguments.interactive else shower.show, filtered)
    status = run.start(arguments, recorder)
    if arguments.interactive:
        walk(traps, shower)
    out.flush()
    return status


def parser() -> argparse.ArgumentParser:
    """The options of ``emu steps``, besides those of ``emu run``."""
    p = argparse.ArgumentParser(
        prog="emu steps",
        usage="emu steps [options] PROGRAM [ARGUMENT...]",
        description="Show a program's system calls step by step: instruction, registers, the way "
        "in with what hardware and kernel read and write, arguments, table, result.",
        parents=[run.parser(add_help=False, tracing_options=False)],
        conflict_handler="resolve",
    )
    seeing = p.add_argument_group("steps")
    seeing.add_argument(
        "-e", dest="expressions", metavar="EXPR", action="append", default=[],
        help="only these calls, as strace's trace=SET",
    )  # fmt: skip
    seeing.add_argument("-o", dest="output", metavar="FILE", help="write to a file")
    seeing.add_argument(
        "-i", "--interactive", action="store_true",
        help="run the program to its end, then walk forwards and back",
    )  # fmt: skip
    seeing.add_argument("--count", metavar="N", type=int, help="show the first N traps only")
    seeing.add_argument(
        "--sources", action="store_true", help="each step's manual section or kernel function"
    )
    seeing.add_argument(
        "--all", action="store_true", help="the steps of every trap, not of each way's first only"
    )
    seeing.add_argument("--json", action="store_true", help="one JSON object a line")
    p.set_defaults(count_instructions=True)
    return p


class Shower:
    """Writes traps: as pages, in colour on a terminal, or as JSON lines."""

    def __init__(
        self, out: TextIO, sources: bool, as_json: bool, count: int | None, whole: bool
    ) -> None:
        self._out = out
        self._whole = whole
        self._seen: dict[str, int] = {}
        """Each way in that was shown, and the trap where."""
        self.sources = sources
        self._json = as_json
        self._left = count
        self._console: Any = None
        if not as_json and out.isatty():
            self._console = make_console(out)

    def show(self, trap: Trap) -> None:
        """Write one, if not enough were written."""
        if self._left is not None:
            if self._left <= 0:
                return
            self._left -= 1
        if self._json:
            self._out.write(json.dumps(as_data(trap)) + "\n")
            return
        from emu.trace.step_page import page, plain

        width = max(LEAST_WIDTH, min(columns(), 100)) if self._out.isatty() else 80
        title = trap.path.title
        as_in = 0 if self._whole else self._seen.get(title, 0)
        self._seen.setdefault(title, trap.index)
        lines = page(trap, width=width, sources=self.sources, as_in=as_in)
        if self._console is None:
            self._out.write(plain(lines))
        else:
            for line in lines:
                self._console.print(styled(line), soft_wrap=True)
        self._out.flush()


def make_console(out: TextIO) -> Any:
    """A rich console, or None if rich is not installed."""
    try:
        from rich.console import Console
    except ImportError:
        return None
    return Console(file=out, highlight=False)


def styled(line: Line) -> Any:
    """A line in colour."""
    from rich.text import Text

    return Text.assemble(*((span.text, STYLES.get(span.role, "")) for span in line))


def walk(traps: list[Trap], shower: Shower) -> None:
    """Show one trap after the other as the user says, forwards and back."""
    place = 0
    while traps:
        shower.show(traps[place])
        answer = ask(f"[{place + 1} of {len(traps)}] {KEYS}\n> ")
        if answer is None or answer == "q":
            return
        if answer in ("", "n"):
            place = min(place + 1, len(traps) - 1)
        elif answer == "p":
            place = max(place - 1, 0)
        elif answer == "s":
            shower.sources = not shower.sources
        elif answer.isdecimal() and 1 <= int(answer) <= len(traps):
            place = int(answer) - 1


def ask(prompt: str) -> str | None:
    """What the user types; None at the end of input."""
    try:
        return input(prompt).strip()
    except (EOFError, KeyboardInterrupt):
        return None


def as_data(trap: Trap) -> dict[str, Any]:
    """A trap for programs to read."""
    path = trap.path
    return {
        "index": trap.index, "pid": trap.pid, "comm": trap.comm, "isa": trap.isa, "way": trap.way,
        "abi": trap.abi, "pc": trap.pc, "instructions": trap.instructions,
        "code": [[each.address, each.text] for each in trap.code],
        "name": trap.name, "number": trap.number, "entry": trap.entry,
        "arguments": [
            {"name": a.name, "place": a.place, "word": a.word, "value": a.value, "text": a.text,
             "lost": a.lost} for a in trap.arguments
        ],
        "handler": trap.handler, "call": trap.call, "result": trap.result,
        "error": trap.error or None, "slept": trap.slept, "notes": trap.notes,
        "before": trap.before, "after": trap.after,
        "changed": {name: list(pair) for name, pair in trap.changed.items()},
        "path": {
            "title": path.title, "table": path.table, "argument_bits": path.argument_bits,
            "clobbers": list(path.clobbers), "memory_reads": path.counts.memory_reads,
            "memory_writes": path.counts.memory_writes,
            "indirections": list(path.indirections()),
            "steps": [[step.actor, step.name, step.does, step.source] for step in path.steps],
        },
    }  # fmt: skip
