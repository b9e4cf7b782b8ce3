"""Unaligned loads and stores, completed for user code as arch/mips/kernel/unaligned.c does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.record import record

if TYPE_CHECKING:
    from emu.cpu.setup.mips import Mips

# The library's number of the FPU register 0.
_F0 = 57


@record
class _Access:
    size: int
    store: bool = False
    signed: bool = False
    fpu: bool = False


_OPCODES = {
    0x21: _Access(2, signed=True),  # lh
    0x23: _Access(4, signed=True),  # lw
    0x25: _Access(2),  # lhu
    0x27: _Access(4),  # lwu
    0x37: _Access(8),  # ld
    0x29: _Access(2, store=True),  # sh
    0x2B: _Access(4, store=True),  # sw
    0x3F: _Access(8, store=True),  # sd
    0x31: _Access(4, fpu=True),  # lwc1
    0x35: _Access(8, fpu=True),  # ldc1
    0x39: _Access(4, store=True, fpu=True),  # swc1
    0x3D: _Access(8, store=True, fpu=True),  # sdc1
}
_ONLY_64_BIT = (0x27, 0x37, 0x3F)


class Unaligned:
    """Completes one processor's unaligned accesses."""

    def __init__(self, cpu: Mips) -> None:
        self._cpu = cpu
        self._order = cpu.order

    def complete(self, pc: int) -> bool:
        """Do what the instruction at `pc` wanted; False if Linux would not, or memory refuses."""
        cpu = self._cpu
        word = cpu.instruction(pc)
        access = _OPCODES.get(word >> 26)
        if access is None:
            return False
        if word >> 26 in _ONLY_64_BIT and cpu.isa.word_bits == 32:
            return False
        offset = (word & 0xFFFF ^ 0x8000) - 0x8000
        address = cpu.registers[word >> 21 & 31] + offset & cpu.isa.word_mask
        if address + access.size > cpu.user_limit:
            return False
        register = word >> 16 & 31
        if access.store:
            value = self._register(register, access) & (1 << 8 * access.size) - 1
            return cpu.memory.write(address, value.to_bytes(access.size, self._order))
        data = cpu.memory.read(address, access.size)
        if data is None:
            return False
        value = int.from_bytes(data, self._order, signed=access.signed)
        self._set_register(register, value, access)
        return True

    def _register(self, number: int, access: _Access) -> int:
        if not access.fpu:
            return self._cpu.registers[number]
        read = self._cpu.access.read
        if access.size == 8 and self._cpu.isa.word_bits == 32:
            return read(_F0 + number) & 0xFFFFFFFF | (read(_F0 + number + 1) & 0xFFFFFFFF) << 32
        return read(_F0 + number)

    def _set_register(self, number: int, value: int, access: _Access) -> None:
        if not access.fpu:
            if number:
                self._cpu.registers[number] = value & self._cpu.isa.word_mask
            return
        write = self._cpu.access.write
        if access.size == 8 and self._cpu.isa.word_bits == 32:
            write(_F0 + number, value & 0xFFFFFFFF)
            write(_F0 + number + 1, value >> 32)
        elif access.size == 8:
            write(_F0 + number, value)
        else:
            write(_F0 + number, value & 0xFFFFFFFF)
