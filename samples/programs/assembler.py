"""Turns instructions into machine code: Keystone, and the GNU assembler for RISC-V."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from samples.programs.abis import Abi

RISCV_TOOLS = "riscv64-linux-gnu-"
RISCV_OPTIONS = {
    "riscv64": ["-march=rv64im", "-mabi=lp64", "-mno-relax"],
    "riscv32": ["-march=rv32im", "-mabi=ilp32", "-mno-relax"],
}


class NoAssemblerError(Exception):
    """The machine lacks the assembler of this ABI."""


def assemble(instructions: str, abi: Abi, thumb: bool = False) -> bytes:
    """Machine code of position-independent `instructions`.

    `NoAssemblerError` when the assembler is not installed, `ValueError` for text it refuses.
    """
    if abi.syntax in RISCV_OPTIONS:
        return _assemble_riscv(instructions, RISCV_OPTIONS[abi.syntax])
    return _assemble_keystone(instructions, abi, thumb)


def _assemble_keystone(instructions: str, abi: Abi, thumb: bool) -> bytes:
    try:
        import keystone
    except ImportError as missing:
        raise NoAssemblerError("keystone-engine is not installed") from missing
    architecture, mode = {
        "x86-64": (keystone.KS_ARCH_X86, keystone.KS_MODE_64),
        "i386": (keystone.KS_ARCH_X86, keystone.KS_MODE_32),
        "arm64": (keystone.KS_ARCH_ARM64, keystone.KS_MODE_LITTLE_ENDIAN),
        "arm": (keystone.KS_ARCH_ARM, keystone.KS_MODE_THUMB if thumb else keystone.KS_MODE_ARM),
        "mips32": (keystone.KS_ARCH_MIPS, keystone.KS_MODE_MIPS32),
        "mips64": (keystone.KS_ARCH_MIPS, keystone.KS_MODE_MIPS64),
    }[abi.syntax]
    if abi.big_endian:
        mode |= keystone.KS_MODE_BIG_ENDIAN
    try:
        code, _count = keystone.Ks(architecture, mode).asm(instructions, as_bytes=True)
    except keystone.KsError as refused:
        raise ValueError(f"{abi.name}: {refused}") from refused
    if not code:
        raise ValueError(f"{abi.name}: the assembler gave no code")
    return bytes(code)


def _assemble_riscv(instructions: str, options: list[str]) -> bytes:
    if not shutil.which(f"{RISCV_TOOLS}as"):
        raise NoAssemblerError(f"{RISCV_TOOLS}as is not installed")
    with tempfile.TemporaryDirectory() as folder:
        objects, code = Path(folder, "program.o"), Path(folder, "program.bin")
        _run([f"{RISCV_TOOLS}as", *options, "-o", str(objects), "-"], instructions)
        _run([f"{RISCV_TOOLS}objcopy", "-O", "binary", "-j", ".text", str(objects), str(code)])
        return code.read_bytes()


def _run(command: list[str], text: str = "") -> None:
    run = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if run.returncode:
        raise ValueError(f"{command[0]}: {run.stderr.strip()}")
