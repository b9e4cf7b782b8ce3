"""ARM's register sets. See arch/arm/kernel/ptrace.c."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.arch.isa import ARM
from emu.arch.regset.base import BadRegister, FpImage, Regset, ThreadRegisters, View, Words

if TYPE_CHECKING:
    from emu.arch.abi import Abi

_NAMES = (*ARM.registers[:15], "pc", "flags", "argument")
_USER_SIZE = 296
_FPA_SIZE = 116
_VFP_SIZE = 260
_WORD = struct.Struct("<I")
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
    return View(sets, requests, _User(general), core)


class _General(Words):
    """r0 to r15, CPSR, ORIG_r0."""

    def set(self, registers: ThreadRegisters, data: bytes) -> None:
        """See `Regset`. The CPSR must be a user's: see valid_user_regs."""
        super().set(registers, data)
        flags = registers.state.flags
        if flags & 0x1F != _PSR_MUST or flags & _PSR_MUST_NOT:
            raise BadRegister("not a user's CPSR")
        registers.state.general[15] = registers.state.pc


class _User:
    def __init__(self, general: Words) -> None:
        self._general = general

    def peek(self, registers: ThreadRegisters, address: int) -> int:
        """See `UserArea`."""
        if address in _BOUNDS:
            return registers.bounds[_BOUNDS[address]]
        self._check(address)
        if address >= self._general.size:
            return 0
        value: int = _WORD.unpack_from(self._general.get(registers), address)[0]
        return value

    def poke(self, registers: ThreadRegisters, address: int, value: int) -> None:
        """See `UserArea`. What is no register takes any value and forgets it."""
        self._check(address)
        if address < self._general.size:
            data = bytearray(self._general.get(registers))
            _WORD.pack_into(data, address, value & 0xFFFFFFFF)
            self._general.set(registers, bytes(data))

    def _check(self, address: int) -> None:
        if address % 4 or not 0 <= address < _USER_SIZE:
            raise BadRegister("outside of struct user")
