"""What ``emu run`` may be told about the kernel: modules, and models of devices."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable

from emu.machine import Config, Machine, ModuleFile

PARAMETER = re.compile(r"[A-Za-z_][\w-]*=")
SEPARATOR = "\0"


class CannotStart(Exception):
    """A module or device of the command line could not be loaded; says why."""


def add_options(group: argparse._ArgumentGroup) -> None:
    """Declare the options."""
    group.add_argument(
        "--module", dest="modules", metavar="FILE [NAME=VALUE ...]", action="append", default=[],
        type=module_argument, help="load a kernel module written in Python",
    )  # fmt: skip
    group.add_argument(
        "--offer", dest="modules", metavar="FILE|FOLDER", action="append", type=ModuleFile,
        help="let programs load modules: see insmod(8), modprobe(8)",
    )  # fmt: skip
    group.add_argument(
        "--devices", metavar="FILE",
        help="make the files and devices that a TOML file models, and tell what was missing",
    )  # fmt: skip
    group.add_argument(
        "--missing", action="store_true",
        help="tell which files, devices, commands and calls programs asked for in vain",
    )  # fmt: skip


def make_machine(config: Config, arguments: argparse.Namespace) -> Machine:
    """A machine with its modules loaded and its devices made. `CannotStart`."""
    if not config.modules and arguments.devices is None:
        return Machine(config)
    from emu.device_models.behaviour import BadModel
    from emu.device_models.load import load_models
    from emu.kernel.module.loader import CannotLoad

    try:
        machine = Machine(config)
        if arguments.devices is not None:
            load_models(machine.kernel, arguments.devices)
    except (BadModel, CannotLoad) as error:
        raise CannotStart(str(error)) from None
    return machine


def report_missing(machine: Machine, arguments: argparse.Namespace) -> Callable[[], None]:
    """Watch what is missing, if that was asked for; answers who tells it at the end."""
    if arguments.devices is None and not arguments.missing:
        return lambda: None
    from emu.trace.missing import Missing

    missing = Missing()
    machine.watch_too(missing)

    def tell() -> None:
        text = missing.report()
        if text:
            print(f"emu: programs asked for what is not there:\n\n{text}", file=sys.stderr, end="")

    return tell


def parse(p: argparse.ArgumentParser, argv: list[str]) -> argparse.Namespace:
    """The options of a command line, in which values for parameters stand behind a --module."""
    return p.parse_args(with_module_arguments(p, argv))


def with_module_arguments(p: argparse.ArgumentParser, argv: list[str]) -> list[str]:
    """The words with the values behind a --module made part of it, up to the program's name."""
    words: list[str] = []
    rest = list(argv)
    while rest and rest[0].startswith("-"):
        words.append(rest.pop(0))
        action = p._option_string_actions.get(words[-1])
        if action is None or action.nargs == 0 or not rest:
            continue
        words.append(rest.pop(0))
        while words[-2] == "--module" and rest and PARAMETER.match(rest[0]):
            words[-1] += f"{SEPARATOR}{rest.pop(0)}"
    return words + rest


def module_argument(text: str) -> ModuleFile:
    """A file and values for its parameters, as `with_module_arguments` joins them."""
    path, *values = text.split(SEPARATOR)
    return ModuleFile(path, " ".join(quoted(value) for value in values))


def quoted(word: str) -> str:
    """A name and value as the kernel's own parser takes them: quotes around blanks."""
    name, _, value = word.partition("=")
    return f'{name}="{value}"' if any(c.isspace() for c in value) else word
