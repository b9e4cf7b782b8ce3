"""The ABIs that sample programs exist for: how each is assembled, and what its ELF header says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Syntax = Literal["x86-64", "i386", "arm64", "arm", "riscv64", "riscv32", "mips32", "mips64"]

EM_386, EM_MIPS, EM_ARM, EM_X86_64, EM_AARCH64, EM_RISCV = 3, 8, 40, 62, 183, 243
ELFOSABI_NONE, ELFOSABI_ARM = 0, 97

EF_ARM_EABI_VER5 = 0x0500_0000
EF_MIPS_NOREORDER = 1
EF_MIPS_ABI2 = 0x20  # n32
EF_MIPS_ABI_O32 = 0x1000
EF_MIPS_ARCH_32R2 = 0x7000_0000
EF_MIPS_ARCH_64R2 = 0x8000_0000
MIPS_O32 = EF_MIPS_NOREORDER | EF_MIPS_ABI_O32 | EF_MIPS_ARCH_32R2
MIPS_N32 = EF_MIPS_NOREORDER | EF_MIPS_ABI2 | EF_MIPS_ARCH_64R2
MIPS_N64 = EF_MIPS_NOREORDER | EF_MIPS_ARCH_64R2


@dataclass(frozen=True, slots=True)
class Abi:
    """One folder of sample programs.

    `sources` is the folder their sources are in: the little-endian MIPS ABIs share the sources of
    the big-endian ones.
    """

    name: str
    sources: str
    syntax: Syntax
    machine: int
    elf_bits: Literal[32, 64]
    big_endian: bool = False
    flags: int = 0
    os_abi: int = ELFOSABI_NONE


ABIS: tuple[Abi, ...] = (
    Abi("x86-64", "x86-64", "x86-64", EM_X86_64, 64),
    Abi("x32", "x32", "x86-64", EM_X86_64, 32),
    Abi("i386", "i386", "i386", EM_386, 32),
    Abi("arm64", "arm64", "arm64", EM_AARCH64, 64),
    Abi("arm-eabi", "arm-eabi", "arm", EM_ARM, 32, flags=EF_ARM_EABI_VER5),
    Abi("arm-oabi", "arm-oabi", "arm", EM_ARM, 32, os_abi=ELFOSABI_ARM),
    Abi("riscv64", "riscv64", "riscv64", EM_RISCV, 64),
    Abi("riscv32", "riscv32", "riscv32", EM_RISCV, 32),
    Abi("mips-o32", "mips-o32", "mips32", EM_MIPS, 32, big_endian=True, flags=MIPS_O32),
    Abi("mips-o32el", "mips-o32", "mips32", EM_MIPS, 32, flags=MIPS_O32),
    Abi("mips-n32", "mips-n32", "mips64", EM_MIPS, 32, big_endian=True, flags=MIPS_N32),
    Abi("mips-n32el", "mips-n32", "mips64", EM_MIPS, 32, flags=MIPS_N32),
    Abi("mips-n64", "mips-n64", "mips64", EM_MIPS, 64, big_endian=True, flags=MIPS_N64),
    Abi("mips-n64el", "mips-n64", "mips64", EM_MIPS, 64, flags=MIPS_N64),
)
