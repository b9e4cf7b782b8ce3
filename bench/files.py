"""What file calls cost: emu, qemu-user and, where the host can, the kernel itself, in turns.

A run that only prepares is taken off: a figure is what one operation costs. Everything is in
memory: the guest's /tmp here, the host's /dev/shm there.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from bench.measure import ROOT, cpu_seconds, emu, output, say

# Name, size, how often, and how many operations each time is.
OPERATIONS = (
    ("read", 64 << 10, 5000, 1), ("write", 64 << 10, 5000, 1),
    ("read", 4 << 10, 20_000, 1), ("write", 4 << 10, 20_000, 1),
    ("open", 0, 20_000, 1), ("stat", 0, 30_000, 1),
    ("getdents", 0, 30, 10_000), ("small", 0, 5000, 1), ("find", 0, 3, 20_200),
)  # fmt: skip
# Among how many files opening one, and making one, must cost the same.
AMONG = 5000
SIZES = (100, 10_000, 100_000)
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


def files(isa: str, compiler: str, qemu: str, rounds: int) -> None:
    """All operations on one instruction set."""
    if not shutil.which(compiler):
        say(isa, "files", f"skipped: {compiler or 'a C library'} is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder, "files"))
        source = str(ROOT / "bench" / "programs" / "files.c")
        subprocess.run([compiler, "-O2", "-static", source, "-o", program], check=True)
        native = [] if isa == platform.machine().replace("_", "-") else None
        for name, size, count, each in OPERATIONS:
            runs = [emu([]), [qemu], *([native] if native is not None else [])]
            costs = cost(runs, program, name, size, count, rounds)
            ours, theirs, *host = (seconds / count / each * 1e6 for seconds in costs)
            what = f"{name} {size >> 10}K" if size else name
            result = f"{ours:8.3f} us  qemu {theirs:8.3f} us  ratio {ours / theirs:6.2f}"
            say(isa, what, result + "".join(f"  native {own:8.3f} us" for own in host))
        for size in SIZES:
            command = emu([program, "/tmp", "among", str(AMONG), str(size)])
            opened, made = output(command).split()
            say(isa, f"among {size}", f"{opened:>8} us to open one, {made} us to make one")


def cost(
    prefixes: list[list[str]], program: str, name: str, size: int, count: int, rounds: int
) -> list[float]:
    """The least CPU seconds of each way to run a program, in turns, without what it prepares."""
    least = [[float("inf"), float("inf")] for _ in prefixes]
    for _ in range(rounds):
        for way, prefix in enumerate(prefixes):
            for kind, times in enumerate((0, count)):
                with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
                    place = "/tmp" if "emu" in prefix else folder
                    seconds = cpu_seconds([*prefix, program, place, name, str(times), str(size)])
                least[way][kind] = min(least[way][kind], seconds)
    return [max(whole - prepared, 1e-9) for prepared, whole in least]
