"""Makes shared objects of one page by hand: the ELF form of the pages that the kernel lends.

All of it is one segment at address 0: dynamic symbols with one version, and code. No sections.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from emu.arch.cpu import PAGE_SIZE
from emu.record import record

DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_SONAME = 4, 5, 6, 10, 11, 14
DT_VERSYM, DT_VERDEF, DT_VERDEFNUM = 0x6FFFFFF0, 0x6FFFFFFC, 0x6FFFFFFD
PT_GNU_EH_FRAME = 0x6474E550
_GLOBAL_FUNCTION = 18
_CODE_ALIGNMENT = 16


@record
class Function:
    """A symbol and its code; `skip` bytes of that precede the symbol."""

    name: bytes
    code: bytes
    skip: int = 0


@record
class Vdso:
    """The image, and where in it the functions are."""

    image: bytes
    symbols: dict[bytes, int]


@record
class Machine:
    """What the ELF header says, and the instruction that fills gaps."""

    number: int
    bits: int
    byte_order: str
    flags: int = 0
    filler: bytes = b"\0"


Unwind = Callable[[int, int, int], bytes]
"""``unwind(place, function, size)``: unwind tables, to lie at `place`, of the first function."""


def make_vdso(
    machine: Machine,
    soname: bytes,
    version: bytes,
    functions: Sequence[Function],
    unwind: Unwind | None = None,
) -> Vdso:
    """Build the shared object."""
    return _Image(machine, soname, version, functions, unwind).build()


class _Image:
    def __init__(
        self,
        machine: Machine,
        soname: bytes,
        version: bytes,
        functions: Sequence[Function],
        unwind: Unwind | None,
    ) -> None:
        self.unwind = unwind
        self.machine = machine
        self.wide = machine.bits == 64
        self.word = 8 if self.wide else 4
        self.soname, self.version, self.functions = soname, version, functions

    def build(self) -> Vdso:
        strings, places = b"\0", {}
        for name in (self.soname, self.version, *(f.name for f in self.functions)):
            places[name] = len(strings)
            strings += name + b"\0"
        count = len(self.functions) + 1
        header, segment, symbol = (64, 56, 24) if self.wide else (52, 32, 16)
        dynsym = header + (3 if self.unwind else 2) * segment
        hash_ = dynsym + symbol * count
        versym = hash_ + 4 * (3 + count)
        verdef = versym + 2 * count + 7 & -8
        versions = self._versions(places)
        dynstr = verdef + len(versions)
        dynamic = dynstr + len(strings) + 7 & -8
        entries = (
            (DT_SONAME, places[self.soname]), (DT_HASH, hash_), (DT_STRTAB, dynstr),
            (DT_SYMTAB, dynsym), (DT_STRSZ, len(strings)), (DT_SYMENT, symbol),
            (DT_VERDEF, verdef), (DT_VERDEFNUM, 2), (DT_VERSYM, versym), (0, 0),
        )  # fmt: skip
        dynamic_size = 2 * self.word * len(entries)
        text = dynamic + dynamic_size + _CODE_ALIGNMENT - 1 & -_CODE_ALIGNMENT
        code, table, symbols = self._code(text, places)
        tables = b""
        if self.unwind is not None:
            first = self.functions[0]
            tables = self.unwind(text + len(code), symbols[first.name], len(first.code))
        size = text + len(code) + len(tables)
        image = bytearray(PAGE_SIZE)
        parts = (
            (0, self._header()),
            (header, self._segment(1, 0, size, 5)),
            (header + segment, self._segment(2, dynamic, dynamic_size, 4)),
            (dynsym, bytes(symbol) + table),
            # One bucket whose chain is all symbols.
            (hash_, self._pack(f"{3 + count}I", 1, count, 1, 0, *range(2, count), 0)),
            (versym, self._pack(f"{count}H", 0, *[2] * (count - 1))),
            (verdef, versions),
            (dynstr, strings),
            (dynamic, b"".join(self._pack("2Q" if self.wide else "2I", *e) for e in entries)),
            (text, code + tables),
        )
        if tables:
            part = self._segment(PT_GNU_EH_FRAME, text + len(code), len(tables), 4)
            image[header + 2 * segment : dynsym] = part
        for offset, part in parts:
            image[offset : offset + len(part)] = part
        return Vdso(bytes(image), symbols)

    def _code(self, text: int, places: dict[bytes, int]) -> tuple[bytes, bytes, dict[bytes, int]]:
        code, table, symbols = b"", b"", {}
        for function in self.functions:
            symbols[function.name] = value = text + len(code) + function.skip
            name, size = places[function.name], len(function.code) - function.skip
            # Of section 1: any section but "undefined" will do, there are none.
            if self.wide:
                table += self._pack("IBBHQQ", name, _GLOBAL_FUNCTION, 0, 1, value, size)
            else:
                table += self._pack("IIIBBH", name, value, size, _GLOBAL_FUNCTION, 0, 1)
            code += function.code
            while len(code) % _CODE_ALIGNMENT:
                code += self.machine.filler
        return code, table, symbols

    def _pack(self, code: str, *values: int) -> bytes:
        return struct.pack(self.machine.byte_order + code, *values)

    def _header(self) -> bytes:
        machine = self.machine
        order = 1 if machine.byte_order == "<" else 2
        ident = b"\x7fELF" + bytes([2 if self.wide else 1, order, 1])
        # ET_DYN; the program headers follow at once, and there are no sections.
        size, segment = (64, 56) if self.wide else (52, 32)
        rest = self._pack(
            "HHIQQQI6H" if self.wide else "HHIIIII6H",
            3, machine.number, 1, 0, size, 0, machine.flags, size, segment,
            3 if self.unwind else 2, 0, 0, 0,
        )  # fmt: skip
        return ident.ljust(16, b"\0") + rest

    def _segment(self, kind: int, offset: int, size: int, flags: int) -> bytes:
        align = PAGE_SIZE if kind == 1 else self.word
        if self.wide:
            return self._pack("IIQQQQQQ", kind, flags, offset, offset, offset, size, size, align)
        return self._pack("8I", kind, offset, offset, offset, size, size, flags, align)

    def _versions(self, places: dict[bytes, int]) -> bytes:
        """The object's own name as the base version, and the version of its symbols."""
        base = self._pack("HHHHIII", 1, 1, 1, 1, elf_hash(self.soname), 20, 28)
        base += self._pack("II", places[self.soname], 0)
        own = self._pack("HHHHIII", 1, 0, 2, 1, elf_hash(self.version), 20, 0)
        return base + own + self._pack("II", places[self.version], 0)


def elf_hash(name: bytes) -> int:
    """The hash of the System V ABI."""
    value = 0
    for byte in name:
        value = (value << 4) + byte
        value ^= (value & 0xF0000000) >> 24
        value &= 0x0FFFFFFF
    return value
