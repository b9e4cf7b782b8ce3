"""A CPU whose only instruction is the trap: it makes the calls that Python asks for.

The kernel sees a CPU like any other, so that gates, tables, tracers, sleep, signals and restarts
are those of programs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.arch.cpu import Fault, PageFault, PageTable, RegisterFile, TrapHandler
    from emu.arch.isa import Isa
    from emu.arch.user_state import UserState

REGISTERS = 64


class NoCode(Exception):
    """Something was asked of a caller for which it would need a program's code."""


class TrapOnlyCpu:
    """See `emu.arch.cpu.Cpu`. `run` makes the call that `request` asked for, and then is `idle`."""

    hwcap = hwcap2 = work_done = 0
    platform: bytes | None = None
    model = "none"
    identity: Mapping[str, int] = MappingProxyType({})
    vector_page: tuple[int, bytes] | None = None
    thumb = False
    gs_base = 0
    thread_pointer = 0

    def __init__(self, isa: Isa, way: str, trap_end: int, idle: Callable[[], None]) -> None:
        self.isa = isa
        self.registers: RegisterFile = [0] * REGISTERS
        self.overwritten: dict[str, int] = {}
        self.pc = self._trap_end = trap_end
        self._way = way
        self._idle = idle
        self._handlers: dict[str, TrapHandler] = {}
        self._failure: BaseException | None = None

    def request(self) -> None:
        """Have the trap be the next instruction."""
        self.pc = self._trap_end - self.trap_length

    @property
    def trap_length(self) -> int:
        """The size in bytes of the trap instruction."""
        return self.isa.trap_length

    def on_trap(self, way: str, handler: TrapHandler) -> None:
        """Route a way into the kernel."""
        self._handlers[way] = handler

    def run(self) -> Fault | None:
        """Make the call that was asked for, or is to be made again, and be idle if it has ended."""
        if self.pc != self._trap_end:
            self.pc = self._trap_end
            self._handlers[self._way]()
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure
        self._idle()
        return None

    step = run

    def abandon(self, error: BaseException) -> None:
        """Have `run` raise an error."""
        self._failure = error

    def user_state(self) -> UserState:
        """A signal's handler would be code."""
        raise NoCode("a caller has no code: it cannot fork, nor handle signals")

    def set_user_state(self, state: UserState) -> None:
        """See `user_state`."""
        raise NoCode("a caller has no code: it has no registers to be set")

    def set_tls_entry(self, index: int, base: int, limit: int, flags: int) -> None:
        """Nobody uses the descriptor."""

    def save(self) -> object:
        """Nobody else runs on this CPU: its registers stay where they are."""
        return self

    def restore(self, state: object) -> None:
        """See `save`."""

    def reset(self) -> None:
        """Give all registers the value of a fresh process."""
        for number in range(REGISTERS):
            self.registers[number] = 0

    def use(self, pages: PageTable, fault: PageFault) -> None:
        """No instruction reaches memory."""

    def hook_address(self, address: int, action: Callable[[], None]) -> None:
        """No instruction is at any address."""

    def flush_tlb(self) -> None:
        """There is no TLB."""

    def invalidate_code(self, frame: int) -> None:
        """There is no code."""

    def limit_run(self, blocks: int) -> None:
        """A run is one call."""

    def stop(self) -> None:
        """A run ends by itself."""

    def interrupt(self) -> None:
        """A run ends by itself."""

    def count_instructions(self) -> None:
        """There are none."""

    instructions = 0
