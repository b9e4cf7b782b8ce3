"""RISC-V: U-mode of an RV64GC or RV32GC processor."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from emu.cpu import library as lib
from emu.cpu.engine import Engine
from emu.cpu.register_batch import numbered
from emu.cpu.registers import RegisterNames

_MSTATUS, _MCOUNTEREN, _SCOUNTEREN, _PRIV, _X1 = 116, 122, 138, 191, 2
_F0, _FCSR = 158, 43
_MSTATUS_FS = 0x6000
_FP_SIZE, _FCSR_SIZE = 260, 8
_ALL_COUNTERS = 7
_USER = 0
_TP = 4
# The letters of IMAFDC.
_HWCAP_GC = sum(1 << ord(letter) - ord("a") for letter in "imafdc")

_ILLEGAL, _LOAD_MISALIGNED, _STORE_MISALIGNED, _ECALL = 2, 4, 6, 8
# csrrs rd, time, x0 and its upper half on RV32.
_CSR_READ_MASK, _RDTIME, _RDTIMEH = 0xFFFFF07F, 0xC0102073, 0xC8102073
_TIME_PERIOD_NS = 100
# The engine advances the pc by 4 for every exception, whatever the instruction's length.
_ADVANCE = 4
_NAMES = (0, *range(_X1, _X1 + 31))


def _host_time() -> int:
    return time.monotonic_ns() // _TIME_PERIOD_NS


class RiscV(Engine):
    """A RISC-V processor of either width."""

    architecture = lib.ARCH_RISCV
    ways = {"ecall": _ECALL}
    hwcap = _HWCAP_GC

    time_source: Callable[[], int] = staticmethod(_host_time)
    """What `rdtime` reads: ticks of 100 ns. The owner may replace it with the guest's clock."""

    @property
    def fp(self) -> bytes:
        """The registers and FCSR of the D extension."""
        return self.fp_batch.read()[:_FP_SIZE]

    @fp.setter
    def fp(self, image: bytes) -> None:
        self.fp_batch.write(image.ljust(self.fp_batch.size, b"\0"))

    def save(self) -> bytes:
        """The register state, and FCSR's flags: the engine keeps those behind its state."""
        return super().save() + self.access.read(_FCSR).to_bytes(_FCSR_SIZE, "little")

    def restore(self, state: object) -> None:
        """Put back what `save` returned. The address space stays as it is."""
        assert isinstance(state, bytes)
        super().restore(state[:-_FCSR_SIZE])
        self.access.write(_FCSR, int.from_bytes(state[-_FCSR_SIZE:], "little"))

    @property
    def thread_pointer(self) -> int:
        """The register tp."""
        return self.registers[_TP]

    @thread_pointer.setter
    def thread_pointer(self, address: int) -> None:
        self.registers[_TP] = address

    def _bring_up(self) -> None:
        access = self.access
        access.write(_MSTATUS, access.read(_MSTATUS) | _MSTATUS_FS)
        access.write(_MCOUNTEREN, _ALL_COUNTERS)
        access.write(_SCOUNTEREN, _ALL_COUNTERS)
        access.write(_PRIV, _USER)

    def _exception(self, number: int) -> None:
        pc = self.pc - _ADVANCE & self.isa.word_mask
        if number in (_LOAD_MISALIGNED, _STORE_MISALIGNED):
            self.raise_fault("SIGBUS", "BUS_ADRALN", pc)
        elif number != _ILLEGAL or not self._read_time(pc):
            self.raise_fault("SIGILL", "ILL_ILLOPC", pc)

    def _read_time(self, pc: int) -> bool:
        word = int.from_bytes(self.memory.read_code(pc, 4), "little")
        instruction = word & _CSR_READ_MASK
        if instruction == _RDTIME:
            value = self.time_source()
        elif instruction == _RDTIMEH and self.isa.word_bits == 32:
            value = self.time_source() >> 32
        else:
            return False
        if target := word >> 7 & 31:
            self.registers[target] = value & self.isa.word_mask
        return True

    def _invalid(self) -> bool:
        self.raise_fault("SIGTRAP", "TRAP_BRKPT", self.pc)
        return False


class RiscV64(RiscV):
    """An RV64GC processor."""

    mode = lib.MODE_64
    fp_registers = [*numbered(_F0, 32, 8), (_FCSR, 8)]
    models: ClassVar = {"any": 0, "base64": 1, "sifive-u54": 3}
    default_model = "sifive-u54"
    names = RegisterNames(_NAMES, 190, 8)


class RiscV32(RiscV):
    """An RV32GC processor."""

    mode = lib.MODE_32
    fp_registers = [*numbered(_F0, 32, 8), (_FCSR, 4)]
    models: ClassVar = {"any": 0, "base32": 1, "sifive-u34": 3}
    default_model = "sifive-u34"
    names = RegisterNames(_NAMES, 190, 4)
