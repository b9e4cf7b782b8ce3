"""A processor's registers all together, as a signal frame saves and sets them."""

from __future__ import annotations

from typing import ClassVar

from emu.arch.cpu import RegisterFile
from emu.arch.isa import Isa
from emu.arch.user_state import UserState
from emu.cpu.library import Library
from emu.cpu.register_batch import RegisterBatch
from emu.cpu.registers import State


class UserRegisters:
    """The part of an engine that speaks `UserState`; see `emu.arch.cpu.Cpu`."""

    isa: Isa
    library: Library
    handle: int
    registers: RegisterFile
    state: State

    fp_registers: ClassVar[list[tuple[int, int]]]
    """The library's numbers and sizes of the floating point and vector state."""

    _fp_batch: RegisterBatch | None = None

    @property
    def pc(self) -> int:
        """The program counter. Inside a trap: the address after the trap instruction."""
        return self.state.read_pc()

    @pc.setter
    def pc(self, address: int) -> None:
        self.state.write_pc(address)

    @property
    def flags(self) -> int:
        """EFLAGS, PSTATE or CPSR, 0 elsewhere; writing changes what user code may change."""
        return 0

    @flags.setter
    def flags(self, value: int) -> None:
        pass

    @property
    def special(self) -> dict[str, int]:
        """The registers that only this ISA has."""
        return {}

    @special.setter
    def special(self, values: dict[str, int]) -> None:
        pass

    @property
    def fp(self) -> bytes:
        """The floating point and vector state, as `UserState` has it."""
        return self.fp_batch.read()

    @fp.setter
    def fp(self, image: bytes) -> None:
        self.fp_batch.write(image)

    @property
    def fp_batch(self) -> RegisterBatch:
        """The registers of `fp_registers`, found when first asked for."""
        if self._fp_batch is None:
            self._fp_batch = RegisterBatch(self.library, self.handle, self.fp_registers)
        return self._fp_batch

    def user_state(self) -> UserState:
        """The registers, as a signal frame saves them."""
        mask, registers = self.isa.word_mask, self.registers
        general = [registers[number] & mask for number in range(len(self.isa.registers))]
        return UserState(general, self.pc, self.flags, self.special, self.fp)

    def set_user_state(self, state: UserState) -> None:
        """Give the registers these values, as far as user code may set them."""
        mask, registers = self.isa.word_mask, self.registers
        for number, value in enumerate(state.general):
            registers[number] = value & mask
        self.special = state.special
        self.fp = state.fp
        self.flags = state.flags
        self.pc = state.pc & mask
