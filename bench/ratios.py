"""Side by side with qemu-user: the same ELF, in turns, CPU time, as ratios.

    python -m bench.ratios [--rounds N] [--isa NAME] [trap] [traced] [compute] [start]
                            [processes] [files] [sockets] [pseudo]

Every figure is the least CPU time (user and system) of several rounds. A ratio under 1 means that
emu is the faster one.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench import measure
from bench.files import files
from bench.measure import ROOT, emu, least
from bench.pseudo import pseudo
from tests.support.binfmt import has_private_binfmt, qemu_with_exec
from tests.support.userland import Unavailable, root

SAMPLES = ROOT / "samples" / "programs"
KINDS = ("trap", "traced", "compute", "start", "processes", "files", "sockets", "pseudo")
COMPUTE = ("sieve", "fib", "floating", "copy", "chase")
TRAPS = 1_000_000
TRACED = 200_000
SPAWNED = 500
SECOND_EXECS = 30
# What a process benchmark does how often in all.
PROCESSES = (
    ("fork-50M", 100), ("ping-pong", 20_000), ("yield", 50_000), ("crowd", 10), ("crowd", 100),
    ("crowd", 1000), ("sleepers", 0), ("sleepers", 1000),
)  # fmt: skip


# What a socket benchmark does how often: messages and back, megabytes, connections.
SOCKETS = (
    ("unix", 5000), ("tcp", 5000), ("udp", 5000), ("unix-bulk", 64), ("tcp-bulk", 64),
    ("epoll", 1000), ("connect", 1000), ("hold", 10), ("hold", 1000), ("hold", 10_000),
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """One instruction set: its compiler, its qemu, and its trap loop among the samples."""

    isa: str
    compiler: str
    qemu: str
    loop: str
    debian: str = ""


TARGETS = (
    Target("x86-64", "gcc", "qemu-x86_64", "x86-64/loop-syscall", "amd64"),
    Target("i386", "i686-linux-gnu-gcc", "qemu-i386", "i386/loop-int80", "i386"),
    Target("arm64", "aarch64-linux-gnu-gcc", "qemu-aarch64", "arm64/loop-svc", "arm64"),
    Target("arm", "arm-linux-gnueabihf-gcc", "qemu-arm", "arm-eabi/loop-svc", "armhf"),
    Target("riscv64", "riscv64-linux-gnu-gcc", "qemu-riscv64", "riscv64/loop-ecall", "riscv64"),
    Target("riscv32", "", "qemu-riscv32", "riscv32/loop-ecall"),
    Target("mips", "mips-linux-gnu-gcc", "qemu-mips", "mips-o32/loop-syscall"),
    Target("mipsel", "mipsel-linux-gnu-gcc", "qemu-mipsel", "mips-o32el/loop-syscall", "mipsel"),
    Target("mips64", "mips64-linux-gnuabi64-gcc", "qemu-mips64", "mips-n64/loop-syscall"),
    Target(
        "mips64el",
        "mips64el-linux-gnuabi64-gcc",
        "qemu-mips64el",
        "mips-n64el/loop-syscall",
        "mips64el",
    ),
)


def main() -> int:
    options = arguments()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} CPUs, Python ", end="")
    print(f"{platform.python_version()}, {date.today()}, {qemu_version()}")
    kinds = options.kinds or KINDS
    for target in TARGETS:
        if options.isa and target.isa not in options.isa:
            continue
        if not shutil.which(target.qemu):
            print(f"{target.isa:<10}skipped: {target.qemu} is not installed")
            continue
        if "trap" in kinds:
            trap(target, options.rounds)
        if "traced" in kinds:
            traced(target, options.rounds)
        if "compute" in kinds:
            compute(target, options.rounds)
        if "start" in kinds:
            start(target, options.rounds)
        if "processes" in kinds:
            processes(target, options.rounds)
            spawn(target, options.rounds)
        if "files" in kinds:
            files(target.isa, target.compiler, target.qemu, options.rounds)
        if "sockets" in kinds:
            sockets(target, options.rounds)
        if "pseudo" in kinds:
            pseudo(target.isa, target.compiler, options.rounds)
    return 0


def trap(target: Target, rounds: int) -> None:
    """The getppid loop: what one system call costs, without the start."""
    program = SAMPLES / target.loop
    if not program.exists():
        print(f"{target.isa:<10}trap      skipped: no sample {target.loop}")
        return
    ours, theirs = (
        least([*prefix, str(program), str(TRAPS)], rounds)
        - least([*prefix, str(program), "1"], rounds)
        for prefix in (emu([]), [target.qemu])
    )
    ours, theirs = ours / TRAPS * 1e6, theirs / TRAPS * 1e6
    say(target, "trap", f"{ours:7.3f} us  qemu {theirs:7.3f} us  ratio {ours / theirs:5.2f}")


def traced(target: Target, rounds: int) -> None:
    """The same loop under ``--strace`` to a file: what one traced call costs."""
    program = str(SAMPLES / target.loop)
    with tempfile.TemporaryDirectory() as folder:
        options = ["--strace", "-o", str(Path(folder, "trace"))]
        cost = (
            least(emu([*options, program, str(TRACED)]), rounds)
            - least(emu([*options, program, "1"]), rounds)
        ) / TRACED
    say(target, "traced", f"{cost * 1e6:7.3f} us  {1 / cost:9,.0f} calls a second")


def compute(target: Target, rounds: int) -> None:
    """The compute programs, without their start, and the ratios' geometric mean."""
    if not shutil.which(target.compiler):
        say(target, "compute", f"skipped: {target.compiler or 'a C library'} is not installed")
        return
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder, "compute"))
        source = str(ROOT / "bench" / "programs" / "compute.c")
        subprocess.run([target.compiler, "-O2", "-static", source, "-o", program], check=True)
        for name in COMPUTE:
            ours, theirs = (
                least([*prefix, program, name], rounds)
                - least([*prefix, program, name, "1"], rounds)
                for prefix in (emu([]), [target.qemu])
            )
            ratios.append(ours / theirs)
            say(target, name, f"{ours:7.3f} s   qemu {theirs:7.3f} s   ratio {ratios[-1]:5.2f}")
    mean = statistics.geometric_mean(ratios)
    say(target, "compute", f"geometric mean of the ratios {mean:5.2f}")


def start(target: Target, rounds: int) -> None:
    """The whole of ``emu run`` of a hello."""
    folder, name = target.loop.split("/")
    program = str(SAMPLES / folder / name.replace("loop", "hello"))
    ours = least(emu([program]), max(rounds, 5))
    say(target, "hello", f"{ours:7.3f} s in all")
    if target.debian:
        second_exec(target)


def second_exec(target: Target) -> None:
    """A program once more in the same machine, from its exec to its exit."""
    from emu.machine import Config, Machine

    try:
        folder = root(target.debian, ["busybox-static", "base-files"])
    except Unavailable as why:
        say(target, "second exec", f"skipped: {why}")
        return
    machine = Machine(Config(layers=[str(folder)]))
    times = []
    with open(os.devnull, "r+b", buffering=0) as null, machine.ticking():
        for _ in range(SECOND_EXECS):
            before = time.process_time()
            stdio = (null.fileno(),) * 3
            task = machine.spawn("/bin/busybox", ["busybox", "echo", "hi"], stdio=stdio)
            while task.alive:
                machine.step()
            times.append(time.process_time() - before)
    say(target, "second exec", f"{min(times[1:]) * 1e3:7.2f} ms, the first {times[0] * 1e3:.1f} ms")


def processes(target: Target, rounds: int) -> None:
    """Forks, switches and many tasks: whole runs."""
    if not shutil.which(target.compiler):
        say(target, "processes", f"skipped: {target.compiler or 'a C library'} is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder, "processes"))
        source = str(ROOT / "bench" / "programs" / "processes.c")
        subprocess.run([target.compiler, "-O2", "-static", source, "-o", program], check=True)
        for name, count in PROCESSES:
            ours = least(emu([program, name, str(count)]), rounds)
            theirs = least([target.qemu, program, name, str(count)], rounds)
            what = f"{name} {count}"
            say(target, what, f"{ours:7.3f} s   qemu {theirs:7.3f} s   ratio {ours / theirs:5.2f}")


def sockets(target: Target, rounds: int) -> None:
    """Messages, bulk, idle connections, many connections: whole runs without the start."""
    if not shutil.which(target.compiler):
        say(target, "sockets", f"skipped: {target.compiler or 'a C library'} is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder, "sockets"))
        source = str(ROOT / "bench" / "programs" / "sockets.c")
        subprocess.run([target.compiler, "-O2", "-static", source, "-o", program], check=True)
        for name, count in SOCKETS:
            fits = (
                name != "hold" or 2 * count + 100 <= resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            )
            ours, theirs = (
                least([*prefix, program, name, str(count)], rounds)
                - least([*prefix, program, "tcp", "1"], rounds)
                if prefix[0] != target.qemu or fits
                else 0.0
                for prefix in (emu([]), [target.qemu])
            )
            each = f"{ours / count * 1e6:8.1f} us each"
            ratio = (
                f"ratio {ours / theirs:5.2f}" if theirs > 0 else "qemu: too short, or out of files"
            )
            say(target, f"{name} {count}", f"{ours:7.3f} s   qemu {theirs:7.3f} s   {ratio} {each}")


def spawn(target: Target, rounds: int) -> None:
    """A shell that runs `true`, a program, many times; under qemu its children are emulated too."""
    if not target.debian or not has_private_binfmt():
        why = "no busybox" if not target.debian else "no binfmt_misc in a namespace of one's own"
        print(f"{target.isa:<10}spawn     skipped: {why}")
        return
    try:
        busybox = str(root(target.debian, ["busybox-static", "base-files"]) / "bin" / "busybox")
    except Unavailable as why:
        print(f"{target.isa:<10}spawn     skipped: {why}")
        return
    script = f"i=0; while [ $i -lt {SPAWNED} ]; do {busybox} true; i=$((i+1)); done"
    shell = [busybox, "sh", "-c", script]
    ours = least(emu(shell), rounds)
    theirs = least(qemu_with_exec(target.qemu, *shell), rounds)
    what = f"spawn {SPAWNED}"
    say(target, what, f"{ours:7.3f} s   qemu {theirs:7.3f} s   ratio {ours / theirs:5.2f}")


def say(target: Target, what: str, result: str) -> None:
    measure.say(target.isa, what, result)


def qemu_version() -> str:
    shown = subprocess.run(
        ["qemu-x86_64", "--version"], capture_output=True, text=True, check=False
    )
    return shown.stdout.splitlines()[0] if shown.stdout else "no qemu-user"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.ratios")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--isa", action="append", choices=[t.isa for t in TARGETS])
    parser.add_argument("kinds", nargs="*", choices=[[], *KINDS], metavar="|".join(KINDS))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
