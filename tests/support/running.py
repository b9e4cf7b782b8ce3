"""Running a program under emu, natively, or under qemu-user, and what came of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.recorded import module

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/root", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class End:
    """Exit status (negative: the signal), and what was printed."""

    status: int
    output: bytes
    errors: str = ""

    def __eq__(self, other: object) -> bool:
        """Ends are equal when status and output are."""
        return isinstance(other, End) and (self.status, self.output) == (other.status, other.output)

    __hash__ = None  # type: ignore[assignment]


def emu(
    *argv: str,
    options: tuple[str, ...] = (),
    stdin: bytes = b"",
    timeout_s: float = 120,
    settings: dict[str, str] | None = None,
) -> End:
    """Run ``emu run`` as a user would, with these variables for the emulator itself."""
    variables = [word for k, v in ENVIRONMENT.items() for word in ("-E", f"{k}={v}")]
    command = [sys.executable, "-m", module(), "run", *variables, *options, *argv]
    return _end(command, stdin, timeout_s, {**os.environ, **(settings or {})})


def natively(*argv: str, stdin: bytes = b"", timeout_s: float = 60) -> End:
    """Run on this host's kernel."""
    return _end(list(argv), stdin, timeout_s, ENVIRONMENT)


def under_qemu(
    qemu: str, *argv: str, sysroot: str | None = None, stdin: bytes = b"", timeout_s: float = 120
) -> End:
    """Run under a qemu-user emulator."""
    prefix = ["-L", sysroot] if sysroot else []
    return _end([qemu, *prefix, *argv], stdin, timeout_s, ENVIRONMENT)


def missing(command: str) -> str:
    """Why a command cannot be used, or nothing."""
    return "" if shutil.which(command) else f"{command} is not installed"


def _end(command: list[str], stdin: bytes, timeout_s: float, env: dict[str, str]) -> End:
    done = subprocess.run(
        command, input=stdin, capture_output=True, timeout=timeout_s, check=False, cwd=ROOT, env=env
    )
    return End(done.returncode, done.stdout, done.stderr.decode(errors="replace"))
