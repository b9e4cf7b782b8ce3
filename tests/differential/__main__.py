"""``make differential``: random sequences of file calls on both file systems, for long.

python -m tests.differential [--sequences 50000] [--first SEED] [--jobs 2]
"""

import argparse
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

SLICE = 500
SLICE_TIMEOUT_S = 3600


def main():
    options = arguments()
    started = time.monotonic()
    if options.slice is not None:
        run_slice(options.slice, options.sequences)
        return 0
    seeds = range(options.first, options.first + -(-options.sequences // SLICE))
    with ThreadPoolExecutor(options.jobs) as pool:
        failures = [text for text in pool.map(in_a_process, seeds) if text]
    print("\n".join(failures))
    seconds = time.monotonic() - started
    print(f"{len(seeds) * SLICE} sequences in {seconds:.0f} s: {len(failures)} slices differ")
    return 1 if failures else 0


def arguments():
    parser = argparse.ArgumentParser(prog="python -m tests.differential")
    parser.add_argument("--sequences", type=int, default=50_000)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--slice", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def in_a_process(seed):
    """A slice in a process of its own, so that memory does not grow; empty, or how it ended."""
    command = [sys.executable, "-m", "tests.differential", "--slice", str(seed)]
    command += ["--sequences", str(SLICE)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SLICE_TIMEOUT_S, check=False
    )
    print(f"seed {seed}: {'differs' if done.returncode else 'ok'}", flush=True)
    return f"seed {seed}:\n{done.stderr[-6000:]}" if done.returncode else ""


def run_slice(number, sequences):
    from hypothesis import HealthCheck, seed, settings
    from hypothesis.stateful import run_state_machine_as_test

    from tests.differential.machine import Files

    run_state_machine_as_test(
        seed(number)(Files),
        settings=settings(
            max_examples=sequences, stateful_step_count=40, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
