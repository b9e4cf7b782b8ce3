"""``make fuzz``: random programs for each instruction set, and mutated ELF files.

    python -m tests.fuzz [--programs 100000] [--elves 20000] [--kind NAME] [--first SEED]

A guest that crashes, hangs or breaks the machine is a failure; it is named by its kind and seed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.fuzz.elf import MACHINES

SLICE = 2000
SLICE_TIMEOUT_S = 600


def main() -> int:
    options = arguments()
    jobs = list(slices(options))
    failures = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for (kind, first, count), failure in zip(jobs, pool.map(run_slice, jobs), strict=True):
            print(f"{kind:<10}{first:>8} +{count:<6}{failure or 'ok'}", flush=True)
            failures += [failure] if failure else []
    print(f"{len(failures)} failures")
    return 1 if failures else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--programs", type=int, default=100_000, help="for each instruction set")
    parser.add_argument("--elves", type=int, default=20_000)
    parser.add_argument("--kind", action="append", choices=[*MACHINES, "elf"])
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()


def slices(options: argparse.Namespace) -> Iterator[tuple[str, int, int]]:
    for kind in options.kind or [*MACHINES, "elf"]:
        total = options.elves if kind == "elf" else options.programs
        for first in range(options.first, options.first + total, SLICE):
            yield kind, first, min(SLICE, options.first + total - first)


def run_slice(job: tuple[str, int, int]) -> str:
    """Empty if the worker lived; else how it ended and where."""
    kind, first, count = job
    command = [
        sys.executable,
        "-X",
        "faulthandler",
        "-m",
        "tests.fuzz.worker",
        kind,
        str(first),
        str(count),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SLICE_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as late:
        at = (late.stdout or b"").decode().splitlines()[-1:]
        return f"hung: {at}"
    if done.returncode:
        at = [line for line in done.stdout.splitlines() if line.startswith("at ")][-1:]
        return f"worker ended with {done.returncode} {at}: {done.stderr.strip()[-1500:]}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
