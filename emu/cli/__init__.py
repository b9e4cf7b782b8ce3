"""The ``emu`` command: one module for each subcommand, imported when it is used."""

from __future__ import annotations

import importlib
import sys

COMMANDS = {
    "run": "run a program",
    "strace": "run a program and trace its system calls, with strace's options",
    "steps": "show a program's system calls step by step",
    "compare": "compare programs, ways into the kernel, or all ABIs",
    "shell": "start an interactive shell",
    "conform": "check that a kernel keeps the rules of its ABIs",
    "abi": "show and compare ABIs",
    "module": "begin a kernel module, check one on every ABI",
    "coverage": "show which system calls have a handler",
}


def main(argv: list[str] | None = None) -> int:
    """Run one command; answers the exit status."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if arguments else 2
    if arguments[0] == "--version":
        from importlib.metadata import version

        print(f"emu {version('syscall-emu')}")
        return 0
    name = arguments[0]
    if name not in COMMANDS:
        print(f"emu: {name!r} is not a command; `emu --help` lists them", file=sys.stderr)
        return 2
    try:
        return int(importlib.import_module(f"emu.cli.{name}").main(arguments[1:]))
    except BrokenPipeError:
        # Whoever read our output went away; there is nobody left to tell.
        sys.stdout = None
        return 141


def usage() -> str:
    """The list of commands."""
    lines = ["usage: emu COMMAND [ARGUMENT...]", ""]
    lines += [f"  {name:<10}{what}" for name, what in COMMANDS.items()]
    return "\n".join([*lines, "", "`emu COMMAND --help` tells more."])
