"""MIPS's register sets. See arch/mips/kernel/ptrace.c and ptrace32.c."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.arch.regset.base import BadRegister, FpImage, Regset, ThreadRegisters, View, Words

if TYPE_CHECKING:
    from emu.arch.abi import Abi

# badvaddr, status and cause are zero: they are no user's.
_SPECIAL = ("lo", "hi", "pc", "", "", "")
_ELF_NGREG = 45
_FIRST_OF_32 = 6
"""MIPS32_EF_R0."""
_FP_SIZE, _FP_USED = 264, 260
_FPR_BASE, _PC, _CAUSE, _BADVADDR, _MMHI, _MMLO, _FPC_CSR, _FPC_EIR = 32, 64, 65, 66, 67, 68, 69, 70
_DOUBLES = 256


def view(abi: Abi) -> View:
    """ELF's sets, and PTRACE_GETREGS's wide words on every ABI."""
    isa, notes = abi.isa, abi.constants
    names = ("", *isa.registers[1:])
    if abi.name == "mips-o32":
        padded = ("",) * _FIRST_OF_32 + names + _SPECIAL
    else:
        padded = names + _SPECIAL
    padded += ("",) * (_ELF_NGREG - len(padded))
    general, fp = Words(isa, padded), FpImage(_FP_SIZE, _FP_USED)
    wide = Words(isa, names + _SPECIAL, bits=64)
    sets: dict[int, Regset] = {notes["NT_PRSTATUS"]: general, notes["NT_PRFPREG"]: fp}
    user = _User(isa.byte_order, isa.word_bits)
    return View(sets, {"REGS": wide, "FPREGS": fp}, user, ((notes["NT_PRFPREG"], b"CORE"),))


class _User:
    """Not a struct but a list: PTRACE_PEEKUSR's address is the number of a register."""

    def __init__(self, order: str, word_bits: int) -> None:
        self._double, self._single = struct.Struct(order + "Q"), struct.Struct(order + "I")
        self._mask = (1 << word_bits) - 1
        self._pairs = word_bits == 32

    def peek(self, registers: ThreadRegisters, address: int) -> int:
        """See `UserArea`."""
        state = registers.state
        if 0 <= address < _FPR_BASE:
            return state.general[address]
        if _FPR_BASE <= address < _PC:
            return self._fp_register(state.fp, address - _FPR_BASE)
        match address:
            case 64:
                return state.pc
            case 67:
                return state.special["hi"]
            case 68:
                return state.special["lo"]
            case 69:
                value: int = self._single.unpack_from(state.fp, _DOUBLES)[0]
                return value
            case 65 | 66 | 70:
                return 0
        raise BadRegister("no such register")

    def poke(self, registers: ThreadRegisters, address: int, value: int) -> None:
        """See `UserArea`."""
        state = registers.state
        value &= self._mask
        if 0 <= address < _FPR_BASE:
            state.general[address] = value if address else 0
        elif _FPR_BASE <= address < _PC:
            state.fp = self._with_fp_register(state.fp, address - _FPR_BASE, value)
        elif address == _PC:
            state.pc = value
        elif address == _MMHI:
            state.special["hi"] = value
        elif address == _MMLO:
            state.special["lo"] = value
        elif address == _FPC_CSR:
            fp = bytearray(state.fp)
            self._single.pack_into(fp, _DOUBLES, value & 0xFFFFFFFF)
            state.fp = bytes(fp)
        else:
            raise BadRegister("no such register, or none to be written")

    def _fp_register(self, fp: bytes, number: int) -> int:
        """With FR=0 an odd register is the upper half of the even one before it."""
        if not self._pairs:
            value: int = self._double.unpack_from(fp, 8 * number)[0]
            return value
        (pair,) = self._double.unpack_from(fp, 8 * (number & ~1))
        return int(pair >> 32 if number & 1 else pair & 0xFFFFFFFF)

    def _with_fp_register(self, fp: bytes, number: int, value: int) -> bytes:
        new = bytearray(fp)
        if self._pairs:
            (pair,) = self._double.unpack_from(fp, 8 * (number & ~1))
            shift = 32 * (number & 1)
            value = pair & ~(0xFFFFFFFF << shift) | value << shift
            number &= ~1
        self._double.pack_into(new, 8 * number, value)
        return bytes(new)
