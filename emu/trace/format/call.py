"""One call as formatters see it: its parameters, their values, and the caller's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.trace.format.text import signed

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.arch.layout import Layout
    from emu.kernel.events import SyscallEvent
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.syscall import Parameter


class Call:
    """An event with what is needed to write it down."""

    def __init__(self, event: SyscallEvent, string_limit: int) -> None:
        self.event = event
        self.string_limit = string_limit
        self.abi: Abi = event.task.abi
        self.mm: AddressSpace = event.task.mm
        self.parameters: list[Parameter] = event.syscall.parameters() if event.syscall else []

    @property
    def name(self) -> str:
        """The call's name in the caller's table."""
        return self.event.name

    @property
    def failed(self) -> bool:
        """Whether it ended with an error; never true while it runs."""
        return self.event.error is not None

    @property
    def word_bits(self) -> int:
        """The width of an argument register."""
        return self.abi.convention.word_bits

    def value(self, index: int) -> int:
        """An argument as its C type has it."""
        raw = self.event.arguments[index]
        arg = self.parameters[index].arg
        bits = arg.bits or self.word_bits
        return signed(raw, bits) if arg.signed else raw & ((1 << bits) - 1)

    def named(self, name: str) -> int | None:
        """The value of the argument of this name, if there is one."""
        for index, parameter in enumerate(self.parameters):
            if parameter.name == name and index < len(self.event.arguments):
                return self.value(index)
        return None

    def layout(self, name: str) -> Layout:
        """A struct as this entry point has it."""
        layouts = self.event.syscall.layouts if self.event.syscall else {}
        return self.abi.layout(layouts.get(name, name))
