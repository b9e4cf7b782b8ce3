"""Running commands and taking the least CPU time of several rounds."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def emu(argv: list[str]) -> list[str]:
    return [sys.executable, "-m", "emu", "run", *argv]


def least(command: list[str], rounds: int) -> float:
    """The least CPU seconds of several runs; `SystemExit` if one fails."""
    return min(cpu_seconds(command) for _ in range(rounds))


def cpu_seconds(command: list[str]) -> float:
    """The CPU seconds of one run; `SystemExit` if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def output(command: list[str]) -> str:
    """What one run prints; `SystemExit` if it fails."""
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=False)
    if done.returncode:
        end = f"{done.returncode}: {done.stderr.decode()[-300:]}"
        raise SystemExit(f"{' '.join(command)} ended with {end}")
    return done.stdout.decode()


def say(isa: str, what: str, result: str) -> None:
    print(f"{isa:<10}{what:<15}{result}", flush=True)
