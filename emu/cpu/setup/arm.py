"""ARM: user mode of an ARMv7 or ARMv8 AArch32 processor, ARM and Thumb."""

from __future__ import annotations

import ctypes
from ctypes import c_uint32, c_uint64

from emu.arch.user_state import UserState
from emu.cpu import library as lib
from emu.cpu.engine import Engine
from emu.cpu.register_batch import numbered
from emu.cpu.registers import RegisterNames, WindowState
from emu.cpu.setup.arm_features import MVFR0, MVFR1, hwcaps
from emu.cpu.setup.arm_vectors import VECTORS_ADDRESS, vector_page

_CPSR, _FPEXC, _PC, _CPACR, _TPIDRURO, _CP_REG = 3, 4, 11, 111, 113, 139
_R0, _D0, _FPSCR = 66, 14, 6
_R15 = 15
_FP_ENABLED = 0xF << 20
_FPEXC_ENABLE = 1 << 30
_USER_MODE = 0x10
_THUMB = 1 << 5
# NZCVQ, GE, IT and T: what a signal frame restores.
# The IT bits 7 to 2 are bits 15 to 10, bits 1 and 0 are 26 and 25. 0x5b is nothing else's value.
_CPSR_IT, _IT_PROBE = 0x0600FC00, 0x5B
_CPSR_IT_PROBE = (_IT_PROBE & 3) << 25 | (_IT_PROBE >> 2) << 10
_CPSR_USER = 0xF80F0000 | 0x0600FC00 | _THUMB
_IT_STATE = 0x0600FC00

_UNDEFINED, _SWI, _PREFETCH_ABORT, _DATA_ABORT, _BREAKPOINT = 1, 2, 3, 4, 7
# The undefined instructions that Linux and gdb use as breakpoints.
_ARM_BREAKPOINT, _THUMB_BREAKPOINT, _THUMB2_BREAKPOINT = 0xE7F001F0, 0xDE01, 0xA000F7F0
_ARM_CONDITION = 0x0FFFFFFF
# nop, yield, wfe, wfi, sev and their kin.
_ARM_HINT_MASK, _ARM_HINT = 0x0FFFFFF0, 0x0320F000
_THUMB_HINT_MASK, _THUMB_HINT = 0xFF0F, 0xBF00
_THUMB2_HINT_MASK, _THUMB2_HINT = 0xFFF0FFFF, 0x8000F3AF


class _CoprocessorRegister(ctypes.Structure):
    _fields_ = (
        ("cp", c_uint32), ("is64", c_uint32), ("sec", c_uint32), ("crn", c_uint32),
        ("crm", c_uint32), ("opc1", c_uint32), ("opc2", c_uint32), ("value", c_uint64),
    )  # fmt: skip


class Arm(Engine):
    """An ARM processor, little endian."""

    architecture = lib.ARCH_ARM
    mode = lib.MODE_ARM
    models = {"cortex-a7": 14, "cortex-a8": 15, "cortex-a9": 16, "cortex-a15": 17, "max": 33}
    default_model = "max"
    # Index 15, the pc, is not planted: writing it changes the instruction set.
    names = RegisterNames((*range(_R0, _R0 + 13), 12, 10, 0), _PC, 4)
    fp_registers = [*numbered(_D0, 32, 8), (_FPSCR, 4)]
    ways = {"svc": _SWI}
    platform = b"v7l"
    vector_page = VECTORS_ADDRESS, vector_page()

    @property
    def pc(self) -> int:
        """The program counter, without the Thumb bit.

        Writing an odd address selects Thumb; an even one keeps the state, as writing a signal
        frame's pc does. `branch` is what a function call does.
        """
        return self.state.read_pc()

    @pc.setter
    def pc(self, address: int) -> None:
        address &= 0xFFFFFFFF
        if self.state.direct and not address & 1:
            self.state.write_pc(address)
        else:
            self.access.write(_PC, address | self.thumb)

    @property
    def thumb(self) -> bool:
        """Whether the next instruction is a Thumb one."""
        return bool(self.access.read(_CPSR) & _THUMB)

    @thumb.setter
    def thumb(self, on: bool) -> None:
        cpsr = self.access.read(_CPSR) & 0xFFFFFFFF
        self.access.write(_CPSR, cpsr | _THUMB if on else cpsr & ~_THUMB)

    @property
    def trap_length(self) -> int:
        """The size in bytes of the trap instruction just taken: 2 in Thumb."""
        return 2 if self.thumb else 4

    def branch(self, address: int) -> None:
        """Continue at a function: Thumb if the address is odd, outside any IT block."""
        self.flags = self.flags & ~(_IT_STATE | _THUMB) | (_THUMB if address & 1 else 0)
        self.pc = address & ~1

    @property
    def flags(self) -> int:
        """CPSR; writing changes only what user code may change, and the Thumb and IT state."""
        return self.access.read(_CPSR) & 0xFFFFFFFF

    @flags.setter
    def flags(self, value: int) -> None:
        self.access.write(_CPSR, value & _CPSR_USER | _USER_MODE)

    def user_state(self) -> UserState:
        """The registers, as a signal frame saves them."""
        state = super().user_state()
        state.general[_R15] = state.pc
        return state

    @property
    def thread_pointer(self) -> int:
        """TPIDRURO, which user code can only read."""
        return self.access.read(_TPIDRURO) & 0xFFFFFFFF

    @thread_pointer.setter
    def thread_pointer(self, address: int) -> None:
        self.access.write(_TPIDRURO, address)

    def _install_fill(self) -> None:
        self.it_state_offset = self._find_it_state()
        super()._install_fill()

    def _find_it_state(self) -> int:
        """The state's offset of the IT bits, a word of their own to the engine."""
        before = self.save()
        cpsr = self.access.read(_CPSR)
        self.access.write(_CPSR, cpsr & ~_CPSR_IT | _CPSR_IT_PROBE)
        after = self.save()
        self.restore(before)
        for offset in range(0, len(before) - 3, 4):
            word = int.from_bytes(after[offset : offset + 4], "little")
            if word == _IT_PROBE and before[offset : offset + 4] == bytes(4):
                return offset
        raise lib.EngineError("this engine build keeps ARM's IT state where nobody expects it")

    def _fill_flags(self) -> tuple[int, int]:
        # For a fill the engine puts the state back to the instruction's, IT bits included; but
        # the rest of its translated block takes them for cleared, and so would the next block.
        if isinstance(self.state, WindowState):
            return self.state.address + self.it_state_offset, 0
        return super()._fill_flags()

    def _data_fill_done(self) -> None:
        self.state.set_word(self.it_state_offset, 0)

    def _bring_up(self) -> None:
        access = self.access
        access.write(_CPACR, _FP_ENABLED)
        access.write(_FPEXC, _FPEXC_ENABLE)
        self.hwcap, self.hwcap2 = hwcaps(
            self._vfp(MVFR0), self._vfp(MVFR1), self._id(2, 0), self._id(2, 5), self._id(1, 4)
        )
        self.identity = {"midr": self._id(0, 0)}
        access.write(_CPSR, _USER_MODE)

    def _id(self, crm: int, opc2: int) -> int:
        block = _CoprocessorRegister(15, 0, 0, 0, crm, 0, opc2, 0)
        self.access.exchange(_CP_REG, block)
        return int(block.value)

    def _vfp(self, instruction: int) -> int:
        """Run `vmrs r0, <register>`."""
        self.run_stub(instruction.to_bytes(4, "little"))
        return self.access.read(_R0)

    def _entry(self) -> int:
        pc = self.state.read_pc()
        return pc | 1 if self.thumb else pc

    def _exception(self, number: int) -> None:
        pc = self.pc
        if number == _BREAKPOINT:
            self.raise_fault("SIGTRAP", "TRAP_BRKPT", pc)
        elif number == _DATA_ABORT:
            self.raise_fault("SIGBUS", "BUS_ADRALN", pc)
        else:
            self.raise_fault("SIGILL", "ILL_ILLOPC", pc)

    def _invalid(self) -> bool:
        pc = self.pc
        thumb = self.thumb
        if self._follows_hint(pc, thumb):
            return True
        code = self.memory.read_code(pc, 4)
        word = int.from_bytes(code, "little")
        if thumb:
            is_breakpoint = word & 0xFFFF == _THUMB_BREAKPOINT or word == _THUMB2_BREAKPOINT
        else:
            is_breakpoint = word & _ARM_CONDITION == _ARM_BREAKPOINT & _ARM_CONDITION
        if is_breakpoint:
            self.raise_fault("SIGTRAP", "TRAP_BRKPT", pc)
        else:
            self.raise_fault("SIGILL", "ILL_ILLOPC", pc)
        return False

    def _follows_hint(self, pc: int, thumb: bool) -> bool:
        """The engine leaves `yield` and `wfe` this way, with the pc already after them."""
        word = int.from_bytes(self.memory.read_code(pc - 4, 4), "little")
        if not thumb:
            return word & _ARM_HINT_MASK == _ARM_HINT and word & 0xF != 0
        half = int.from_bytes(self.memory.read_code(pc - 2, 2), "little")
        narrow = half & _THUMB_HINT_MASK == _THUMB_HINT and half & 0xF0 != 0
        return narrow or word & _THUMB2_HINT_MASK == _THUMB2_HINT
