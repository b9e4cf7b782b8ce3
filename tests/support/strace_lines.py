"""Traces of two kernels, made comparable: what must differ is called by one name."""

from __future__ import annotations

import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from emu.cli.strace import parser
from emu.cli.tracing import make_tracer
from emu.machine import Config, Machine
from tests.support.running import ENVIRONMENT

LINE = re.compile(r"(\d+) +(.*)")
UNFINISHED = " <unfinished ...>"
RESUMED = re.compile(r"<\.\.\. \w+ resumed>")
FIRST_PID = 20_000
"""So large that no other number is taken for a pid."""

ALIKE = (
    (re.compile(r"\b0x[0-9a-f]{5,16}\b"), "PTR"),
    (re.compile(r"\s+= "), " = "),
    (re.compile(r'(/tmp/[-\w]*[-.])\w{6}(?=[/"])'), r"\1RANDOM"),
    (re.compile(r'(getrandom\()"[^"]*"'), r"\1BYTES"),
    (re.compile(r"(S_IFDIR\|\d+, stx?_size=)\d+"), r"\1SIZE"),
    (re.compile(r"(tv_sec=)\d{9,}"), r"\1NOW"),
    (re.compile(r"(tv_[nu]sec=)\d{3,9}\b"), r"\1SOME"),
    (re.compile(r"(si_[us]time=)\d+"), r"\1TIME"),
    (re.compile(r"(pipe:\[)\d+"), r"\1INODE"),
    (re.compile(r"AT_FDCWD<[^>]*>"), "AT_FDCWD<HERE>"),
)


def natively(program: str, *arguments: str, cwd: Path, options: Sequence[str] = ()) -> str:
    """What Debian's strace says of a program on this host's kernel."""
    trace = cwd / "native.strace"
    command = ["strace", "-f", "-o", str(trace), *options, program, *arguments]
    with open(cwd / "out", "wb") as out:
        run = subprocess.run(
            command, cwd=cwd, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, timeout=60, check=False,
        )  # fmt: skip
    assert trace.exists(), run.returncode
    first, _, rest = (text := trace.read_text(errors="replace")).partition("\n")
    return rest if " execve(" in first else text


def here(
    program: str,
    *arguments: str,
    cwd: Path,
    options: Sequence[str] = (),
    layers: Sequence[str] = (),
) -> str:
    """What `emu strace` says of it."""
    trace = cwd / "emu.strace"
    parsed = parser().parse_args(["-f", "-o", str(trace), *options, program])
    parsed.times, parsed.strace = "", True
    tracer, ends = make_tracer(parsed)
    machine = Machine(Config(layers=layers))
    machine.kernel.last_pid = FIRST_PID
    machine.watch(tracer)
    with open(os.devnull, "r+b", buffering=0) as null, open(cwd / "out", "wb") as out:
        stdio = (null.fileno(), out.fileno(), out.fileno())
        machine.spawn(program, [program, *arguments], env=ENVIRONMENT, stdio=stdio)
        machine.run()
    for end in ends:
        end()
    return trace.read_text(errors="replace") if trace.exists() else ""


def tasks(trace: str, left_out: re.Pattern[str] | None = None) -> list[list[str]]:
    """The lines of each task, in the order in which the tasks appear, pids and pointers renamed."""
    by_pid: dict[str, list[str]] = defaultdict(list)
    pending: dict[str, str] = {}
    for line in trace.splitlines():
        matched = LINE.fullmatch(line)
        if matched is None:
            continue
        pid, text = matched.groups()
        if text.endswith(UNFINISHED):
            pending[pid] = text.removesuffix(UNFINISHED)
            by_pid.setdefault(pid, [])
            continue
        if RESUMED.match(text):
            text = pending.pop(pid, "") + RESUMED.sub("", text, count=1)
        by_pid[pid].append(text)
    names = {pid: f"PID{number}" for number, pid in enumerate(by_pid, 1)}
    pids = re.compile(rf"(?<![\w.])({'|'.join(names) or '-'})\b")
    return [
        [
            pids.sub(lambda match: names[match[1]], alike(text))
            for text in lines
            if left_out is None or not left_out.match(text)
        ]
        for lines in by_pid.values()
    ]


def alike(text: str) -> str:
    """One line without what differs from run to run."""
    for pattern, name in ALIKE:
        text = pattern.sub(name, text)
    return text
