"""What is known of a call before it is made: worked out once for each entry of each ABI's table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.args import Arg, IovecArg, PointerArg, StructArg
from emu.kernel.sys.poll import PollfdsArg
from emu.trace.format import descriptors, raw, sigreturn, unhandled
from emu.trace.format.arguments import formatter_of
from emu.trace.format.calls import FILLED, IS_FILLED, SHOWN, SKIPPED, SPECIAL
from emu.trace.format.hexstrings import in_hexadecimal
from emu.trace.format.results import RESULTS

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.events import SyscallEvent
    from emu.kernel.syscall import Syscall
    from emu.trace.format.call import Call
    from emu.trace.format.style import Style

    Formatter = Callable[[Call, int], str]


class Plan:
    """How one entry's calls are written in one style.

    `words` are each argument's mask and sign bit; `formatters` write an argument; `outs` says
    which ones the kernel fills. `first_out` is the first of these, -1 if there is none and None if
    only the call itself can tell. `fixed` is the whole text up to the closing parenthesis of a call
    that has no arguments. `result` writes a result that is not just a number.
    """

    wanted = True
    """Whether such calls are written at all."""

    def __init__(self, name: str, syscall: Syscall | None, abi: Abi, style: Style) -> None:
        self.name = name
        self.style = style
        self.abi = abi
        self.parameters = syscall.parameters() if syscall else []
        self.count = len(self.parameters)
        bits = abi.convention.word_bits
        self.words = [word_of(p.arg, bits) for p in self.parameters]
        self.abbreviated = style.abbreviated(name)
        self.whole = self._whole(syscall)
        self.result = RESULTS.get(name) if self.whole is None or syscall else None
        if style.descriptors and name in descriptors.MAKES_DESCRIPTOR:
            self.result = descriptors.numbered
        self.is_raw = style.raw(name)
        self.formatters: list[Formatter] = []
        self.outs: list[bool] = []
        filled = FILLED.get(name, ())
        special = SPECIAL.get(name, {})
        for index, parameter in enumerate(self.parameters):
            self.formatters.append(self._formatter(special.get(index), parameter.arg))
            self.outs.append(bool(getattr(parameter.arg, "out", False)) or index in filled)
        self.filled = IS_FILLED.get(name, {})
        self.shown = SHOWN.get(name)
        self.skipped = SKIPPED.get(name)
        self.first_out = self._first_out()
        self.fixed = f"{name}(" if syscall and not self.count and self.whole is None else None

    def _whole(self, syscall: Syscall | None) -> Callable[[Call], list[str]] | None:
        """Who writes all arguments at once, if it is not one for each."""
        if self.style.raw(self.name):
            return raw.arguments
        if syscall is None:
            return unhandled.arguments
        if self.name in sigreturn.NAMES:
            return sigreturn.arguments
        return None

    def _formatter(self, special: Formatter | None, arg: Arg) -> Formatter:
        formatter = special or formatter_of(arg)
        if not self.style.dereferenced(self.name) and self.name not in WITHOUT_STRUCTS:
            formatter = raw.address if is_struct(arg) else formatter
        if self.style.hexadecimal:
            formatter = in_hexadecimal(formatter, self.style.hexadecimal)
        return formatter

    def _first_out(self) -> int | None:
        if self.shown is not None or self.skipped is not None or self.filled:
            return None
        return self.outs.index(True) if True in self.outs else -1


def word_of(arg: Arg, word_bits: int) -> tuple[int, int]:
    """The mask of an argument's C type and its sign bit, 0 for an unsigned one."""
    bits = arg.bits or word_bits
    return (1 << bits) - 1, 1 << (bits - 1) if arg.signed else 0


WITHOUT_STRUCTS = ("clone",)
"""Calls whose pointers are written by their own names."""


def is_struct(arg: Arg) -> bool:
    """Whether it is a pointer to more than a string or a buffer."""
    if isinstance(arg, StructArg | IovecArg | PollfdsArg):
        return True
    return isinstance(arg, PointerArg) and not (type(arg) is PointerArg and arg.length)


class Plans:
    """The plans of one style, made when an entry is first called."""

    def __init__(self, style: Style, wants: Callable[[SyscallEvent], bool]) -> None:
        self._style = style
        self._wants = wants
        self._plans: dict[tuple[str, str, Abi], Plan] = {}

    def of(self, event: SyscallEvent) -> Plan:
        """The plan for a call."""
        key = (event.name, event.way, event.task.abi)
        plan = self._plans.get(key)
        if plan is None:
            plan = Plan(event.name, event.syscall, event.task.abi, self._style)
            plan.wanted = self._wants(event)
            self._plans[key] = plan
        return plan
