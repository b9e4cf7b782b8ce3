"""Writes the smallest static ELF program: two headers, one loaded image, no sections."""

from __future__ import annotations

import struct

from samples.programs.abis import Abi
from samples.programs.source import SCRATCH_ADDRESS, SCRATCH_SIZE

IMAGE_ADDRESS = 0x400000
SEGMENT_ALIGNMENT = 0x10000  # the largest page size of the ABIs here
SEGMENTS = 3

ET_EXEC = 2
EV_CURRENT = 1
PT_NULL, PT_LOAD, PT_GNU_STACK = 0, 1, 0x6474_E551
PF_X, PF_W, PF_R = 1, 2, 4

EHDR = {32: "16sHHIIIIIHHHHHH", 64: "16sHHIQQQIHHHHHH"}
PHDR_SIZE = {32: 32, 64: 56}


def image_offset(abi: Abi) -> int:
    """Where strings and code begin in the file, and so in the loaded image."""
    return struct.calcsize("<" + EHDR[abi.elf_bits]) + SEGMENTS * PHDR_SIZE[abi.elf_bits]


def write_elf(abi: Abi, image: bytes, entry: int, needs_scratch: bool) -> bytes:
    """The bytes of a program whose `image` follows the headers and that starts at `entry`."""
    size = image_offset(abi) + len(image)
    scratch = PT_LOAD if needs_scratch else PT_NULL
    segments = [
        _segment(abi, PT_LOAD, PF_R | PF_X, IMAGE_ADDRESS, size, size, SEGMENT_ALIGNMENT),
        _segment(abi, scratch, PF_R | PF_W, SCRATCH_ADDRESS, 0, SCRATCH_SIZE, SEGMENT_ALIGNMENT),
        _segment(abi, PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 16),
    ]
    return _header(abi, entry) + b"".join(segments) + image


def _header(abi: Abi, entry: int) -> bytes:
    order = ">" if abi.big_endian else "<"
    ehdr_size = struct.calcsize("<" + EHDR[abi.elf_bits])
    ident = bytes([0x7F, *b"ELF", abi.elf_bits // 32, 1 + abi.big_endian, EV_CURRENT, abi.os_abi])
    return struct.pack(
        order + EHDR[abi.elf_bits],
        ident.ljust(16, b"\0"),
        *(ET_EXEC, abi.machine, EV_CURRENT, entry, ehdr_size, 0, abi.flags),
        *(ehdr_size, PHDR_SIZE[abi.elf_bits], SEGMENTS, 0, 0, 0),
    )


def _segment(
    abi: Abi, kind: int, rights: int, address: int, in_file: int, in_memory: int, alignment: int
) -> bytes:
    order = ">" if abi.big_endian else "<"
    if kind == PT_NULL:
        return bytes(PHDR_SIZE[abi.elf_bits])
    where = (0, address, address, in_file, in_memory)
    if abi.elf_bits == 64:
        return struct.pack(order + "II6Q", kind, rights, *where, alignment)
    return struct.pack(order + "8I", kind, *where, rights, alignment)
