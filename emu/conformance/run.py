"""Runs the checks of targets here, on this machine's kernel, under qemu-user, or by any command."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from emu.conformance.suite import program_of
from emu.conformance.tap import Outcome, parse
from emu.conformance.target import Target

EMU, NATIVE, QEMU = "emu", "native", "qemu-user"
_NATIVE = {
    "x86_64": ("x86-64", "x86-64:int80", "i386", "i386:vdso"), "aarch64": ("arm64",),
    "riscv64": ("riscv64",),
}  # fmt: skip
TIMEOUT_S = 120


class CannotRun(Exception):
    """This machine has nothing that runs such a target."""


def run(target: Target, suites: Iterable[str], where: str) -> list[Outcome]:
    """The outcomes of a target's suites, each in a program of its own. `CannotRun`."""
    command = command_for(target, where)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="emu-conform-") as folder:
        for suite in suites:
            image, names = program_of(target, [suite], f"{os.getpid()}")
            if names:
                outcomes += run_program(write(Path(folder, suite), image), names, command)
    return outcomes


def command_for(target: Target, where: str) -> list[str]:
    """What the program's path is put behind. `CannotRun`."""
    if where == EMU:
        return [sys.executable, "-m", "emu", "run"]
    if where == NATIVE:
        if target.name not in _NATIVE.get(platform.machine(), ()):
            raise CannotRun(f"this machine's kernel does not run {target.name}")
        return []
    if where == QEMU:
        qemu = f"qemu-{target.qemu}"
        if not target.qemu or not shutil.which(qemu):
            raise CannotRun(f"there is no qemu-user for {target.name}")
        return [qemu]
    return shlex.split(where)


def write(path: Path, image: bytes) -> Path:
    """An executable file."""
    path.write_bytes(image)
    path.chmod(0o755)
    return path


def run_program(program: Path, names: list[str], command: list[str]) -> list[Outcome]:
    """Run one program to its end and read what it printed."""
    try:
        done = subprocess.run(
            [*command, str(program)], capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as late:
        return parse((late.stdout or b"").decode(errors="replace"), names, "it took too long")
    except OSError as error:
        raise CannotRun(f"{command[0] if command else program}: {error.strerror}") from None
    return parse(done.stdout.decode(errors="replace"), names, how_it_ended(done.returncode))


def how_it_ended(status: int) -> str:
    """An exit status or a signal in words."""
    if status >= 0:
        return f"the program ended with {status}"
    try:
        return f"the program died by {signal.Signals(-status).name}"
    except ValueError:
        return f"the program died by signal {-status}"
