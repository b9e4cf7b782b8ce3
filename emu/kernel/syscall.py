"""`@syscall`: marks a function as the handler of one kernel entry point.

A handler is keyed by the kernel's entry point (``sys_newfstat``), not by the call's name: 83 names
mean different entry points on different ABIs. The decorator only marks; nothing is registered
globally. A kernel collects the handlers of the modules it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from types import CodeType, ModuleType
from typing import Any, TypeVar, get_type_hints

from emu.kernel.args import Arg
from emu.record import field, record, replace

Handler = TypeVar("Handler", bound=Callable[..., Any])
Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Makes of a handler another one with the same arguments, which may call it."""

Alias = str | tuple[str, Mapping[str, str]]

_MARK = "__syscall__"


@record
class Parameter:
    """One declared parameter of a handler."""

    name: str
    arg: Arg


@record
class Syscall:
    """A handler as one entry point sees it.

    `layouts` maps a struct name of the signature to the one this entry point uses
    (``sys_clock_gettime32`` takes ``old_timespec32`` where the other takes ``__kernel_timespec``).
    `missing` says what of Linux's call it does not do; empty if it does all of it.
    """

    entry: str
    handler: Callable[..., Any]
    layouts: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""

    def parameters(self) -> list[Parameter]:
        """The typed parameters after ``task``; `TypeError` names one that has no kind."""
        hints = get_type_hints(self.handler, include_extras=True)
        code = self._code
        names = code.co_varnames[1 : code.co_argcount]
        return [Parameter(name, self._kind(name, hints.get(name))) for name in names]

    def _kind(self, name: str, hint: object) -> Arg:
        for extra in getattr(hint, "__metadata__", ()):
            if isinstance(extra, Arg):
                return extra
        raise TypeError(f"{self.entry}: parameter {name} needs an argument kind, not {hint!r}")

    @property
    def where(self) -> tuple[str, int]:
        """The handler's source file and line."""
        return self._code.co_filename, self._code.co_firstlineno

    @property
    def _code(self) -> CodeType:
        handler = self.handler
        while wrapped := getattr(handler, "__wrapped__", None):
            handler = wrapped
        return handler.__code__


def syscall(entry: str, *aliases: Alias, missing: str = "") -> Callable[[Handler], Handler]:
    """Declare a handler: ``@syscall("sys_newstat", ("sys_stat64", {"stat": "stat64"}))``.

    The handler takes the calling task and then its typed arguments, and returns an int, or raises
    a `KernelError`. One that may sleep is ``async def`` or returns an awaitable. What it does not
    do that Linux's does, and answers an error for, is told in `missing`, for `emu coverage`.
    """

    def mark(handler: Handler) -> Handler:
        declared = [Syscall(entry, handler, {}, missing)]
        for alias in aliases:
            name, layouts = (alias, {}) if isinstance(alias, str) else alias
            declared.append(Syscall(name, handler, layouts, missing))
        setattr(handler, _MARK, (*getattr(handler, _MARK, ()), *declared))
        return handler

    return mark


def collect(modules: Iterable[ModuleType]) -> dict[str, Syscall]:
    """The handlers declared in these modules, by entry point; `ValueError` on a double one."""
    handlers: dict[str, Syscall] = {}
    for module in modules:
        for value in list(vars(module).values()):
            if getattr(value, "__module__", None) != module.__name__:
                continue
            for declared in getattr(value, _MARK, ()):
                if declared.entry in handlers:
                    raise ValueError(f"{declared.entry} has two handlers")
                handlers[declared.entry] = declared
    return handlers


def find_handler(handlers: Mapping[str, Syscall], entry: str, canonical: str) -> Syscall | None:
    """Who answers a table's entry point, under its own name or the one it is an alias of."""
    for name in (entry, canonical, entry.removeprefix("compat_")):
        if name in handlers:
            return handlers[name]
    return None


def wrapped(syscall: Syscall, wrappers: Iterable[Wrapper]) -> Syscall:
    """The same entry point with functions around its handler, which keeps its signature."""
    for wrapper in wrappers:
        inner = syscall.handler
        syscall = replace(syscall, handler=wraps(inner)(wrapper(inner)))
    return syscall
