"""Processors: the only package that touches the engine library (Unicorn)."""

from __future__ import annotations

import mmap
from importlib import import_module
from typing import TYPE_CHECKING

from emu.arch.isa import Isa

if TYPE_CHECKING:
    from emu.cpu.engine import Engine

_SETUP = {
    "x86-64": ("x86_64", "X86_64"),
    "i386": ("i386", "I386"),
    "arm64": ("arm64", "Arm64"),
    "arm": ("arm", "Arm"),
    "riscv64": ("riscv", "RiscV64"),
    "riscv32": ("riscv", "RiscV32"),
    "mips": ("mips", "Mips32"),
    "mipsel": ("mips", "Mips32"),
    "mips64": ("mips", "Mips64"),
    "mips64el": ("mips", "Mips64"),
}


def create_cpu(
    isa: Isa,
    ram: mmap.mmap,
    *,
    window: bool = True,
    model: str | None = None,
    blocks_per_run: int | None = None,
) -> Engine:
    """A processor of `isa` whose physical memory from 0 is `ram`.

    `window` False forgoes direct access to the register state, as EMU_REGISTER_WINDOW=0 does;
    `model` is one of `models`. `blocks_per_run` ends each run after so many translated blocks, for
    machines that do the same every time. Raises ValueError for an unknown model, and
    `emu.cpu.library.EngineError` when the engine library is missing or unusable.
    """
    return _engine_class(isa)(isa, ram, window=window, model=model, blocks_per_run=blocks_per_run)


def models(isa: Isa) -> tuple[str, ...]:
    """The CPU models of an ISA that Linux user programs run on, the default first."""
    engine = _engine_class(isa)
    return tuple(sorted(engine.models, key=lambda name: name != engine.default_model))


def _engine_class(isa: Isa) -> type[Engine]:
    module, name = _SETUP[isa.name]
    engine: type[Engine] = getattr(import_module(f"emu.cpu.setup.{module}"), name)
    return engine
