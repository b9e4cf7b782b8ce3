"""What the plugin's fixtures are, apart from pytest: imported by tests that use them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emu.kernel.events import Tracer
from emu.machine import Config, Machine
from emu.outcome import TIMEOUT_S, Outcome, run
from emu.trace.injector import Injector

if TYPE_CHECKING:
    from emu.kernel.events import SyscallEvent


def make_machine(settings: Mapping[str, Any]) -> Machine:
    """A machine that does the same every time, unless the settings say otherwise. `TypeError`."""
    return Machine(Config(**{"deterministic": True, **settings}))


class Runner:
    """Runs programs on a test's machine, and traces them."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def __call__(
        self,
        program: str | bytes | os.PathLike[str],
        *arguments: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        cwd: str = "/",
        user: tuple[int, int] = (0, 0),
        timeout_s: float = TIMEOUT_S,
    ) -> Outcome:
        """See `emu.outcome.run`."""
        return run(
            program, *arguments, machine=self.machine, stdin=stdin, env=env, cwd=cwd, user=user,
            trace=True, timeout_s=timeout_s,
        )  # fmt: skip


class Inject(Tracer):
    """Tampers with the calls of a test's machine, as ``strace -e inject`` does."""

    def __init__(self, machine: Machine) -> None:
        self._injector = Injector()
        machine.watch_too(self)

    def __call__(self, rule: str) -> None:
        """``SET:error=EIO:when=2``, ``:retval=``, ``:signal=``, ``:delay_enter=``; see strace(1).

        A rule without an effect fails calls with ENOSYS. Raises `BadExpression`.
        """
        if ":" in rule:
            self._injector.add(rule)
        else:
            self._injector.add(rule, default_error="ENOSYS")

    def enter(self, event: SyscallEvent) -> None:
        """A call is about to run."""
        self._injector.decide(event)
