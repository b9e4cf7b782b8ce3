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
from contextlib import suppress
from pathlib import Path

from tests.support.userland import ARCHITECTURES, Unavailable, root
from tests.workloads.extras import extra, is_extra
from tests.workloads.table import Workload, load

# What every root has: the master files of /etc/passwd and group, and a shell.
COMMON = frozenset({"base-files", "base-passwd", "dash"})


def main() -> int:
    options = arguments()
    env, workloads = load()
    chosen = [w for w in workloads if (w.id in options.ids if options.ids else w.is_offered)]
    failed = ran = 0
    for architecture in options.arch or ARCHITECTURES:
        here = [w for w in chosen if w.runs_on(architecture)]
        prepare(here, architecture, options)
        for workload in here:
            try:
                folder, programs = found(workload, architecture, options)
            except Unavailable as why:
                print(f"{architecture:<9}{workload.id:<20} cannot be had: {why}", flush=True)
                continue
            verdict, cpu_s, wall_s = run(workload, architecture, folder, programs, env, options)
            ran += 1
            failed += bool(verdict)
            times = f"{cpu_s:7.2f} s cpu {wall_s:7.2f} s"
            print(f"{architecture:<9}{workload.id:<20}{times}  {verdict or 'ok'}", flush=True)
    print(f"{ran} ran, {failed} failed")
    return 1 if failed or not ran else 0


def prepare(workloads: list[Workload], architecture: str, options: argparse.Namespace) -> None:
    """Unpack all packages at once, which is quicker; what fails is tried for each alone later."""
    if options.root is None:
        with suppress(Unavailable):
            root(architecture, sorted(COMMON.union(*(debian(w) for w in workloads))))


def found(
    workload: Workload, architecture: str, options: argparse.Namespace
) -> tuple[Path, dict[str, Path]]:
    """The root, and the programs from elsewhere by the name the guest sees. `Unavailable`."""
    folder = options.root or root(architecture, sorted(COMMON | debian(workload)))
    extras = [package for package in workload.packages if is_extra(package)]
    programs = {f"/opt/x/{p.split(':')[1]}": extra(p, architecture) for p in extras}
    return folder, programs


def debian(workload: Workload) -> set[str]:
    """The packages that a root must hold."""
    return {package for package in workload.packages if not is_extra(package)}


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


def run(
    workload: Workload,
    architecture: str,
    folder: Path,
    programs: dict[str, Path],
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
        for name, program in programs.items():
            command += ["--bind", f"{program}:{name}"]
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
