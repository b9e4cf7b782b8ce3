"""Modules as guests see them: small ELF files that name one the host offers, and no more.

Nothing in such a file is ever run. Its .modinfo section is what modinfo(8), depmod(8) and
modprobe(8) read; the ``name`` in it is what init_module(2) loads.
"""

from __future__ import annotations

import struct

MODINFO = b".modinfo"
THIS_MODULE = b".gnu.linkonce.this_module"
ELF_MAGIC = b"\x7fELF"
ET_REL, EM_X86_64 = 1, 62
SHT_PROGBITS, SHT_STRTAB = 1, 3
HEADER_SIZE, SECTION_SIZE = 64, 64
THIS_MODULE_SIZE = 1024
NAME_OFFSET = 24
"""Where struct module has its name, on 64-bit machines."""


def make_ko(name: str, fields: list[tuple[str, str]]) -> bytes:
    """The file of a module with these fields of modinfo."""
    info = b"".join(f"{key}={value}".encode() + b"\0" for key, value in fields)
    this = bytearray(THIS_MODULE_SIZE)
    this[NAME_OFFSET : NAME_OFFSET + len(name)] = name.encode()
    names = b"\0" + b"\0".join([MODINFO, THIS_MODULE, b".shstrtab"]) + b"\0"
    contents = [
        (names.index(MODINFO), SHT_PROGBITS, info),
        (names.index(THIS_MODULE), SHT_PROGBITS, bytes(this)),
        (names.index(b".shstrtab"), SHT_STRTAB, names),
    ]
    offset = HEADER_SIZE
    sections = [bytes(SECTION_SIZE)]
    for place, kind, data in contents:
        sections.append(
            struct.pack("<IIQQQQIIQQ", place, kind, 0, 0, offset, len(data), 0, 0, 1, 0)
        )
        offset += len(data)
    padding = -offset % 8
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", ELF_MAGIC + b"\2\1\1", ET_REL, EM_X86_64, 1, 0, 0, offset + padding,
        0, HEADER_SIZE, 0, 0, SECTION_SIZE, len(sections), len(sections) - 1,
    )  # fmt: skip
    body = b"".join(data for _, _, data in contents)
    return header + body + bytes(padding) + b"".join(sections)


def modinfo(image: bytes) -> dict[str, str] | None:
    """The fields of a module file's .modinfo; None if the bytes are no module file."""
    try:
        section = _section(image, MODINFO)
    except (struct.error, IndexError, ValueError):
        return None
    if section is None:
        return None
    fields = (field.decode(errors="replace").partition("=") for field in section.split(b"\0"))
    return {key: value for key, equals, value in fields if equals}


def _section(image: bytes, wanted: bytes) -> bytes | None:
    """The contents of a named section of a 64- or 32-bit ELF file of either byte order."""
    if image[:4] != ELF_MAGIC:
        return None
    order = ">" if image[5] == 2 else "<"
    wide = image[4] == 2
    if wide:
        (table,) = struct.unpack_from(order + "Q", image, 40)
        size, count, names_at = struct.unpack_from(order + "HHH", image, 58)
    else:
        (table,) = struct.unpack_from(order + "I", image, 32)
        size, count, names_at = struct.unpack_from(order + "HHH", image, 46)

    def section(index: int) -> tuple[int, bytes]:
        at = table + index * size
        if wide:
            name, _, _, _, offset, length = struct.unpack_from(order + "IIQQQQ", image, at)
        else:
            name, _, _, _, offset, length = struct.unpack_from(order + "IIIIII", image, at)
        return name, image[offset : offset + length]

    names = section(names_at)[1]
    for index in range(count):
        name, data = section(index)
        if names[name : names.index(b"\0", name)] == wanted:
            return data
    return None
