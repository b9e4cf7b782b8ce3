"""RISC-V's register sets. See arch/riscv/kernel/ptrace.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.regset.base import FpImage, Regset, View, Words

if TYPE_CHECKING:
    from emu.arch.abi import Abi

_FP_SIZE, _FP_USED = 264, 260


def view(abi: Abi) -> View:
    """The pc in the place of x0, and the D extension's registers."""
    notes = abi.constants
    fp = notes["NT_PRFPREG"]
    sets: dict[int, Regset] = {
        notes["NT_PRSTATUS"]: Words(abi.isa, ("pc", *abi.isa.registers[1:])),
        fp: FpImage(_FP_SIZE, _FP_USED),
    }
    return View(sets, {}, None, ((fp, b"CORE"),))
