"""Runs a range of hostile guests in one process; dies if they break out.

    python -m tests.fuzz.worker KIND FIRST COUNT      prints a line before each batch

The parent (`tests.fuzz`) tells from the last line which guests killed the worker.
"""

from __future__ import annotations

import os
import sys
from collections import Counter

from emu.kernel.errno import KernelError
from emu.kernel.sched import Deadlock
from emu.machine import Config, Machine
from tests.fuzz.guests import mutated_elf, random_program

TICKS = 3
BATCH = 100
SIGKILL = 9


def main() -> None:
    kind, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    null = os.open(os.devnull, os.O_RDWR)
    ends: Counter[str] = Counter()
    for start in range(first, first + count, BATCH):
        print(f"at {start}", flush=True)
        machine = Machine(Config(seed=start, memory=256 << 20))
        for seed in range(start, min(start + BATCH, first + count)):
            data = mutated_elf(seed) if kind == "elf" else random_program(kind, seed)
            ends[end_of(machine, seed, data, null)] += 1
    print("ends", dict(ends.most_common()))


def end_of(machine: Machine, seed: int, data: bytes, null: int) -> str:
    """Run one guest for at most `TICKS` ticks; how it ended."""
    name = f"/guest-{seed}"
    machine.write_file(name, data, 0o755)
    try:
        task = machine.spawn(name, ["guest"], stdio=(null, null, null))
    except KernelError as error:
        return type(error).__name__
    ticks = 0
    with machine.ticking():
        while task.alive:
            try:
                machine.step()
            except Deadlock:
                break
            ticks += 1
            if ticks > TICKS and task.alive:
                task.die(SIGKILL)
    machine.kill_all()  # a guest may have made others
    assert not machine.kernel.living
    status = task.exit_status or 0
    return f"signal {status & 0x7F}" if status & 0x7F else "exit"


if __name__ == "__main__":
    main()
