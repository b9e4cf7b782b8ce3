"""What `emu run --strace` and `emu strace` share: strace(1)'s options and what they make."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from emu.trace.errors import BadExpression

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.kernel.events import Tracer
    from emu.trace.filter import Filter
    from emu.trace.output import Output

    Options = argparse._ArgumentGroup


def add_options(group: Options) -> None:
    """The options that have the same letters in both commands."""
    add = group.add_argument
    add("-o", dest="output", metavar="FILE", help="write to a file; |COMMAND to a command")
    add("-A", dest="append", action="store_true", help="append to the file")
    add("-f", dest="follow", action="count", default=0,
        help="trace children and threads, too; -ff with -o: a FILE.PID for each")  # fmt: skip
    add("-e", dest="expressions", metavar="EXPR", action="append", default=[],
        help="trace=SET, status=SET, signal=SET, inject=SET:..., abbrev, verbose, raw, read, "
        "write, quiet: see strace(1)")  # fmt: skip
    add("-s", dest="string_limit", metavar="N", type=int, default=32, help="string length shown")
    add("-a", dest="column", metavar="COLUMN", type=int, default=40, help="where results stand")
    add("-P", dest="trace_path", metavar="PATH", action="append", default=[],
        help="only calls that are about this file")  # fmt: skip
    add("-z", dest="only", action="store_const", const="successful", help="only successful calls")
    add("-Z", dest="only", action="store_const", const="failed", help="only failed calls")
    add("-v", dest="verbose", action="store_true", help="structs and lists in full")
    add("-x", dest="hexadecimal", action="count", default=0,
        help="strings that are not ASCII in hexadecimal; -xx: all")  # fmt: skip
    add("-y", dest="descriptors", action="count", default=0,
        help="paths of descriptors; -yy: devices, too")  # fmt: skip
    add("-i", dest="counter", action="store_true", help="the program counter")
    add("-k", dest="stacks", action="store_true", help="the stack, by frame pointers")
    add("-n", dest="numbers", action="store_true", help="the system call's number")
    add("-T", dest="durations", action="store_true", help="how long each call took")
    add("-q", dest="quiet", action="count", default=0, help="fewer messages; -qq fewer still")
    add("-c", dest="summary", action="store_const", const="only", help="only count calls")
    add("-C", dest="summary", action="store_const", const="also", help="count calls, too")
    add("-w", dest="wall", action="store_true", help="count wall time, which is done anyway")
    add(
        "-S",
        dest="sort",
        metavar="ORDER",
        default="time",
        help="sort -c by time, min-time, max-time, avg-time, calls, errors, name, nothing",
    )
    add("--columns", dest="columns", metavar="NAMES", help="the columns of -c (strace's -U)")
    add("--json", metavar="FILE", help="events as JSON lines")
    add("--timeline", metavar="FILE", help="a timeline for Perfetto or chrome://tracing")
    add("--folded", metavar="FILE", help="folded stacks for flame graphs")


def wanted(arguments: argparse.Namespace) -> bool:
    """Whether any kind of trace is asked for."""
    kinds = ("strace", "json", "timeline", "folded")
    return any(getattr(arguments, kind, None) for kind in kinds)


def make_tracer(arguments: argparse.Namespace) -> tuple[Tracer, list[Callable[[], None]]]:
    """The tracer for the options, and what is to be called at the end. OSError, `BadExpression`."""
    from emu.kernel.events import Tracers
    from emu.trace.output import open_text

    tracers: list[Any] = []
    if arguments.strace:
        tracers += strace(arguments)
    if arguments.json:
        from emu.trace.jsonl import JsonLines

        tracers.append(JsonLines(open_text(arguments.json)))
    if arguments.timeline:
        from emu.trace.timeline import Timeline

        tracers.append(Timeline(open_text(arguments.timeline)))
    if arguments.folded:
        from emu.trace.folded import FoldedStacks

        tracers.append(FoldedStacks(open_text(arguments.folded)))
    ends = [tracer.close for tracer in tracers]
    return tracers[0] if len(tracers) == 1 else Tracers(tracers), ends


def strace(arguments: argparse.Namespace) -> list[Tracer]:
    """Strace's text, its table, or both."""
    from emu.trace.filter import Filter

    expressions = list(arguments.expressions)
    if arguments.only:
        expressions.append(f"status={arguments.only}")
    filtered = Filter(expressions)
    tracers: list[Tracer] = []
    output = open_output(arguments)
    if arguments.summary != "only":
        tracers.append(text(arguments, filtered, output))
    if arguments.summary:
        from emu.trace.summary import DEFAULT_COLUMNS, Summary

        columns = arguments.columns.split(",") if arguments.columns else DEFAULT_COLUMNS
        out = sys.stderr if arguments.output is None else output.of(None).out  # type: ignore[arg-type]
        follow = bool(arguments.follow)
        tracers.insert(
            0, Summary(out, filtered=filtered, follow=follow, order=arguments.sort, columns=columns)
        )
    return tracers


def text(arguments: argparse.Namespace, filtered: Filter, output: Output) -> Tracer:
    """The trace itself."""
    from emu.trace.format.style import Style, everybody, nobody
    from emu.trace.leader import Leader
    from emu.trace.paths import PathFilter
    from emu.trace.strace import Strace

    to_file = arguments.output is not None
    pids = "never"
    if arguments.follow and not output.separate:
        pids = "always" if to_file else "several"
    return Strace(
        output,
        expressions=filtered,
        follow=bool(arguments.follow),
        style=Style(
            string_limit=arguments.string_limit,
            column=arguments.column,
            hexadecimal=min(arguments.hexadecimal, 2),
            descriptors=min(arguments.descriptors, 2),
            abbreviated=nobody if arguments.verbose else everybody,
        ),
        leader=Leader(pids, getattr(arguments, "times", ""), arguments.numbers, arguments.counter),
        durations=arguments.durations,
        stacks=arguments.stacks,
        paths=PathFilter(arguments.trace_path) if arguments.trace_path else None,
        quiet=quietness(arguments.quiet, filtered.quiet),
        notices=sys.stderr if to_file else None,
    )


def quietness(options: int, messages: set[str]) -> int:
    """0 says all, 1 nothing of attaching, 2 nothing of ending either."""
    if "exit" in messages:
        return 2
    return max(options, 1 if "attach" in messages else 0)


def open_output(arguments: argparse.Namespace) -> Output:
    """Where the text goes. OSError."""
    from emu.trace.output import Output, SeparateFiles

    if arguments.output is None:
        return Output(sys.stderr)
    if arguments.follow > 1:
        if arguments.summary:
            raise BadExpression("-c and -ff exclude each other")
        return SeparateFiles(arguments.output, arguments.append)
    return Output.to(arguments.output, arguments.append)
