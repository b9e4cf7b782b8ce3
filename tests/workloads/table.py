"""The workload table: what to run, and what a real kernel made of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

TABLE = Path(__file__).with_name("workloads.json")
# What the kernel offers so far; a workload that needs more waits for it.
OFFERED = frozenset(
    {"fs", "dlopen", "mmap-exec", "float", "fork", "exec", "pipe", "proc", "signals", "threads",
     "timers", "pty", "sockets"}
)  # fmt: skip


@dataclass(frozen=True)
class Workload:
    """One command and its expected end. `needs` names the mechanisms it uses."""

    id: str
    argv: list[str]
    needs: frozenset[str]
    execs_children: bool
    packages: list[str]
    stdin: str
    env: dict[str, str]
    files: dict[str, str]
    expect_status: int
    expect_output: str | None
    expect_digest: str | None
    architectures: tuple[str, ...]
    undecided: tuple[str, ...]
    per_architecture: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def is_offered(self) -> bool:
        """Whether the kernel has all that this workload needs."""
        return self.needs <= OFFERED

    def runs_on(self, architecture: str) -> bool:
        """Whether the program exists, and its right output is known, on an architecture."""
        return architecture not in self.undecided and (
            not self.architectures or architecture in self.architectures
        )

    def judge(self, architecture: str, status: int, output: bytes) -> str:
        """Empty when the end is the expected one; else what differs."""
        if status != self.expect_status:
            return f"exit status {status}, expected {self.expect_status}"
        own = self.per_architecture.get(architecture, {})
        text = own.get("expect_stdout", None if own else self.expect_output)
        digest = own.get("expect_stdout_sha256", self.expect_digest)
        if text is not None:
            return "" if output == text.encode() else f"output differs: {output[-200:]!r}"
        return "" if hashlib.sha256(output).hexdigest() == digest else "output's digest differs"


def load() -> tuple[dict[str, str], list[Workload]]:
    """The common environment, and all workloads."""
    data = json.loads(TABLE.read_text())
    return data["env"], [
        Workload(
            id=w["id"],
            argv=w["argv"],
            needs=frozenset(w["needs"]),
            execs_children=w.get("execs_children", False),
            packages=w["packages"],
            stdin=w.get("stdin", ""),
            env=w.get("env", {}),
            files=w.get("files", {}),
            expect_status=w["expect_rc"],
            expect_output=w.get("expect_stdout"),
            expect_digest=w.get("expect_stdout_sha256"),
            architectures=tuple(w.get("arches", ())),
            undecided=tuple(w.get("undecided_arches", ())),
            per_architecture=w.get("per_arch", {}),
        )
        for w in data["workloads"]
    ]
