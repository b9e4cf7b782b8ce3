"""``emu run``: run one program, and pass its end on as a shell would see it."""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.cli import tracing
from emu.cli.module_options import (
    CannotStart,
    add_options,
    make_machine,
    parse,
    report_missing,
)
from emu.cli.usage import HelpFormatter, fail
from emu.kernel.clock import NSEC_PER_SEC, VirtualClock
from emu.kernel.errno import ENOENT, KernelError
from emu.kernel.kernel import KernelBug, Options, Unimplemented
from emu.kernel.sched import Deadlock
from emu.machine import (
    DEFAULT_ENVIRONMENT,
    DEFAULT_MEMORY,
    Bind,
    Config,
    ProgramNotFound,
    UnknownModel,
)
from emu.trace.errors import BadExpression

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.cli.terminal import HostTerminal
    from emu.kernel.events import Tracer
    from emu.kernel.net.host.rules import HostAccess
    from emu.kernel.task import Task

USAGE = 2
LEAST_MEMORY = 16 << 20
SOFTWARE = 70  # EX_SOFTWARE of sysexits.h
CANNOT_RUN = 126
NOT_FOUND = 127


def main(argv: list[str]) -> int:
    """Run a program; answers its exit status, or ends by the signal that ended it."""
    return start(parse(parser(), argv))


def start(arguments: argparse.Namespace, watcher: Tracer | None = None) -> int:
    """The same for options that are parsed, with somebody who watches."""
    if not arguments.terminal:
        ended = run(arguments, None, watcher)
    elif not os.isatty(0):
        return fail("-t: standard input is not a terminal", USAGE)
    else:
        from emu.cli.terminal import HostTerminal

        with HostTerminal(0) as terminal:
            ended = run(arguments, terminal, watcher)
    return ended if isinstance(ended, int) else end_as(ended)


def run(
    arguments: argparse.Namespace, terminal: HostTerminal | None, watcher: Tracer | None = None
) -> Task | int:
    """Run the program to its end; an exit status if it came to nothing."""
    options = Options(strict=arguments.strict, log=warn)
    if arguments.release:
        options.release = arguments.release
    if arguments.limit_tasks:
        options.limit_tasks = arguments.limit_tasks
    options.left_out = [name for name, wanted in arguments.config if not wanted]
    if arguments.hostname:
        options.hostname = arguments.hostname
    try:
        options.host_access = host_access(arguments)
    except (ValueError, OSError) as error:
        return fail(str(error), USAGE)
    config = Config(
        layers=arguments.layer,
        upper=arguments.upper,
        binds=arguments.bind,
        cpu_model=arguments.cpu,
        seed=arguments.seed,
        clock=VirtualClock() if arguments.clock == "virtual" else None,
        deterministic=arguments.deterministic or arguments.clock == "virtual",
        time_limit_ns=arguments.limit_time,
        memory=arguments.limit_memory,
        modules=arguments.modules,
        count_instructions=getattr(arguments, "count_instructions", False),
        options=options,
    )
    ends: list[Callable[[], None]] = []
    try:
        machine = make_machine(config, arguments)
        if watcher is not None:
            machine.watch(watcher)
        elif tracing.wanted(arguments):
            tracer, ends = tracing.make_tracer(arguments)
            machine.watch(tracer)
        missing = report_missing(machine, arguments)
        if terminal is not None:
            terminal.connect(machine)
    except (OSError, BadExpression, CannotStart) as error:
        return fail(str(error), USAGE)
    try:
        task = machine.spawn(
            arguments.program,
            [arguments.argv0 or arguments.program, *arguments.arguments],
            env=environment(arguments),
            cwd=arguments.cwd,
            user=arguments.user,
            on_console=() if terminal is None else [fd for fd in range(3) if os.isatty(fd)],
        )
    except UnknownModel as error:
        return fail(f"--cpu: {error}", USAGE)
    except ProgramNotFound:
        return fail(f"{arguments.program}: not found in the guest's root or on the host", NOT_FOUND)
    except ENOENT as error:
        return fail(f"{arguments.program}: {why(error)}", NOT_FOUND)
    except KernelError as error:
        return fail(f"{arguments.program}: {why(error)}", CANNOT_RUN)
    signal.signal(signal.SIGINT, lambda number, frame: machine.interrupt())
    try:
        if terminal is None:
            machine.run()
        else:
            machine.run_until_end_of(task)
    except Deadlock as stuck:
        return fail(str(stuck), CANNOT_RUN)
    except Unimplemented as unknown:
        return fail(f"--strict: {unknown}", CANNOT_RUN)
    except KernelBug as bug:
        import traceback  # only bugs need it

        traceback.print_exception(bug.__cause__)
        return fail(f"this is a bug in emu: {bug}", SOFTWARE)
    finally:
        for end in ends:
            end()
        missing()
    return task


def parser(*, add_help: bool = True, tracing_options: bool = True) -> argparse.ArgumentParser:
    """The options of ``emu run``; the guest's own begin after the program's name."""
    p = argparse.ArgumentParser(
        formatter_class=HelpFormatter,
        prog="emu run",
        usage="emu run [options] PROGRAM [ARGUMENT...]",
        description="Run a Linux program of any supported ABI.",
        add_help=add_help,
    )
    files = p.add_argument_group("what the guest sees of the host")
    files.add_argument(
        "-L", dest="layer", metavar="DIR|ARCHIVE", action="append", default=[],
        help="a folder, or a tar, zip or cpio archive, of the guest's root, which it never"
        " changes; later ones lie on top",
    )  # fmt: skip
    files.add_argument(
        "--upper", metavar="DIR",
        help="keep what the guest changes in its root in this folder, for later runs",
    )  # fmt: skip
    files.add_argument(
        "--bind", metavar="HOST:GUEST[:rw]", action="append", default=[], type=bind_argument,
        help="show a host file or folder at a place in the guest",
    )  # fmt: skip
    process = p.add_argument_group("the program's surroundings")
    process.add_argument(
        "-t", "--terminal", dest="terminal", action="store_true",
        help="give it a terminal of its own, which this one shows: job control, line editing",
    )  # fmt: skip
    process.add_argument("--cwd", metavar="DIR", default="/", help="working directory (/)")
    process.add_argument(
        "--user", metavar="UID:GID", type=user_argument, default=(0, 0), help="who runs it (0:0)"
    )
    process.add_argument("--hostname", help="the machine's name")
    process.add_argument(
        "-E", dest="set_env", metavar="K=V", action="append", default=[], type=variable_argument,
        help="set an environment variable; the host's are never passed on",
    )  # fmt: skip
    process.add_argument(
        "-U", dest="unset_env", metavar="K", action="append", default=[], help="unset a variable"
    )
    process.add_argument("-0", dest="argv0", metavar="ARGV0", help="the program's argv[0]")
    network = p.add_argument_group("the network")
    network.add_argument(
        "--net", choices=("none", "host"), default="none",
        help="none: a loopback of its own; host: what --allow and --publish name, too",
    )  # fmt: skip
    network.add_argument(
        "--allow", metavar="HOST:PORT", action="append", default=[],
        help="let it connect to a host (a name, an address, a network, or *) at a port (or *)",
    )  # fmt: skip
    network.add_argument(
        "--publish", metavar="[ADDRESS:]HOST:GUEST", action="append", default=[],
        help="let a port of the host (of 127.0.0.1) lead to one of the guest's",
    )  # fmt: skip
    machine = p.add_argument_group("the machine")
    machine.add_argument(
        "-r", "--release", dest="release", help="the kernel release that uname tells"
    )
    machine.add_argument("--cpu", metavar="MODEL", help="the CPU model")
    machine.add_argument("--seed", type=int, help="make randomness repeatable")
    machine.add_argument(
        "--deterministic", action="store_true",
        help="do the same every time: tasks take turns by work done; a virtual clock, seed 0",
    )  # fmt: skip
    machine.add_argument(
        "--clock", choices=("host", "virtual"), default="host",
        help="the host's time, or time that passes by work done and skips all sleep",
    )  # fmt: skip
    machine.add_argument(
        "--limit-time", metavar="SECONDS", type=seconds_argument, help="kill all tasks after this"
    )
    machine.add_argument(
        "--limit-tasks", metavar="N", type=int, help="how many tasks there may be at once"
    )
    machine.add_argument(
        "--limit-memory", metavar="BYTES[K|M|G]", type=size_argument, default=DEFAULT_MEMORY,
        help="the machine's memory",
    )  # fmt: skip
    machine.add_argument(
        "--config", metavar="CONFIG_X=n", action="append", default=[], type=config_argument,
        help="leave a part of the kernel out, as its Kconfig would",
    )  # fmt: skip
    machine.add_argument("--strict", action="store_true", help="end at an unimplemented call")
    add_options(machine)
    if tracing_options:
        seeing = p.add_argument_group("seeing")
        seeing.add_argument(
            "--strace", action="store_true", help="trace system calls as strace does"
        )
        tracing.add_options(seeing)
    p.add_argument("program", metavar="PROGRAM", help=argparse.SUPPRESS)
    p.add_argument(
        "arguments", metavar="ARGUMENT", nargs=argparse.REMAINDER, help=argparse.SUPPRESS
    )
    return p


def bind_argument(text: str) -> Bind:
    """``HOST:GUEST[:rw]`` as a `Bind`."""
    parts = text.split(":")
    if len(parts) not in (2, 3) or (len(parts) == 3 and parts[2] not in ("rw", "ro")):
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:GUEST or HOST:GUEST:rw")
    if not os.path.exists(parts[0]):
        raise argparse.ArgumentTypeError(f"{parts[0]!r} does not exist on the host")
    return Bind(parts[0], parts[1], parts[2:] == ["rw"])


def user_argument(text: str) -> tuple[int, int]:
    """``UID:GID`` as numbers; a lone UID is its own group."""
    uid, _, gid = text.partition(":")
    if not uid.isdecimal() or (gid and not gid.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not UID:GID in numbers")
    return int(uid), int(gid or uid)


def config_argument(text: str) -> tuple[str, bool]:
    """``CONFIG_X=n`` as a symbol and whether it is wanted."""
    from emu.kernel.kconfig import check_choice  # most machines have all

    try:
        return check_choice(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def seconds_argument(text: str) -> int:
    """Seconds as nanoseconds."""
    try:
        return int(float(text) * NSEC_PER_SEC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None


def size_argument(text: str) -> int:
    """A number of bytes in whole pages; K, M and G are powers of 1024."""
    shift = {"K": 10, "M": 20, "G": 30}.get(text[-1:].upper(), 0)
    digits = text[:-1] if shift else text
    if not digits.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 256M")
    size = int(digits) << shift & -PAGE_SIZE
    if not LEAST_MEMORY <= size <= DEFAULT_MEMORY:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 16M and just below 4G")
    return size


def variable_argument(text: str) -> tuple[str, str]:
    """``K=V`` as a pair."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not K=V")
    return name, value


def environment(arguments: argparse.Namespace) -> dict[str, str]:
    """The guest's environment: a small fixed one and what the options say; TERM with -t."""
    variables = dict(DEFAULT_ENVIRONMENT)
    if arguments.terminal and "TERM" in os.environ:
        variables["TERM"] = os.environ["TERM"]
    variables |= dict(arguments.set_env)
    for name in arguments.unset_env:
        variables.pop(name, None)
    return variables


def host_access(arguments: argparse.Namespace) -> HostAccess | None:
    """What the guest may do with the host's network; None for nothing. `ValueError`, `OSError`."""
    if arguments.net == "none":
        if arguments.allow or arguments.publish:
            raise ValueError("--allow and --publish need --net host")
        return None
    from emu.kernel.net.host.rules import HostAccess, parse_allow, parse_publish, resolve_allow

    allowed = [rule for text in arguments.allow for rule in resolve_allow(*parse_allow(text))]
    return HostAccess(tuple(allowed), tuple(map(parse_publish, arguments.publish)))


def why(error: KernelError) -> str:
    """One line about an error: what strerror(3) says, and the reason if it was given."""
    return f"{error} ({error.text()})" if str(error) else error.text()


def warn(message: str) -> None:
    """Show a line of the kernel's own log."""
    print(f"emu: {message}", file=sys.stderr)


def end_as(task: Task) -> int:
    """The exit status, after dying of the signal that killed the guest if one did."""
    status = task.exit_status or 0
    number = status & 0x7F
    if not number:
        return status >> 8
    sys.stdout.flush()
    sys.stderr.flush()
    # The kernel's own signal numbers are the generic ones, which a host of ours shares.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number
