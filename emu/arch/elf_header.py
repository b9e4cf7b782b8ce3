"""Which ABI a file asks for, by the first bytes of its ELF header."""

from __future__ import annotations

from pathlib import Path

from emu.arch.abi import identify_elf

SHORTEST = 52
"""The size of a 32-bit header; of a 64-bit one so much is enough here."""


def elf_header(path: str | Path) -> bytes | None:
    """The beginning of a file's ELF header; None for what is no ELF."""
    with open(path, "rb") as file:
        header = file.read(SHORTEST)
    return header if len(header) == SHORTEST and header.startswith(b"\x7fELF") else None


def identify_header(header: bytes) -> tuple[str, str] | None:
    """The (ABI, ISA) names that a header asks for, or None if no ABI here is meant."""
    big_endian = header[5] == 2
    bits = 64 if header[4] == 2 else 32
    flags_at = 48 if bits == 64 else 36

    def number(at: int, size: int) -> int:
        return int.from_bytes(header[at : at + size], "big" if big_endian else "little")

    return identify_elf(number(18, 2), bits, big_endian, number(flags_at, 4))
