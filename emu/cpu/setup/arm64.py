"""arm64: EL0 of a processor whose EL1 is ours."""

from __future__ import annotations

import ctypes
from ctypes import c_uint32, c_uint64

from emu.cpu import library as lib
from emu.cpu.engine import Engine
from emu.cpu.register_batch import numbered
from emu.cpu.registers import RegisterNames
from emu.cpu.setup.arm64_features import ID_REGISTERS, hwcaps, visible

_CP_REG, _CPACR_EL1, _PSTATE, _TPIDR_EL0, _NZCV, _FPCR, _FPSR = 290, 261, 265, 262, 3, 291, 292
_Q0 = 104
_FP_ENABLED = 3 << 20
# System registers as (crn, crm, op0, op1, op2).
_SCTLR_EL1 = (1, 0, 3, 0, 0)
_CNTKCTL_EL1 = (14, 1, 3, 0, 0)
# UCI, nTWE, nTWI, UCT and DZE: cache maintenance, wfe, wfi, CTR_EL0 and DC ZVA from EL0.
_SCTLR_USER = 1 << 26 | 1 << 18 | 1 << 16 | 1 << 15 | 1 << 14
_COUNTERS_AT_EL0 = 3

_UNDEFINED, _SVC, _PREFETCH_ABORT, _DATA_ABORT, _BREAKPOINT = 1, 2, 3, 4, 7
# mrs xt, s3_0_c0_crm_op2: the ID registers, which Linux emulates for user code.
_MRS_ID_MASK, _MRS_ID = 0xFFFFF000, 0xD5380000
_INSTRUCTION_LENGTH = 4


class _SystemRegister(ctypes.Structure):
    _fields_ = (
        ("crn", c_uint32), ("crm", c_uint32), ("op0", c_uint32), ("op1", c_uint32),
        ("op2", c_uint32), ("value", c_uint64),
    )  # fmt: skip


class Arm64(Engine):
    """An arm64 processor."""

    architecture = lib.ARCH_ARM64
    mode = lib.MODE_ARM
    models = {"cortex-a57": 0, "cortex-a53": 1, "cortex-a72": 2, "max": 3}
    default_model = "max"
    names = RegisterNames((*range(199, 228), 1, 2, 4), 260, 8)
    fp_registers = [*numbered(_Q0, 32, 16), (_FPSR, 4), (_FPCR, 4)]
    ways = {"svc": _SVC}
    platform = b"aarch64"

    @property
    def thread_pointer(self) -> int:
        """TPIDR_EL0."""
        return self.access.read(_TPIDR_EL0)

    @thread_pointer.setter
    def thread_pointer(self, address: int) -> None:
        self.access.write(_TPIDR_EL0, address)

    @property
    def flags(self) -> int:
        """PSTATE as a signal frame holds it: the condition flags, EL0."""
        return self.access.read(_NZCV) & 0xF0000000

    @flags.setter
    def flags(self, value: int) -> None:
        self.access.write(_NZCV, value & 0xF0000000)

    def _bring_up(self) -> None:
        self.access.write(_CPACR_EL1, _FP_ENABLED)
        features = {name: self._system(place) for name, place in ID_REGISTERS.items()}
        self.hwcap, self.hwcap2 = hwcaps(features)
        self._id_values = visible(features)
        self.identity = {"midr": features["MIDR"]}
        self.access.write(_PSTATE, 0)
        # Writing a system register is also what makes the engine notice the change to EL0.
        self._set_system(_SCTLR_EL1, self._system(_SCTLR_EL1) | _SCTLR_USER)
        self._set_system(_CNTKCTL_EL1, _COUNTERS_AT_EL0)

    def _system(self, place: tuple[int, int, int, int, int]) -> int:
        block = _SystemRegister(*place, 0)
        self.access.exchange(_CP_REG, block)
        return int(block.value)

    def _set_system(self, place: tuple[int, int, int, int, int], value: int) -> None:
        self.access.exchange(_CP_REG, _SystemRegister(*place, value), write=True)

    def _exception(self, number: int) -> None:
        pc = self.pc
        if number == _BREAKPOINT:
            self.raise_fault("SIGTRAP", "TRAP_BRKPT", pc)
        elif number == _DATA_ABORT or pc & 3:
            self.raise_fault("SIGBUS", "BUS_ADRALN", pc)
        elif not self._emulate_id_register(pc):
            self.raise_fault("SIGILL", "ILL_ILLOPC", pc)

    def _emulate_id_register(self, pc: int) -> bool:
        word = int.from_bytes(self.memory.read_code(pc, 4), "little")
        if word & _MRS_ID_MASK != _MRS_ID:
            return False
        crm, op2, target = word >> 8 & 15, word >> 5 & 7, word & 31
        if not (crm == 0 and op2 in (0, 5, 6)) and not 1 <= crm <= 7:
            return False
        if target != 31:
            self.registers[target] = self._id_values.get((crm, op2), 0)
        self.pc = pc + _INSTRUCTION_LENGTH
        return True
