"""ARM's register sets. See arch/arm/kernel/ptrace.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.isa import ARM
from emu.arch.regset.base import (
    BadRegister,
    FpImage,
    Regset,
    StructUser,
    ThreadRegisters,
    View,
    Words,
)

if TYPE_CHECKING:
    from emu.arch.abi import Abi

_NAMES = (*ARM.registers[:15], "pc", "flags", "argument")
_USER_SIZE = 296
_FPA_SIZE = 116
_VFP_SIZE = 260
# PT_TEXT_ADDR, PT_DATA_ADDR, PT_TEXT_END_ADDR of arch/arm/include/uapi/asm/ptrace.h.
_BOUNDS = {0x10000: 0, 0x10004: 1, 0x10008: 2}
_PSR_MUST, _PSR_MUST_NOT = 0x10, 0xCF


def view(abi: Abi) -> View:
    """VFP beside the floating point accelerator of old, which no processor here has."""
    notes = abi.constants
    general, vfp = _General(ARM, _NAMES), FpImage(_VFP_SIZE, _VFP_SIZE)
    accelerator = FpImage(_FPA_SIZE, 0)
    fp_note, vfp_note = notes["NT_PRFPREG"], notes["NT_ARM_VFP"]
    sets: dict[int, Regset] = {notes["NT_PRSTATUS"]: general, fp_note: accelerator, vfp_note: vfp}
    requests: dict[str, Regset] = {"REGS": general, "FPREGS": accelerator, "VFPREGS": vfp}
    core = ((fp_note, b"CORE"), (vfp_note, b"LINUX"))
    return View(sets, requests, _User(general, _USER_SIZE), core)


class _General(Words):
    """r0 to r15, CPSR, ORIG_r0."""

    def set(self, registers: ThreadRegisters, data: bytes) -> None:
        """See `Regset`. The CPSR must be a user's: see valid_user_regs."""
        super().set(registers, data)
        flags = registers.state.flags
        if flags & 0x1F != _PSR_MUST or flags & _PSR_MUST_NOT:
            raise BadRegister("not a user's CPSR")
        registers.state.general[15] = registers.state.pc


class _User(StructUser):
    """With the places of the program's text and data far behind it."""

    def peek(self, registers: ThreadRegisters, address: int) -> int:
        """See `UserArea`."""
        if address in _BOUNDS:
            return registers.bounds[_BOUNDS[address]]
        return super().peek(registers, address)
