"""What a trap costs here: the method of `bench.ratios`, a loop of getppid without its start.

CPU time of this process, the least of several rounds. The kernel's part is the same for all ways,
so that a difference is the way's own and its engine's.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from emu.machine import Config, Machine

TRAPS = 50_000
ROUNDS = 3


def cost_us(loop: Path, traps: int = TRAPS, rounds: int = ROUNDS) -> float:
    """Microseconds for one trap of a loop program."""
    machine = Machine(Config())
    with open(os.devnull, "r+b", buffering=0) as null:
        stdio = (null.fileno(),) * 3
        run(machine, loop, 1, stdio)  # the first run pays for the engine
        start = min(run(machine, loop, 1, stdio) for _ in range(rounds))
        whole = min(run(machine, loop, traps, stdio) for _ in range(rounds))
    return (whole - start) / traps * 1e6


def run(machine: Machine, program: Path, count: int, stdio: tuple[int, int, int]) -> float:
    """CPU seconds of one run."""
    before = time.process_time()
    machine.spawn(str(program), [program.name, str(count)], stdio=stdio)
    machine.run()
    return time.process_time() - before
