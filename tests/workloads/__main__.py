"""Run workloads and judge them: ``python -m tests.workloads [--arch A] [ID...]``.

Without names it runs every workload whose needs the kernel offers. Exit status 1 if one failed.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.userland import ARCHITECTURES, Unavailable, root
from tests.workloads.table import Workload, load


def main() -> int:
    options = arguments()
    env, workloads = load()
    chosen = [w for w in workloads if (w.id in options.ids if options.ids else w.is_offered)]
    packages = sorted({p for w in chosen for p in w.packages} | {"base-files", "dash"})
    failed = 0
    for architecture in options.arch or ARCHITECTURES:
        here = [w for w in chosen if w.runs_on(architecture)]
        try:
            folder = options.root or root(architecture, available(packages, architecture))
        except Unavailable as why:
            print(f"{architecture}: no root: {why}")
            failed += 1
            continue
        for workload in here:
            verdict, cpu_s, wall_s = run(workload, architecture, folder, env, options)
            failed += bool(verdict)
            times = f"{cpu_s:7.2f} s cpu {wall_s:7.2f} s"
            print(f"{architecture:<9}{workload.id:<20}{times}  {verdict or 'ok'}", flush=True)
    print(f"{failed} failed")
    return 1 if failed else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.workloads")
    parser.add_argument("--arch", action="append", choices=ARCHITECTURES)
    parser.add_argument("--root", type=Path, help="a root folder to use instead of a fetched one")
    parser.add_argument("--timeout", type=float, default=300, metavar="SECONDS")
    parser.add_argument(
        "--show", action="store_true", help="show what the programs print on stderr"
    )
    parser.add_argument("ids", nargs="*", metavar="ID")
    return parser.parse_args()


def available(packages: list[str], architecture: str) -> list[str]:
    """tcc is not built for every architecture."""
    without_tcc = {"mipsel", "mips64el", "riscv64"}
    return [p for p in packages if p not in ("tcc", "libc6-dev") or architecture not in without_tcc]


def run(
    workload: Workload,
    architecture: str,
    folder: Path,
    env: dict[str, str],
    options: argparse.Namespace,
) -> tuple[str, float, float]:
    """The verdict (empty: as expected) and the CPU and wall seconds it took."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [
            sys.executable,
            "-m",
            "emu",
            "run",
            "-L",
            str(folder),
            "--cwd",
            "/tmp",
            "--hostname",
            "emu",
        ]
        for name, value in {**env, **workload.env}.items():
            command += ["-E", f"{name}={value}"]
        for number, (name, text) in enumerate(workload.files.items()):
            file = Path(scratch, str(number))
            file.write_text(text)
            command += ["--bind", f"{file}:{name}"]
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        try:
            done = subprocess.run(
                [*command, *workload.argv], input=workload.stdin.encode(), capture_output=True,
                timeout=options.timeout, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"did not end in {options.timeout} s", 0.0, options.timeout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if options.show and done.stderr:
        print(done.stderr.decode(errors="replace"), file=sys.stderr)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (
        workload.judge(architecture, done.returncode, done.stdout),
        cpu_s,
        time.monotonic() - start,
    )


if __name__ == "__main__":
    sys.exit(main())
