"""What can be tested: an ABI, in a byte order, by one of its ways into the kernel."""

from __future__ import annotations

from functools import cached_property

from emu.arch.abi import Abi
from emu.record import record


@record
class Target:
    """One column of the matrix.

    `runner` is the program that holds the checks, `way` the index of its trap. The ABI is that of
    the calls, which is not the program's for `int 0x80` in 64-bit code.
    """

    name: str
    runner: str
    abi_name: str
    byte_order: str
    way: int = 0
    qemu: str = ""

    @cached_property
    def abi(self) -> Abi:
        """The tables of the calls."""
        return Abi.load(self.abi_name, self.byte_order)

    @cached_property
    def runner_abi(self) -> Abi:
        """The tables of the runner's own calls, by which it prints."""
        return Abi.load("x86-64") if self.is_foreign else self.abi

    @property
    def is_foreign(self) -> bool:
        """Whether the calls are of another ABI than the program."""
        return self.runner == "x86-64" and self.abi_name == "i386"

    @property
    def isa(self) -> str:
        """The instruction set, whose registers are looked at."""
        return "x86-64" if self.runner == "x86-64" else self.abi.isa.name


TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        Target("x86-64", "x86-64", "x86-64", "little", qemu="x86_64"),
        Target("x86-64:int80", "x86-64", "i386", "little", 1),
        Target("x32", "x32", "x32", "little"),
        Target("i386", "i386", "i386", "little", qemu="i386"),
        Target("i386:vdso", "i386", "i386", "little", 1, qemu="i386"),
        Target("arm64", "arm64", "arm64", "little", qemu="aarch64"),
        Target("arm-eabi", "arm-eabi", "arm-eabi", "little", qemu="arm"),
        Target("arm-oabi", "arm-oabi", "arm-oabi", "little", qemu="arm"),
        Target("riscv64", "riscv64", "riscv64", "little", qemu="riscv64"),
        Target("riscv32", "riscv32", "riscv32", "little", qemu="riscv32"),
        Target("mips-o32", "mips-o32", "mips-o32", "big", qemu="mips"),
        Target("mips-o32el", "mips-o32el", "mips-o32", "little", qemu="mipsel"),
        Target("mips-n32", "mips-n32", "mips-n32", "big", qemu="mipsn32"),
        Target("mips-n32el", "mips-n32el", "mips-n32", "little", qemu="mipsn32el"),
        Target("mips-n64", "mips-n64", "mips-n64", "big", qemu="mips64"),
        Target("mips-n64el", "mips-n64el", "mips-n64", "little", qemu="mips64el"),
    )
}
