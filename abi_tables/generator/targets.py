"""The compilers that stand for each ABI, and where its system call table lives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """One ABI as a compiler sees it.

    `headers` is the kernel's ARCH name. `table` is the .tbl file, `tags` the values of its second
    column that belong to this ABI (empty: all), `base` what is added to every number.
    `other_order` holds the flags that select the non-default byte order, if the ABI has two.
    """

    name: str
    compiler: str
    flags: tuple[str, ...]
    headers: str
    table: str
    tags: frozenset[str]
    base: int = 0
    other_order: tuple[str, ...] = ()
    needs_linking: bool = False


X86_64_TABLE = "arch/x86/entry/syscalls/syscall_64.tbl"
I386_TABLE = "arch/x86/entry/syscalls/syscall_32.tbl"
ARM_TABLE = "arch/arm/tools/syscall.tbl"
GENERIC_TABLE = "scripts/syscall.tbl"
MIPS_TABLES = "arch/mips/kernel/syscalls/"


def tags(*names: str) -> frozenset[str]:
    """The table columns an ABI accepts."""
    return frozenset(names)


# pyelftools does not apply RISC-V relocations, so those objects go through the linker first.
TARGETS: tuple[Target, ...] = (
    Target("x86-64", "x86_64-linux-gnu-gcc", ("-m64",), "x86", X86_64_TABLE, tags("common", "64")),
    Target("x32", "x86_64-linux-gnu-gcc", ("-mx32",), "x86", X86_64_TABLE, tags("common", "x32"),
           base=0x40000000),
    Target("i386", "i686-linux-gnu-gcc", ("-m32",), "x86", I386_TABLE, tags("i386")),
    Target("arm64", "aarch64-linux-gnu-gcc", (), "arm64", GENERIC_TABLE,
           tags("common", "64", "renameat", "rlimit", "memfd_secret")),
    Target("arm-eabi", "arm-linux-gnueabi-gcc", ("-mabi=aapcs-linux",), "arm", ARM_TABLE,
           tags("common", "eabi")),
    Target("arm-oabi", "arm-linux-gnueabi-gcc", ("-mabi=apcs-gnu",), "arm", ARM_TABLE,
           tags("common", "oabi"), base=0x900000),
    Target("riscv64", "riscv64-linux-gnu-gcc", ("-march=rv64gc", "-mabi=lp64d"), "riscv",
           GENERIC_TABLE, tags("common", "64", "riscv", "rlimit", "memfd_secret"),
           needs_linking=True),
    Target("riscv32", "riscv64-linux-gnu-gcc", ("-march=rv32imac", "-mabi=ilp32"), "riscv",
           GENERIC_TABLE, tags("common", "32", "riscv", "memfd_secret"), needs_linking=True),
    Target("mips-o32", "mips-linux-gnu-gcc", ("-mabi=32",), "mips",
           MIPS_TABLES + "syscall_o32.tbl", tags(), base=4000, other_order=("-EL",)),
    Target("mips-n32", "mips64-linux-gnuabi64-gcc", ("-mabi=n32",), "mips",
           MIPS_TABLES + "syscall_n32.tbl", tags(), base=6000, other_order=("-EL",)),
    Target("mips-n64", "mips64-linux-gnuabi64-gcc", ("-mabi=64",), "mips",
           MIPS_TABLES + "syscall_n64.tbl", tags(), base=5000, other_order=("-EL",)),
)  # fmt: skip
