"""ELF files made to order."""

import struct

PT_LOAD, PT_INTERP, PT_GNU_STACK = 1, 3, 0x6474E551
R, W, X = 4, 2, 1
ET_EXEC, ET_DYN = 2, 3
MACHINES = {
    "x86-64": (62, 64, "<"),
    "i386": (3, 32, "<"),
    "arm64": (183, 64, "<"),
    "mips-o32": (8, 32, ">"),
    "riscv64": (243, 64, "<"),
    "arm-eabi": (40, 32, "<"),
}
FLAGS = {"mips-o32": 0x70001000, "arm-eabi": 0x5000000}  # fmt: skip


def segment(kind, vaddr, filesz, memsz=None, *, offset=None, flags=R | X, align=0x1000):
    """A program header: (type, offset, vaddr, filesz, memsz, flags, align)."""
    memsz = filesz if memsz is None else memsz
    return kind, vaddr & 0xFFF if offset is None else offset, vaddr, filesz, memsz, flags, align


def elf(segments, *, abi="x86-64", kind=ET_EXEC, entry=0, data=b"", **header):
    """An ELF file: header and program headers, then `data` from offset 0x400 on."""
    machine, bits, order = MACHINES[abi]
    values = {
        "machine": machine, "phoff": 52 if bits == 32 else 64, "flags": FLAGS.get(abi, 0),
        "phentsize": 32 if bits == 32 else 56, "phnum": len(segments), **header,
    }  # fmt: skip
    word = "I" if bits == 32 else "Q"
    out = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1]) + bytes(9)
    out += struct.pack(
        f"{order}HHI{word * 3}IHHHHHH", kind, values["machine"], 1, entry, values["phoff"], 0,
        values["flags"], 64, values["phentsize"], values["phnum"], 0, 0, 0,
    )  # fmt: skip
    for type_, offset, vaddr, filesz, memsz, flags, align in segments:
        if bits == 32:
            fields = (type_, offset, vaddr, vaddr, filesz, memsz, flags, align)
            out += struct.pack(order + "8I", *fields)
        else:
            fields = (type_, flags, offset, vaddr, vaddr, filesz, memsz, align)
            out += struct.pack(order + "II6Q", *fields)
    return out.ljust(0x400, b"\0") + data


def simple_program(abi="x86-64", **options):
    """One page of text at 0x400000 and a stack that is not executable."""
    return elf(
        [segment(PT_LOAD, 0x400000, 0x400), segment(PT_GNU_STACK, 0, 0, flags=R | W)],
        abi=abi, entry=0x400100, **options,
    )  # fmt: skip
