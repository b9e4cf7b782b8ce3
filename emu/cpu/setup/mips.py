"""MIPS: user mode of a release 2 processor, 32 and 64 bits, both byte orders.

The engine's own ways with MIPS need five corrections, all of them here or in the files beside:
exceptions lose their pc (`_watch_exceptions`), a TLB fill leaves delay slot state behind
(`_fill_flags`), long code without branches breaks its translator (`straight_code`), so does an
unaligned fetch (`mips_delay_slot`), and unaligned accesses, which Linux completes for user code,
always trap (`mips_unaligned`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import ClassVar

from emu.arch.cpu import PAGE_SHIFT, Fault
from emu.cpu import library as lib
from emu.cpu.engine import Engine
from emu.cpu.register_batch import numbered
from emu.cpu.registers import RegisterNames, WindowState
from emu.cpu.setup import mips_state
from emu.cpu.setup.mips_delay_slot import delay_slot_field
from emu.cpu.setup.mips_overflow import find_overflow
from emu.cpu.setup.mips_straight import StraightCode
from emu.cpu.setup.mips_unaligned import Unaligned

_HI, _LO, _CONFIG3, _USERLOCAL, _STATUS, _FCSR = 129, 130, 137, 138, 139, 141
_F0 = 57
_T0 = 10  # The library's number of $8.
_NAMES = (0, *range(3, 34))
_CONFIG3_ULRI = 1 << 13
_STATUS_CU1, _STATUS_USER = 1 << 29, 0x10
_STATUS_FR, _STATUS_KX_SX_UX = 1 << 26, 7 << 5
# RDHWR of the CPU number, cache line size, cycle counter, its resolution, and UserLocal.
_HWRENA = 0x2000000F
_ORI_T0_LOW = 0x35080000 | _HWRENA & 0xFFFF
_MTC0_T0_HWRENA = 0x40883800
_NOP = 0

_LOAD_ERROR, _STORE_ERROR, _SYSCALL, _BREAK = 12, 13, 17, 18
_RESERVED, _COPROCESSOR, _OVERFLOW, _TRAP, _FPE = 20, 19, 21, 22, 23
_BRK_OVERFLOW, _BRK_DIVZERO = 6, 7
_FETCH_ALIGNMENT = 3
_FP_STATE = struct.Struct("=32QI")
_WORD = 0xFFFFFFFF
_FCSR_UNIMPLEMENTED, _FCSR_ENABLES = 0x20000, 0xF80
_SPECIAL, _REGIMM = 0, 1
_USER_LIMIT_32 = 0x80000000
_USER_LIMIT_64 = 1 << 62


def without_pending(fcsr: int) -> int:
    """FCSR without the causes that would raise an exception now: see mask_fcr31_x in Linux."""
    return fcsr & ~(_FCSR_UNIMPLEMENTED | (fcsr & _FCSR_ENABLES) << 5)


class Mips(Engine):
    """A MIPS processor."""

    architecture = lib.ARCH_MIPS
    ways = {"syscall": _SYSCALL}
    user_limit: ClassVar[int]
    status: ClassVar[int]

    @property
    def thread_pointer(self) -> int:
        """UserLocal, which RDHWR $29 reads."""
        return self.access.read(_USERLOCAL) & self.isa.word_mask

    @thread_pointer.setter
    def thread_pointer(self, address: int) -> None:
        self.access.write(_USERLOCAL, address)

    @property
    def hi(self) -> int:
        """The upper half of a product, or a remainder."""
        return self.access.read(_HI) & self.isa.word_mask

    @hi.setter
    def hi(self, value: int) -> None:
        self.access.write(_HI, value)

    @property
    def lo(self) -> int:
        """The lower half of a product, or a quotient."""
        return self.access.read(_LO) & self.isa.word_mask

    @lo.setter
    def lo(self, value: int) -> None:
        self.access.write(_LO, value)

    @property
    def special(self) -> dict[str, int]:
        """The multiplier's two registers."""
        return {"hi": self.hi, "lo": self.lo}

    @special.setter
    def special(self, values: dict[str, int]) -> None:
        self.hi, self.lo = values["hi"], values["lo"]

    fp_registers = [*numbered(_F0, 32, 8), (_FCSR, 4)]

    @property
    def fp(self) -> bytes:
        """The doubles and FCSR; with FR=0 those of the even registers, and zeros between."""
        *doubles, fcsr = _FP_STATE.unpack(self.fp_batch.read())
        if not self.status & _STATUS_FR:
            for even in range(0, 32, 2):
                low, high = doubles[even] & _WORD, doubles[even + 1] & _WORD
                doubles[even : even + 2] = low | high << 32, 0
        return struct.pack(f"{self.isa.byte_order}32QI", *doubles, fcsr)

    @fp.setter
    def fp(self, image: bytes) -> None:
        *doubles, fcsr = struct.unpack(f"{self.isa.byte_order}32QI", image)
        if not self.status & _STATUS_FR:
            for even in range(0, 32, 2):
                doubles[even : even + 2] = doubles[even] & _WORD, doubles[even] >> 32
        self.fp_batch.write(_FP_STATE.pack(*doubles, without_pending(fcsr)))

    # Bring-up

    def _install_fill(self) -> None:
        self.flags_offset = mips_state.find_flags(self)
        super()._install_fill()

    def _fill_flags(self) -> tuple[int, int]:
        if isinstance(self.state, WindowState):
            return self.state.address + self.flags_offset, ~mips_state.BRANCH_BITS & 0xFFFFFFFF
        return super()._fill_flags()

    def _data_fill_done(self) -> None:
        self.clear_branch()

    def clear_branch(self) -> int:
        """Forget that a branch is under way; the flags as they were."""
        flags = self.state.word(self.flags_offset)
        if flags & mips_state.BRANCH_BITS:
            self.state.set_word(self.flags_offset, flags & ~mips_state.BRANCH_BITS)
        return flags

    def _code_inspector(self) -> Callable[[int, int], None] | None:
        self.straight = StraightCode(self)
        return None if self.has_short_blocks else self.straight.inspect

    def discard_code(self, frame: int) -> None:
        """Forget what was translated from a frame, and what was seen in it."""
        super().discard_code(frame)
        self.straight.forget(frame)

    def _bring_up(self) -> None:
        access = self.access
        access.write(_CONFIG3, access.read(_CONFIG3) | _CONFIG3_ULRI)
        access.write(_T0, _HWRENA & ~0xFFFF)
        self.run_privileged([_ORI_T0_LOW, _MTC0_T0_HWRENA, _NOP, _NOP])
        mips_state.map_linked_loads(self)
        access.write(_STATUS, self.status)
        self._unaligned = Unaligned(self)
        self._delay_slot = delay_slot_field(self.library, self.handle, self.isa.name)

    def _install_traps(self) -> None:
        super()._install_traps()
        self._last_exception = mips_state.watch_exceptions(self)

    # Exceptions. All but `syscall` come as invalid instructions, with their pc: see
    # `watch_exceptions`.

    def _invalid(self) -> bool:
        number, flags = self._last_exception()
        pc = self.pc
        in_slot = bool(flags & mips_state.BRANCH_BITS)
        if number == _OVERFLOW:
            pc, in_slot = find_overflow(self, pc, in_slot)
        # A signal frame names the branch, and going back there runs both again.
        restart = pc - 4 if in_slot else pc
        if number in (_LOAD_ERROR, _STORE_ERROR):
            if pc & _FETCH_ALIGNMENT:
                self.raise_fault("SIGBUS", "SI_KERNEL", pc, 0)
            elif self._unaligned.complete(pc):
                self.repaired(self._after(pc, flags))
            elif self._refused is not None:
                self.pc = restart
            else:
                self.raise_fault("SIGBUS", "SI_KERNEL", restart, 0)
        else:
            self._signal(number, pc, restart)
        return False

    def _signal(self, number: int, pc: int, restart: int) -> None:
        if number == _OVERFLOW:
            self.raise_fault("SIGFPE", "FPE_INTOVF", restart)
        elif number in (_BREAK, _TRAP):
            self._break_or_trap(number, pc, restart)
        elif number == _FPE:
            self.raise_fault("SIGFPE", self._fpu_code(), restart)
        else:
            self.raise_fault("SIGILL", "SI_KERNEL", restart, 0)

    def _break_or_trap(self, number: int, pc: int, restart: int) -> None:
        """As do_trap_or_bp() does: the assembler's codes say division by zero or overflow."""
        word = self.instruction(pc)
        if number == _BREAK:
            code = word >> 6 & 0xFFFFF
            # Assemblers put the code in the upper ten bits.
            if code >= 1 << 10:
                code = code >> 10 | (code & 0x3FF) << 10
        else:
            code = word >> 6 & 0x3FF if word >> 26 == _SPECIAL else 0
        if code in (_BRK_DIVZERO, _BRK_OVERFLOW):
            name = "FPE_INTDIV" if code == _BRK_DIVZERO else "FPE_INTOVF"
            self.raise_fault("SIGFPE", name, restart)
        elif number == _BREAK:
            self.raise_fault("SIGTRAP", "TRAP_BRKPT", restart)
        else:
            self.raise_fault("SIGTRAP", "SI_KERNEL", restart, 0)

    def _fpu_code(self) -> str:
        """The most serious of FCSR's causes, as force_fcr31_sig() picks it; then forgotten."""
        fcsr = self.access.read(_FCSR)
        # Otherwise whoever writes the register would raise it again, handlers included.
        self.access.write(_FCSR, without_pending(fcsr))
        cause = fcsr >> 12 & 0x3F
        for bit, code in (
            (16, "FPE_FLTINV"), (8, "FPE_FLTDIV"), (4, "FPE_FLTOVF"), (2, "FPE_FLTUND"),
            (1, "FPE_FLTRES"),
        ):  # fmt: skip
            if cause & bit:
                return code
        return "FPE_FLTUNK"

    def instruction(self, pc: int) -> int:
        """The instruction word at `pc`; 0, a no-operation, where no code is mapped."""
        return int.from_bytes(self.memory.read_code(pc, 4), self.order)

    def _after(self, pc: int, flags: int) -> int:
        """Where to go on after the instruction at `pc` was done for the guest."""
        if not flags & mips_state.BRANCH_BITS:
            return pc + 4 & self.isa.word_mask
        return mips_state.branch_target(self, pc, flags)

    def _settle(self) -> None:
        if self._delay_slot is not None:
            self._delay_slot.value = 0
        # The engine can stop between a branch and its delay slot. Going back to the branch is
        # right: it changed nothing but a link register, to the same value.
        if self.clear_branch() & mips_state.BRANCH_BITS:
            self.pc -= 4

    def _page_fault(self, page: int, access: int) -> Fault:
        if page << PAGE_SHIFT >= self.user_limit:
            # An address error to the hardware, not a page fault.
            return Fault("SIGBUS", "SI_KERNEL", 0, self.pc)
        return super()._page_fault(page, access)

    def run_privileged(self, words: list[int]) -> None:
        """Run instructions in kernel mode, during bring-up."""
        self.run_stub(b"".join(word.to_bytes(4, self.order) for word in words))


class Mips32(Mips):
    """A MIPS32 release 2 processor for o32."""

    mode = lib.MODE_32
    models: ClassVar = {"24Kf": 8, "34Kf": 9, "74Kf": 10, "P5600": 13}
    default_model = "24Kf"
    names = RegisterNames(_NAMES, 1, 4)
    status = _STATUS_CU1 | _STATUS_USER
    user_limit = _USER_LIMIT_32


class Mips64(Mips):
    """A MIPS64 release 2 processor for n64 and n32.

    User addresses of both are positive numbers, so that a page number means the same to both.
    """

    mode = lib.MODE_64
    models: ClassVar = {"MIPS64R2-generic": 5, "5KEf": 7, "MIPS64DSPR2": 12}
    default_model = "MIPS64R2-generic"
    names = RegisterNames(_NAMES, 1, 8)
    status = _STATUS_CU1 | _STATUS_USER | _STATUS_FR | _STATUS_KX_SX_UX
    user_limit = _USER_LIMIT_64
