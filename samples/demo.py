"""``make demo``: every sample program, by every trap instruction of its ABI, on one kernel."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from emu.machine import Config, Machine

PROGRAMS = Path(__file__).with_name("programs")


def main() -> int:
    """Run the hello and errors samples; answers 1 if one of them did not end well."""
    machine = Machine(Config())
    failed = 0
    for program in sorted(PROGRAMS.glob("*/hello-*")):
        if program.suffix:
            continue
        failed += not show(machine, program)
    return 1 if failed else 0


def show(machine: Machine, hello: Path) -> bool:
    """Run one hello and its errors sibling, and print what they said."""
    errors = hello.with_name(hello.name.replace("hello", "errors"))
    said = [run(machine, program) for program in (hello, errors) if program.exists()]
    lines = [line for output, _ in said for line in output.splitlines()]
    print(f"{hello.parent.name + '/' + hello.name:<28}{' | '.join(lines)}")
    return all(status == 0 for _, status in said)


def run(machine: Machine, program: Path) -> tuple[str, int | None]:
    """The program's output and wait status."""
    reader, writer = os.pipe()
    null = os.open(os.devnull, os.O_RDONLY)
    task = machine.spawn(str(program), [program.name], stdio=(null, writer, writer))
    machine.run()
    os.close(writer)
    os.close(null)
    with os.fdopen(reader, "rb") as pipe:
        return pipe.read().decode(), task.exit_status


if __name__ == "__main__":
    sys.exit(main())
