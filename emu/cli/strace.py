"""``emu strace``: run a program and trace its system calls, with strace(1)'s options."""

from __future__ import annotations

import argparse

from emu.cli import run, tracing
from emu.cli.module_options import parse
from emu.cli.usage import fail

OF_THE_HOST = {
    "-p": "attaching", "-D": "a tracer in the background", "-I": "blocked signals",
    "-b": "detaching", "-d": "strace's own debugging",
}  # fmt: skip


def main(argv: list[str]) -> int:
    """Trace a program; answers its exit status, or ends by the signal that ended it."""
    arguments = parse(parser(), argv)
    if arguments.times > 3:
        return fail("-t may be given three times", run.USAGE)
    if arguments.times and arguments.relative:
        return fail("-t and -r exclude each other", run.USAGE)
    arguments.times = "r" if arguments.relative else "t" * arguments.times
    for variable in arguments.variables:
        name, equals, value = variable.partition("=")
        if equals:
            arguments.set_env.append((name, value))
        else:
            arguments.unset_env.append(name)
    arguments.strace = True
    return run.start(arguments)


def parser() -> argparse.ArgumentParser:
    """The options of ``emu strace``: strace's letters come before those of ``emu run``."""
    p = argparse.ArgumentParser(
        prog="emu strace",
        usage="emu strace [options] PROGRAM [ARGUMENT...]",
        description="Trace a program's system calls as strace(1) does, of any supported ABI.",
        parents=[run.parser(add_help=False)],
        conflict_handler="resolve",
    )
    group = p.add_argument_group("strace's options")
    tracing.add_options(group)
    add = group.add_argument
    add("-t", dest="times", action="count", default=0,
        help="the time of day; -tt with microseconds, -ttt since the epoch")  # fmt: skip
    add("-r", dest="relative", action="store_true", help="the time since the last line")
    add("-U", dest="columns", metavar="NAMES", help="the columns of -c")
    add("-E", dest="variables", metavar="K[=V]", action="append", default=[],
        help="set or unset an environment variable")  # fmt: skip
    add("-u", dest="user", metavar="UID:GID", type=run.user_argument, help="who runs it (0:0)")
    p.set_defaults(set_env=[], unset_env=[])  # of options whose letters mean something else here
    for letter, what in OF_THE_HOST.items():
        add(letter, action=NotHere, what=what, nargs=0, help=argparse.SUPPRESS)
    return p


class NotHere(argparse.Action):
    """An option of strace that has no meaning for a program that only this process runs."""

    def __init__(self, *args: object, what: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.what = what

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """End with the reason."""
        parser.error(f"{self.option_strings[0]}: {self.what} is not supported")
