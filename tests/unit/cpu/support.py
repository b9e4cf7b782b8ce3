"""A guest without a kernel: one CPU, a dictionary for a page table, and code assembled here."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from functools import cache

import keystone

from emu.arch.cpu import PAGE_SHIFT, PAGE_SIZE, PTE_EXEC, PTE_READ, PTE_WRITE, Fault
from emu.arch.isa import ISAS
from emu.cpu import create_cpu
from emu.cpu.engine import Engine

CODE, DATA, STACK = 0x400000, 0x500000, 0x7F0000
RAM_SIZE = 32 << 20

R, W, X = PTE_READ, PTE_WRITE, PTE_EXEC
ALL_ISAS = tuple(ISAS)
MIPS_ISAS = ("mips", "mipsel", "mips64", "mips64el")

_KEYSTONE = {
    "x86-64": (keystone.KS_ARCH_X86, keystone.KS_MODE_64),
    "i386": (keystone.KS_ARCH_X86, keystone.KS_MODE_32),
    "arm64": (keystone.KS_ARCH_ARM64, keystone.KS_MODE_LITTLE_ENDIAN),
    "arm": (keystone.KS_ARCH_ARM, keystone.KS_MODE_ARM),
    "thumb": (keystone.KS_ARCH_ARM, keystone.KS_MODE_THUMB),
    "mips": (keystone.KS_ARCH_MIPS, keystone.KS_MODE_MIPS32 | keystone.KS_MODE_BIG_ENDIAN),
    "mipsel": (keystone.KS_ARCH_MIPS, keystone.KS_MODE_MIPS32),
    "mips64": (keystone.KS_ARCH_MIPS, keystone.KS_MODE_MIPS64 | keystone.KS_MODE_BIG_ENDIAN),
    "mips64el": (keystone.KS_ARCH_MIPS, keystone.KS_MODE_MIPS64),
}

# The way in that every program of an ISA uses, and one such instruction.
WAY = {
    "x86-64": "syscall", "i386": "int80", "arm64": "svc", "arm": "svc",
    "riscv64": "ecall", "riscv32": "ecall",
    "mips": "syscall", "mipsel": "syscall", "mips64": "syscall", "mips64el": "syscall",
}  # fmt: skip
_ECALL = (0x73).to_bytes(4, "little")
TRAP = {
    "x86-64": b"\x0f\x05", "i386": b"\xcd\x80",
    "arm64": (0xD4000001).to_bytes(4, "little"), "arm": (0xEF000000).to_bytes(4, "little"),
    "riscv64": _ECALL, "riscv32": _ECALL,
    "mips": (12).to_bytes(4, "big"), "mips64": (12).to_bytes(4, "big"),
    "mipsel": (12).to_bytes(4, "little"), "mips64el": (12).to_bytes(4, "little"),
}  # fmt: skip


@cache
def assemble(dialect: str, text: str, address: int = CODE) -> bytes:
    """Machine code of `text`; MIPS is assembled without any reordering."""
    assembler = keystone.Ks(*_KEYSTONE[dialect])
    if dialect.startswith("mips"):
        text = ".set noreorder; .set noat; " + text
    code, _ = assembler.asm(text, address)
    return bytes(code)


def words(isa: str, *values: int) -> bytes:
    """Instruction words in the ISA's byte order."""
    order = "big" if ISAS[isa].big_endian else "little"
    return b"".join(value.to_bytes(4, order) for value in values)


class Guest:
    """A CPU with memory; traps stop the run and are counted."""

    def __init__(
        self, isa: str, *, window: bool = True, model: str | None = None, has_kernel: bool = True,
        blocks_per_run: int | None = None,
    ) -> None:  # fmt: skip
        self.isa = ISAS[isa]
        self.ram = mmap.mmap(-1, RAM_SIZE)
        self.cpu: Engine = create_cpu(
            self.isa, self.ram, window=window, model=model, blocks_per_run=blocks_per_run
        )
        self.pages: dict[int, int] = {}
        self.asked: list[tuple[int, int]] = []
        self.traps: list[str] = []
        self.trap_pcs: list[int] = []
        self._next_frame = PAGE_SIZE
        for way in self.cpu.ways if has_kernel else ():
            self.cpu.on_trap(way, self._stopper(way))
        self.cpu.use(self.pages, self.fault)
        self.map(STACK, W | R)
        self.sp = STACK + PAGE_SIZE // 2

    def _stopper(self, way: str) -> Callable[[], None]:
        def trap() -> None:
            self.traps.append(way)
            self.trap_pcs.append(self.cpu.pc)
            self.cpu.stop()

        return trap

    def fault(self, page: int, access: int) -> int:
        """The page fault handler: refuse, and remember."""
        self.asked.append((page, access))
        return 0

    def frame(self) -> int:
        """A fresh frame of RAM."""
        frame = self._next_frame
        self._next_frame += PAGE_SIZE
        return frame

    def map(self, address: int, rights: int, content: bytes = b"", frame: int | None = None) -> int:
        """Map pages for `content`, at least one; the first frame's address."""
        count = max(1, -(-(len(content) + address % PAGE_SIZE) // PAGE_SIZE))
        first = self.frame() if frame is None else frame
        for index in range(count):
            place = first if index == 0 else self.frame()
            self.pages[(address >> PAGE_SHIFT) + index] = place | rights
        self.cpu.flush_tlb()
        offset = address % PAGE_SIZE
        self.ram[first + offset : first + offset + len(content)] = content
        return first

    def load(self, code: bytes, address: int = CODE) -> None:
        """Map `code` executable and make it next, with a trap after it."""
        self.map(address, R | X, code + TRAP[self.isa.name])
        self.cpu.pc = address

    def asm(self, text: str, address: int = CODE) -> None:
        """As `load`, of assembler text."""
        self.load(assemble(self.isa.name, text, address), address)

    def run(self) -> Fault | None:
        """Run to the next trap or fault."""
        return self.cpu.run()

    def read(self, address: int, size: int) -> bytes:
        """Guest memory, whatever its rights."""
        place = (self.pages[address >> PAGE_SHIFT] & -PAGE_SIZE) + address % PAGE_SIZE
        return self.ram[place : place + size]

    def reg(self, name: str) -> int:
        """A register's value in the width of the ISA."""
        return self.cpu.registers[self.isa.number(name)] & self.isa.word_mask

    def set(self, name: str, value: int) -> None:
        """Set a register by name."""
        self.cpu.registers[self.isa.number(name)] = value & self.isa.word_mask
