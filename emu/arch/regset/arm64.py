"""arm64's register sets. See arch/arm64/kernel/ptrace.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.isa import ARM64
from emu.arch.regset.base import FpImage, OneWord, Regset, View, Words

if TYPE_CHECKING:
    from emu.arch.abi import Abi

_FPSIMD_SIZE, _FPSIMD_USED = 528, 520


def view(abi: Abi) -> View:
    """There are no requests of old, and no struct user."""
    notes = abi.constants
    fp, tls, call = notes["NT_PRFPREG"], notes["NT_ARM_TLS"], notes["NT_ARM_SYSTEM_CALL"]
    sets: dict[int, Regset] = {
        notes["NT_PRSTATUS"]: Words(ARM64, (*ARM64.registers, "pc", "flags")),
        fp: FpImage(_FPSIMD_SIZE, _FPSIMD_USED),
        tls: OneWord("<", "thread_pointer", "Q"),
        call: OneWord("<", "syscall", "i"),
    }
    core = ((fp, b"CORE"), (tls, b"LINUX"), (call, b"LINUX"))
    return View(sets, {}, None, core, single_step=True)
