"""Tampering with calls: ``-e inject=SET:error=...:when=...``. See strace(1), Tampering."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emu.arch.abi import Abi
from emu.kernel.errno import KernelError
from emu.kernel.injection import Injection
from emu.kernel.uapi.signal import SIGNAL_NAMES
from emu.record import field, record
from emu.trace.errors import BadExpression
from emu.trace.selection import Selection, call_matcher

if TYPE_CHECKING:
    from emu.kernel.events import SyscallEvent

UNITS_NS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1, "": 10**3}
DELAY = re.compile(r"(\d+(?:\.\d+)?)(s|ms|us|ns|)")
WHEN = re.compile(r"(\d+)(?:\.\.(\d+))?(?:(\+)(\d+)?)?")
FOREVER = 0xFFFF
OPTIONS = ("error", "retval", "signal", "delay_enter", "delay_exit", "when")


@record(frozen=False)
class Rule:
    """What happens to the calls of a set, and to which of them: the `first`, every `step` after."""

    calls: Selection[SyscallEvent]
    injection: Injection
    first: int = 1
    last: int = FOREVER
    step: int = 1
    counts: dict[tuple[int, str], int] = field(default_factory=dict)

    def applies(self, event: SyscallEvent) -> bool:
        """Whether it is this call's turn; every task counts each call for itself."""
        if event not in self.calls:
            return False
        key = (event.task.pid, event.name)
        count = self.counts[key] = self.counts.get(key, 0) + 1
        if not self.first <= count <= self.last:
            return False
        return (count - self.first) % self.step == 0 if self.step else count == self.first


class Injector:
    """All rules; the last that applies to a call decides."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def __bool__(self) -> bool:
        return bool(self._rules)

    def add(self, text: str, default_error: str = "") -> None:
        """``SET[:error=E|:retval=N][:signal=S][:delay_enter=T][:delay_exit=T][:when=W]``."""
        names, *options = text.split(":")
        given: dict[str, str] = {}
        for option in options:
            key, equals, value = option.partition("=")
            if not equals or key not in OPTIONS:
                raise BadExpression(f"cannot inject {option!r}")
            given[key] = value
        if default_error and not given.keys() & {"error", "retval"}:
            given["error"] = default_error
        if "error" in given and "retval" in given:
            raise BadExpression("an error and a return value exclude each other")
        if not given.keys() - {"when"}:
            raise BadExpression(f"nothing is injected into {names!r}")
        when = parse_when(given.pop("when", "1+"))
        injection = Injection(
            error=parse_error(given["error"]) if "error" in given else None,
            value=parse_value(given["retval"]) if "retval" in given else None,
            signal=parse_signal(given["signal"]) if "signal" in given else 0,
            delay_enter_ns=parse_delay(given.get("delay_enter", "0")),
            delay_exit_ns=parse_delay(given.get("delay_exit", "0")),
        )
        self._rules.append(Rule(Selection.parse(names, call_matcher), injection, *when))

    def decide(self, event: SyscallEvent) -> None:
        """Set a call's injection."""
        for rule in self._rules:
            if rule.applies(event):
                event.injected = rule.injection


def parse_error(text: str) -> type[KernelError]:
    """An error by its name, or by the kernel's usual number."""
    name = Abi.load("x86-64").errno_names.get(int(text), "") if text.isdecimal() else text
    for error in KernelError.__subclasses__():
        if error.__name__ == name:
            return error
    raise BadExpression(f"no error is called {text!r}")


def parse_value(text: str) -> int:
    """A return value."""
    try:
        value = int(text, 0)
    except ValueError:
        raise BadExpression(f"{text!r} is not a return value") from None
    if value < 0:
        raise BadExpression("a return value is not negative; an error is")
    return value


def parse_signal(text: str) -> int:
    """A signal by name or number."""
    if text.isdecimal() and 0 < int(text) < len(SIGNAL_NAMES):
        return int(text)
    name = text if text.startswith("SIG") else f"SIG{text}"
    if name not in SIGNAL_NAMES or not text:
        raise BadExpression(f"no signal is called {text!r}")
    return SIGNAL_NAMES.index(name)


def parse_delay(text: str) -> int:
    """Microseconds, or a number with its unit, as nanoseconds."""
    matched = DELAY.fullmatch(text)
    if matched is None:
        raise BadExpression(f"{text!r} is not a delay")
    return int(float(matched[1]) * UNITS_NS[matched[2]])


def parse_when(text: str) -> tuple[int, int, int]:
    """``3``, ``3+``, ``3+2``, ``3..7``, ``3..7+2`` as first, last and step."""
    matched = WHEN.fullmatch(text)
    if matched is None or not int(matched[1]):
        raise BadExpression(f"{text!r} does not say when")
    first, last, plus, step = matched.groups()
    if last is None and plus is None:
        return int(first), int(first), 1
    return int(first), int(last or FOREVER), int(step or 1)
