"""Instruction sets: the facts about a CPU that the conventions and the engines share."""

from __future__ import annotations

from emu.record import record


@record
class Isa:
    """One instruction set in one byte order.

    `registers` lists the general registers in hardware encoding order: a register's index here is
    its number in a register file (see `emu.arch.cpu.RegisterFile`).
    `trap_length` is the size in bytes of the instruction that makes a system call.
    """

    name: str
    word_bits: int
    big_endian: bool
    registers: tuple[str, ...]
    trap_length: int

    @property
    def word_mask(self) -> int:
        """All ones in a machine word."""
        return (1 << self.word_bits) - 1

    @property
    def byte_order(self) -> str:
        """The byte order as `struct` spells it: ``<`` or ``>``."""
        return ">" if self.big_endian else "<"

    def number(self, register: str) -> int:
        """The register file index of a register name; `ValueError` if this ISA has none such."""
        return self.registers.index(register)


X86_64_REGISTERS = ("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi") + tuple(
    f"r{n}" for n in range(8, 16)
)
I386_REGISTERS = ("eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi")
ARM64_REGISTERS = tuple(f"x{n}" for n in range(31)) + ("sp",)
ARM_REGISTERS = tuple(f"r{n}" for n in range(13)) + ("sp", "lr", "pc")
RISCV_REGISTERS = (
    ("zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1")
    + tuple(f"a{n}" for n in range(8))
    + tuple(f"s{n}" for n in range(2, 12))
    + ("t3", "t4", "t5", "t6")
)
MIPS_REGISTERS = (
    ("zero", "at", "v0", "v1", "a0", "a1", "a2", "a3")
    + tuple(f"t{n}" for n in range(8))
    + tuple(f"s{n}" for n in range(8))
    + ("t8", "t9", "k0", "k1", "gp", "sp", "fp", "ra")
)
# n32 and n64 pass eight arguments in registers, so their names differ after a3.
MIPS64_REGISTERS = (
    ("zero", "at", "v0", "v1")
    + tuple(f"a{n}" for n in range(8))
    + ("t0", "t1", "t2", "t3")
    + tuple(f"s{n}" for n in range(8))
    + ("t8", "t9", "k0", "k1", "gp", "sp", "fp", "ra")
)

X86_64 = Isa("x86-64", 64, False, X86_64_REGISTERS, 2)
I386 = Isa("i386", 32, False, I386_REGISTERS, 2)
ARM64 = Isa("arm64", 64, False, ARM64_REGISTERS, 4)
ARM = Isa("arm", 32, False, ARM_REGISTERS, 4)
RISCV64 = Isa("riscv64", 64, False, RISCV_REGISTERS, 4)
RISCV32 = Isa("riscv32", 32, False, RISCV_REGISTERS, 4)
MIPS = Isa("mips", 32, True, MIPS_REGISTERS, 4)
MIPSEL = Isa("mipsel", 32, False, MIPS_REGISTERS, 4)
MIPS64 = Isa("mips64", 64, True, MIPS64_REGISTERS, 4)
MIPS64EL = Isa("mips64el", 64, False, MIPS64_REGISTERS, 4)

ISAS: dict[str, Isa] = {
    isa.name: isa
    for isa in (
        X86_64, I386, ARM64, ARM, RISCV64, RISCV32, MIPS, MIPSEL, MIPS64, MIPS64EL,
    )
}  # fmt: skip
