"""Small ELF files made of given code, for every instruction set."""

from __future__ import annotations

import struct
from dataclasses import dataclass

BASE = 0x400000
HEADER_SIZE = {32: 52 + 32, 64: 64 + 56}


@dataclass(frozen=True)
class Machine:
    """What an ELF header says of an instruction set."""

    number: int
    bits: int
    byte_order: str = "<"
    flags: int = 0


MACHINES = {
    "x86-64": Machine(62, 64),
    "i386": Machine(3, 32),
    "arm64": Machine(183, 64),
    "arm": Machine(40, 32, flags=0x5000200),
    "riscv64": Machine(243, 64),
    "riscv32": Machine(243, 32),
    "mips": Machine(8, 32, ">", 0x70001007),
    "mipsel": Machine(8, 32, "<", 0x70001007),
    "mips64": Machine(8, 64, ">", 0x80000007),
    "mips64el": Machine(8, 64, "<", 0x80000007),
}


def static_elf(isa: str, code: bytes, rights: int = 5) -> bytes:
    """A static executable with one segment that begins with its headers and holds `code`."""
    machine = MACHINES[isa]
    order, bits = machine.byte_order, machine.bits
    header = HEADER_SIZE[bits]
    entry, size = BASE + header, header + len(code)
    ident = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1]) + bytes(9)
    if bits == 64:
        rest = struct.pack(
            order + "HHIQQQIHHHHHH",
            2,
            machine.number,
            1,
            entry,
            64,
            0,
            machine.flags,
            64,
            56,
            1,
            0,
            0,
            0,
        )
        segment = struct.pack(order + "IIQQQQQQ", 1, rights, 0, BASE, BASE, size, size, 4096)
    else:
        rest = struct.pack(
            order + "HHIIIIIHHHHHH",
            2,
            machine.number,
            1,
            entry,
            52,
            0,
            machine.flags,
            52,
            32,
            1,
            0,
            0,
            0,
        )
        segment = struct.pack(order + "IIIIIIII", 1, 0, BASE, BASE, size, size, rights, 4096)
    return ident + rest + segment + code
