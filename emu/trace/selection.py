"""Sets as strace's -e expressions write them: ``a,b``, ``!a,b``, ``all``, ``none``."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Generic, TypeVar

from emu.arch.abi import Abi, abi_names
from emu.trace.classes import CLASSES, of_class
from emu.trace.errors import BadExpression

if TYPE_CHECKING:
    from emu.kernel.events import SyscallEvent

T = TypeVar("T")
Matcher = Callable[[T], bool]
OLD_CLASSES = ("file", "desc", "process", "network", "signal", "memory")
"""Classes that may be written without a %."""


class Selection(Generic[T]):
    """What any of some matchers knows, or all the others."""

    def __init__(self, matchers: Iterable[Matcher[T]], inverted: bool) -> None:
        self._matchers = list(matchers)
        self._inverted = inverted

    @classmethod
    def parse(cls, text: str, matcher: Callable[[str], Matcher[T]]) -> Selection[T]:
        """``a,b``, ``!a,b``, ``all`` or ``none``."""
        inverted = text.startswith("!")
        names = text.removeprefix("!").split(",")
        if names == ["all"]:
            return cls([], not inverted)
        if names == ["none"]:
            return cls([], inverted)
        return cls([matcher(name) for name in names if name], inverted)

    def __contains__(self, item: T) -> bool:
        return any(matcher(item) for matcher in self._matchers) != self._inverted


def call_matcher(text: str) -> Matcher[SyscallEvent]:
    """What a name, a number, a class or a regular expression means; ``@32`` restricts it."""
    wanted, _, personality = text.removeprefix("?").partition("@")
    if personality:
        by_name = name_matcher(text.partition("@")[0])
        of_abi = personality_matcher(personality)
        return lambda event: by_name(event.name) and of_abi(event.task.abi)
    if wanted.isdecimal():
        number = int(wanted)
        return lambda event: event.number == number
    matcher = name_matcher(text)
    return lambda event: matcher(event.name)


def name_matcher(text: str) -> Matcher[str]:
    """The same by the name alone. `BadExpression` for a name that no ABI has, without a ``?``."""
    may_be_unknown = text.startswith("?")
    text = text.removeprefix("?")
    if text.startswith("/"):
        try:
            pattern = re.compile(text[1:])
        except re.error as error:
            raise BadExpression(f"{text}: {error}") from None
        return lambda name: pattern.search(name) is not None
    if text.startswith("%") or text in OLD_CLASSES:
        group = text.removeprefix("%")
        if group not in CLASSES:
            raise BadExpression(f"no class of system calls is called {text}")
        return lambda name: of_class(name, group)
    if not may_be_unknown and text not in known_names():
        raise BadExpression(f"invalid system call '{text}'")
    return lambda name: name == text


def personality_matcher(text: str) -> Matcher[Abi]:
    """``64``, ``32`` or ``x32``; or an ABI's own name, which strace has not."""
    if text in ("64", "32"):
        bits = int(text)
        return lambda abi: abi.word_bits == bits and abi.name != "x32"
    if text not in abi_names():
        raise BadExpression(f"no personality or ABI is called {text}")
    return lambda abi: abi.name == text


def signal_matcher(text: str) -> Matcher[str]:
    """A signal, with or without SIG."""
    wanted = text.upper() if text.upper().startswith("SIG") else f"SIG{text.upper()}"
    return lambda name: name == wanted


def descriptor_matcher(text: str) -> Matcher[int]:
    """A file descriptor."""
    if not text.isdecimal():
        raise BadExpression(f"invalid descriptor '{text}'")
    wanted = int(text)
    return lambda fd: fd == wanted


@functools.cache
def known_names() -> frozenset[str]:
    """The names of all system calls of all ABIs."""
    return frozenset(row.name for name in abi_names() for row in Abi.load(name).syscalls.values())
