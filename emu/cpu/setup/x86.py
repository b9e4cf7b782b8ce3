"""What the 64-bit and the 32-bit x86 processor share: FPU, exceptions, capability bits."""

from __future__ import annotations

import ctypes
import re
from ctypes import c_uint32, c_uint64

from emu.arch.cpu import TrapHandler
from emu.cpu.engine import Engine
from emu.cpu.library import ARCH_X86, HOOK_INSN, InstructionCallback, address_of
from emu.cpu.setup.x86_fp import fxrstor, fxsave
from emu.cpu.trap_despite_stop import keep_traps

CS, DS, EFLAGS, ES, FS, GS, SS = 11, 17, 25, 28, 32, 33, 49
EDX, ECX, EBX, EAX = 24, 22, 21, 19
CR0, CR4 = 50, 54
GDTR, FPCW, FPTAG, MSR, MXCSR, FS_BASE, GS_BASE = 243, 246, 247, 248, 249, 250, 251
RCX, R11 = 38, 109
INSTRUCTION_SYSCALL, INSTRUCTION_SYSENTER = 699, 700
_INSTRUCTION_IN, _INSTRUCTION_OUT = 218, 500
_PortCallback = ctypes.CFUNCTYPE(c_uint32)

# Values of a fresh Linux process.
_FPCW_DEFAULT = 0x37F
_FPTAG_EMPTY = 0xFFFF
_MXCSR_DEFAULT = 0x1F80
EFLAGS_DEFAULT = 0x202
_CR0_MP_NE = 0x22
_CR4_OSFXSR_OSXMMEXCPT = 0x600
_CR4_FSGSBASE = 1 << 16

# Flags that user code may change: CF PF AF ZF SF TF DF OF NT AC ID.
USER_EFLAGS = 0x244DD5

MODELS = {
    "qemu64": 0, "phenom": 1, "core2duo": 2, "kvm64": 3, "conroe": 13, "penryn": 14,
    "nehalem": 15, "westmere": 16, "sandybridge": 17, "ivybridge": 18, "haswell": 19,
    "broadwell": 20, "opteron-g3": 32, "opteron-g5": 34, "epyc": 35,
}  # fmt: skip

_DIVIDE, _DEBUG, _BREAKPOINT, _OVERFLOW, _BOUND = 0, 1, 3, 4, 5
_NOT_PRESENT, _STACK, PROTECTION, _FPU, _ALIGNMENT, _SIMD = 11, 12, 13, 16, 17, 19
# What exceptions mean; see arch/x86/kernel/traps.c. An empty code is SI_KERNEL's, address 0.
_SIGNALS = {
    _OVERFLOW: "SIGSEGV", _BOUND: "SIGSEGV", _NOT_PRESENT: "SIGBUS", _STACK: "SIGBUS",
    _BREAKPOINT: "SIGTRAP",
}  # fmt: skip
_INT_OPCODE = 0xCD
_INTERRUPT_WAY = re.compile("int([2-9a-f][0-9a-f])")
_IN_IDT = 2  # of an error code: the selector is an interrupt vector
_INVALID_OPCODE = 6
_INT1_OPCODE = 0xF1
# Of `syscall`, `sysenter` and `int n` alike.
TRAP_LENGTH = 2
_NO_EXCEPTION = 0xFFFFFFFF


class MsrBlock(ctypes.Structure):
    """How the library passes a model-specific register."""

    _fields_ = (("number", c_uint32), ("value", c_uint64))


class X86(Engine):
    """An x86 processor of either width."""

    architecture = ARCH_X86
    models = MODELS
    default_model = "westmere"

    @property
    def flags(self) -> int:
        """EFLAGS; writing changes only what user code may change."""
        return self.access.read(EFLAGS) & 0xFFFFFFFF

    @flags.setter
    def flags(self, value: int) -> None:
        self.access.write(EFLAGS, value & USER_EFLAGS | EFLAGS_DEFAULT)

    @property
    def fp(self) -> bytes:
        """The x87 and SSE state as FXSAVE stores it."""
        return fxsave(self.fp_batch)

    @fp.setter
    def fp(self, image: bytes) -> None:
        fxrstor(self.fp_batch, image)

    def patches_itself(self, page: int) -> bool:
        """Whether the instruction is in this page: x86 alone lets it change even the next one."""
        return self.state.read_pc() >> 12 == page

    def _way_number(self, way: str) -> int | None:
        """Any interrupt may be one: ``int81``."""
        interrupt = _INTERRUPT_WAY.fullmatch(way)
        return int(interrupt[1], 16) if interrupt else super()._way_number(way)

    def _start_fpu(self) -> None:
        access = self.access
        access.write(MXCSR, _MXCSR_DEFAULT)
        access.write(FPCW, _FPCW_DEFAULT)
        access.write(FPTAG, _FPTAG_EMPTY)
        access.write(EFLAGS, EFLAGS_DEFAULT)
        access.write(CR0, access.read(CR0) | _CR0_MP_NE)
        access.write(CR4, access.read(CR4) | _CR4_OSFXSR_OSXMMEXCPT)

    def _identify(self) -> None:
        """What CPUID tells of the processor; leaf 1's EDX is AT_HWCAP."""
        _, ebx, ecx, edx = self._cpuid(0)
        signature, _, features, self.hwcap = self._cpuid(1)
        self.identity = {
            "vendor": ebx | edx << 32 | ecx << 64,
            "signature": signature,
            "ecx": features,
            "edx": self.hwcap,
        }

    def _cpuid(self, leaf: int) -> tuple[int, int, int, int]:
        """EAX, EBX, ECX and EDX of a CPUID leaf (sub-leaf 0)."""
        self.run_stub(b"\x31\xc9\xb8" + leaf.to_bytes(4, "little") + b"\x0f\xa2")
        return (
            self.access.read(EAX) & 0xFFFFFFFF,
            self.access.read(EBX) & 0xFFFFFFFF,
            self.access.read(ECX) & 0xFFFFFFFF,
            self.access.read(EDX) & 0xFFFFFFFF,
        )

    def _write_msr(self, number: int, value: int) -> None:
        self.access.exchange(MSR, MsrBlock(number, value), write=True)

    def _install_instruction(self, instruction: int, handler: TrapHandler) -> None:
        """Call `handler` with the pc after the instruction; the engine adds its length again."""

        def trap(_uc: int, _data: int) -> None:
            state = self.state
            try:
                state.write_pc(state.read_pc() + TRAP_LENGTH)
                try:
                    handler()
                finally:
                    state.write_pc(state.read_pc() - TRAP_LENGTH)
            except BaseException as error:
                self.abandon(error)

        callback = InstructionCallback(trap)
        self.keep.append(callback)
        self.hook(HOOK_INSN, address_of(callback), 0, instruction)

    def _install_traps(self) -> None:
        super()._install_traps()
        self.keeps_all_traps = keep_traps(self.library)
        self._install_trap_instructions()

        def port_access(*_: int) -> int:
            try:
                self.raise_fault_here("SIGSEGV", "SI_KERNEL", self.pc, 0)
            except BaseException as error:
                self.abandon(error)
            return 0

        # The engine would do it, although the I/O privilege level says no.
        callback = _PortCallback(port_access)
        self.keep.append(callback)
        for instruction in (_INSTRUCTION_IN, _INSTRUCTION_OUT):
            self.hook(HOOK_INSN, address_of(callback), 0, instruction)

    def _install_trap_instructions(self) -> None:
        """By `_install_instruction`; the usual one first, see `emu.cpu.trap_despite_stop`."""
        raise NotImplementedError

    def _sysenter(self) -> TrapHandler:
        """What `sysenter` calls: the handler that is installed then."""
        handlers, code, undefined = self._handlers, self.ways["sysenter"], self._undefined

        def sysenter() -> None:
            handlers.get(code, undefined)()

        return sysenter

    def _undefined(self) -> None:
        self.raise_fault("SIGILL", "ILL_ILLOPN", self.pc - TRAP_LENGTH, trap=_INVALID_OPCODE)

    def _exception(self, number: int) -> None:
        pc = self.pc
        self._forget_exception()
        if self._is_software_interrupt(number, pc):
            # A gate that user code may not use: the hardware answers with #GP at the instruction.
            error = number << 3 | _IN_IDT
            self.raise_fault(
                "SIGSEGV", "SI_KERNEL", pc - TRAP_LENGTH, 0, trap=PROTECTION, error=error
            )
        elif number == _DIVIDE:
            self.raise_fault("SIGFPE", "FPE_INTDIV", pc, trap=number)
        elif number == _DEBUG:
            icebp = self.memory.read_code(pc - 1, 1) == bytes([_INT1_OPCODE])
            self.raise_fault("SIGTRAP", "TRAP_BRKPT" if icebp else "TRAP_TRACE", pc, trap=number)
        elif number in (_FPU, _SIMD):
            self.raise_fault("SIGFPE", self._fpu_code(number), pc, trap=number)
        elif number == _ALIGNMENT:
            self.raise_fault("SIGBUS", "BUS_ADRALN", pc, 0, trap=number)
        else:
            name = _SIGNALS.get(number, "SIGSEGV")
            self.raise_fault(name, "SI_KERNEL", pc, 0, trap=number)

    def _is_software_interrupt(self, number: int, pc: int) -> bool:
        if number in (_BREAKPOINT, _OVERFLOW):
            return False
        return self.memory.read_code(pc - TRAP_LENGTH, 2) == bytes([_INT_OPCODE, number])

    def _fpu_code(self, number: int) -> str:
        """The first unmasked exception, as fpu__exception_code() picks it."""
        if number == _FPU:
            status, control = self.access.read(31), self.access.read(FPCW)
        else:
            status = self.access.read(MXCSR)
            control = status >> 7
        error = status & ~control
        for bits, code in ((1, "FPE_FLTINV"), (4, "FPE_FLTDIV"), (8, "FPE_FLTOVF")):
            if error & bits:
                return code
        if error & 0x12:
            return "FPE_FLTUND"
        return "FPE_FLTRES"

    def _invalid(self) -> bool:
        self._forget_exception()
        self.raise_fault("SIGILL", "ILL_ILLOPN", self.pc, trap=_INVALID_OPCODE)
        return False

    # The engine never forgets that an exception was delivered: the next would be a double fault,
    # and the third would end it.
    _in_flight: int = 0

    def _find_exception_in_flight(self) -> None:
        """The offset of that memory, by looking at the state around one `hlt` in user state."""
        from emu.cpu.setup.x86_calibration import exception_in_flight

        self._in_flight = exception_in_flight(self)

    def _forget_exception(self) -> None:
        self.state.set_word(self._in_flight, _NO_EXCEPTION)
