"""The handlers of a package of modules, each module imported when the first of its calls is made.

Importing all of them takes longer than a small program runs. Which module declares an entry point
is read off the sources; where there are none, all modules are imported at once.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import TYPE_CHECKING

from emu.kernel.syscall import collect

if TYPE_CHECKING:
    from emu.kernel.syscall import Syscall

_MODULE = re.compile(r"(?!__)(\w+)\.pyc?")
_DECLARATION = "\n@syscall("
_ENTRY = re.compile(r'"((?:compat_)?sysm?_\w+)"')


class LazyHandlers(Mapping[str, "Syscall"]):
    """What `collect` makes of all modules of a package, without importing those nobody calls."""

    def __init__(self, package: ModuleType) -> None:
        """`ValueError` when two modules declare the same entry point."""
        self._package = package.__name__
        self._homes: dict[str, str] = {}
        self._found: dict[str, Syscall] = {}
        for name, entries in declarations(package):
            for entry in entries:
                if entry in self._homes:
                    raise ValueError(f"{entry} has two handlers")
                self._homes[entry] = name

    def __getitem__(self, entry: str) -> Syscall:
        if entry not in self._found:
            module = importlib.import_module(f"{self._package}.{self._homes[entry]}")
            self._found.update(collect([module]))
        return self._found[entry]

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)

    def __contains__(self, entry: object) -> bool:
        return entry in self._homes


def declarations(package: ModuleType) -> Iterator[tuple[str, list[str]]]:
    """Each module of a package, and the entry points that it has handlers for."""
    for folder in package.__path__:
        for name in sorted({m[1] for m in map(_MODULE.fullmatch, os.listdir(folder)) if m}):
            try:
                with open(f"{folder}/{name}.py", encoding="utf-8") as source:
                    yield name, declared_in(source.read())
            except FileNotFoundError:
                module = importlib.import_module(f"{package.__name__}.{name}")
                yield name, list(collect([module]))


def declared_in(source: str) -> list[str]:
    """The entry points in the decorators of a module's text."""
    _, *declarations = source.split(_DECLARATION)
    return [entry for text in declarations for entry in _ENTRY.findall(text[: text.find("def ")])]
