"""x86-64: ring 3 in long mode, entered by a SYSRET."""

from __future__ import annotations

from emu.arch.cpu import Fault, TrapHandler
from emu.cpu import library as lib
from emu.cpu import native
from emu.cpu.hardware import STUB_ADDRESS
from emu.cpu.library import address_of
from emu.cpu.registers import RegisterNames, WindowState
from emu.cpu.setup.x86 import (
    EFLAGS,
    EFLAGS_DEFAULT,
    FS_BASE,
    GS_BASE,
    INSTRUCTION_SYSCALL,
    INSTRUCTION_SYSENTER,
    PROTECTION,
    R11,
    RCX,
    X86,
)
from emu.cpu.setup.x86_fp import fxsave_registers
from emu.cpu.traps import plain_callback, trap_callback

_EFER, _STAR = 0xC0000080, 0xC0000081
_EFER_SCE_LME_LMA = 1 | 1 << 8 | 1 << 10
# SYSRET makes CS 0x33 and SS 0x2b of this, as on Linux.
_STAR_VALUE = 0x23 << 48
_USER_CS, _USER_SS = 0x33, 0x2B
_SYSRETQ = b"\x48\x0f\x07"
_AFTER_STUB = STUB_ADDRESS + 0x800
_REG_RCX, _REG_R11 = 1, 11
# The place of the Python callback in the data of `native.syscall_blob`.
_CALLBACK = 4


class X86_64(X86):
    """An x86-64 processor."""

    mode = lib.MODE_64
    names = RegisterNames(
        (35, 38, 40, 37, 44, 36, 43, 39, 106, 107, 108, 109, 110, 111, 112, 113), 41, 8
    )
    ways = {"int80": 0x80, "syscall": -1, "sysenter": -2}
    fp_registers = fxsave_registers(16)
    platform = b"x86_64"
    _syscall_handler: TrapHandler

    @property
    def special(self) -> dict[str, int]:
        """The segments: always those of 64-bit user code."""
        return {"cs": _USER_CS, "ss": _USER_SS}

    @special.setter
    def special(self, values: dict[str, int]) -> None:
        pass

    @property
    def thread_pointer(self) -> int:
        """The FS base."""
        return self.access.read(FS_BASE)

    @thread_pointer.setter
    def thread_pointer(self, address: int) -> None:
        self.access.write(FS_BASE, address)

    @property
    def gs_base(self) -> int:
        """The GS base."""
        return self.access.read(GS_BASE)

    @gs_base.setter
    def gs_base(self, address: int) -> None:
        self.access.write(GS_BASE, address)

    def on_trap(self, way: str, handler: TrapHandler) -> None:
        """Route one way into the kernel; ValueError if this ISA has no such way."""
        super().on_trap(way, handler)
        if way == "syscall":
            self._syscall_handler = handler
            if self._syscall is not None:
                self._syscall_callback = trap_callback(handler)
                self._syscall.data[_CALLBACK] = address_of(self._syscall_callback)

    def count_instructions(self) -> None:
        """Count them, and keep rcx and r11, which `syscall` overwrites."""
        from emu.cpu.instruction_count import InstructionCount

        kept = None
        if isinstance(self.state, WindowState):
            first = self.state.address + self.state.first_register
            kept = first + 8 * _REG_RCX, first + 8 * _REG_R11
        self._instructions = InstructionCount(self.library, self.handle, kept)

    @property
    def overwritten(self) -> dict[str, int]:
        """rcx and r11 as they were before the last instruction."""
        kept = self._instructions.kept if self._instructions is not None else ()
        return dict(zip(("rcx", "r11"), kept, strict=False))

    def _bring_up(self) -> None:
        self._start_fpu()
        self._identify()
        self._write_msr(_EFER, _EFER_SCE_LME_LMA)
        self._write_msr(_STAR, _STAR_VALUE)
        self.access.write(RCX, _AFTER_STUB)
        self.access.write(R11, EFLAGS_DEFAULT)
        self.run_stub(_SYSRETQ, until=_AFTER_STUB)
        self._find_exception_in_flight()

    def _install_trap_instructions(self) -> None:
        self._syscall_handler = self._undefined
        self._syscall: native.Blob | None = None
        if native.available() and isinstance(self.state, WindowState):
            self._install_native_syscall(self.state)
        else:
            self._install_instruction(INSTRUCTION_SYSCALL, self._python_syscall)
        self._install_instruction(INSTRUCTION_SYSENTER, self._sysenter())

    def _install_native_syscall(self, state: WindowState) -> None:
        self._syscall_callback = plain_callback(self._undefined, self.abandon)
        first = state.address + state.first_register
        self._syscall = blob = native.syscall_blob(
            first + 8 * _REG_R11,
            address_of(self.library.reg_read),
            first + 8 * state.pc_slot,
            first + 8 * _REG_RCX,
            address_of(self._syscall_callback),
        )
        self.hook(lib.HOOK_INSN, blob.address, blob.data_address, INSTRUCTION_SYSCALL)

    def _python_syscall(self) -> None:
        self.registers[_REG_R11] = self.access.read(EFLAGS) & 0xFFFFFFFF
        self.registers[_REG_RCX] = self.pc
        self._syscall_handler()

    def _page_fault(self, page: int, access: int) -> Fault:
        # Linux has 47 bits of user addresses; beyond the canonical ones it is not a page fault.
        if 1 << 35 <= page < (1 << 52) - (1 << 35):
            return Fault("SIGSEGV", "SI_KERNEL", 0, self.pc, trap=PROTECTION)
        return super()._page_fault(page, access)
