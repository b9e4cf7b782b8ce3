"""x86's register sets. See arch/x86/kernel/ptrace.c."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.arch.isa import I386, X86_64
from emu.arch.regset.base import (
    BadRegister,
    Converted,
    FpImage,
    Regset,
    StructUser,
    ThreadRegisters,
    View,
    Words,
)
from emu.arch.signal_frame import x86_fp

if TYPE_CHECKING:
    from emu.arch.abi import Abi

_X86_64 = (
    "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx",
    "rsi", "rdi", "syscall", "pc", "cs", "flags", "rsp", "ss", "thread_pointer", "gs_base",
    "ds", "es", "fs", "gs",
)  # fmt: skip
_I386 = (
    "ebx", "ecx", "edx", "esi", "edi", "ebp", "eax", "ds", "es", "fs", "gs", "syscall", "pc",
    "cs", "flags", "esp", "ss",
)  # fmt: skip
_TLS_ENTRIES = (6, 7, 8)
_USER_I387 = 108
"""struct user_i387_ia32_struct: FSAVE's image."""


def view(abi: Abi) -> View:
    """The sets of a 64-bit or a 32-bit thread."""
    notes = abi.constants
    prstatus, fp, xfp = notes["NT_PRSTATUS"], notes["NT_PRFPREG"], notes["NT_PRXFPREG"]
    fxsave = FpImage(x86_fp.FXSAVE_SIZE, x86_fp.FXSAVE_SIZE)
    if abi.isa.name == "i386":
        general, legacy = Words(I386, _I386), Converted(_USER_I387, _get_legacy, _set_legacy)
        sets: dict[int, Regset] = {
            prstatus: general,
            fp: legacy,
            xfp: fxsave,
            notes["NT_386_TLS"]: Descriptors(),
        }
        requests: dict[str, Regset] = {"REGS": general, "FPREGS": legacy, "FPXREGS": fxsave}
        area = User(general, size=284, debug=range(252, 284))
        core = ((fp, b"CORE"), (xfp, b"LINUX"), (notes["NT_386_TLS"], b"LINUX"))
        return View(sets, requests, area, core, single_step=True)
    wide = Words(X86_64, _X86_64)
    area = User(wide, size=928, debug=range(848, 912))
    sets64: dict[int, Regset] = {prstatus: wide, fp: fxsave}
    requests64: dict[str, Regset] = {"REGS": wide, "FPREGS": fxsave}
    return View(sets64, requests64, area, ((fp, b"CORE"),), single_step=True)


class User(StructUser):
    """With the registers for debugging far behind it, which are not there."""

    def __init__(self, general: Words, size: int, debug: range) -> None:
        super().__init__(general, size)
        self._debug = debug

    def poke(self, registers: ThreadRegisters, address: int, value: int) -> None:
        """See `UserArea`. No breakpoint of the processor's own can be set."""
        if address >= self._general.size and (address not in self._debug or value):
            raise BadRegister("not a general register")
        super().poke(registers, address, value)


class Descriptors:
    """NT_386_TLS: struct user_desc for each of the thread's GDT entries. Only to be read."""

    size = 16 * len(_TLS_ENTRIES)

    def get(self, registers: ThreadRegisters) -> bytes:
        """See `Regset`."""
        empty = (0, 0, 0x28)
        return b"".join(
            struct.pack("<4I", entry, *registers.descriptors.get(entry, empty))
            for entry in _TLS_ENTRIES
        )

    def set(self, registers: ThreadRegisters, data: bytes) -> None:
        """See `Regset`. Descriptors that change nothing are taken."""
        if data != self.get(registers):
            raise BadRegister("descriptors are set by the thread itself")


def _get_legacy(registers: ThreadRegisters) -> bytes:
    state = registers.state
    image = x86_fp.legacy(state.fp, state.special.get("cs", 0), state.special.get("ds", 0))
    return image[:_USER_I387]


def _set_legacy(registers: ThreadRegisters, data: bytes) -> bytes:
    return x86_fp.merged(registers.state.fp, data)
