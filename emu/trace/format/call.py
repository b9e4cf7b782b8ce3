"""One call as formatters see it: its parameters, their values, and the caller's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.arch.layout import Layout
    from emu.kernel.events import SyscallEvent
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.syscall import Parameter
    from emu.trace.format.plan import Plan


class Call:
    """An event with what is needed to write it down."""

    __slots__ = ("abi", "event", "mm", "plan")

    def __init__(self, event: SyscallEvent, plan: Plan) -> None:
        self.event = event
        self.plan = plan
        self.abi: Abi = event.task.abi
        self.mm: AddressSpace = event.task.mm

    @property
    def name(self) -> str:
        """The call's name in the caller's table."""
        return self.event.name

    @property
    def parameters(self) -> list[Parameter]:
        """The declared parameters."""
        return self.plan.parameters

    @property
    def string_limit(self) -> int:
        """How many bytes of a string are shown."""
        return self.plan.style.string_limit

    @property
    def abbreviated(self) -> bool:
        """Whether only the more telling part of a struct or a list is shown."""
        return self.plan.abbreviated

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
        mask, sign = self.plan.words[index]
        value = self.event.arguments[index] & mask
        return (value ^ sign) - sign

    def named(self, name: str) -> int | None:
        """The value of the argument of this name, if there is one."""
        for index, parameter in enumerate(self.plan.parameters):
            if parameter.name == name and index < len(self.event.arguments):
                return self.value(index)
        return None

    def layout(self, name: str) -> Layout:
        """A struct as this entry point has it."""
        layouts = self.event.syscall.layouts if self.event.syscall else {}
        return self.abi.layout(layouts.get(name, name))
