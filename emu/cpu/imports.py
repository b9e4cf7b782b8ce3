"""The pointers through which the engine library calls other libraries, such as its abort()."""

from __future__ import annotations

import ctypes
import struct
from ctypes import c_char_p, c_int, c_uint64, c_void_p
from functools import cache

from emu.cpu.library import Library
from emu.cpu.library_code import can_be_changed, make_writable
from emu.cpu.registers import peek

_HEADER = struct.Struct("<32xQ14xHH")  # e_phoff, e_phentsize, e_phnum
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
_DYNAMIC = struct.Struct("<qQ")
# A relocation: the pointer's offset, type and symbol, and an addend.
_RELOCATION_WORDS = 3
_SYMBOL = struct.Struct("<IBBHQQ")
_PT_DYNAMIC = 2
_DT_NULL, _DT_PLTRELSZ, _DT_STRTAB, _DT_SYMTAB, _DT_JMPREL = 0, 2, 5, 6, 23
_R_X86_64_JUMP_SLOT = 7
# Imported symbols come first in the table.
_SYMBOLS_SEARCHED = 256


class _SymbolInfo(ctypes.Structure):
    _fields_ = (
        ("file", c_char_p), ("base", c_void_p), ("name", c_char_p), ("address", c_void_p),
    )  # fmt: skip


def redirect(library: Library, name: str, function: int) -> bool:
    """Have the library call `function` for an import; False if there is no such pointer."""
    imports = _imports(library)
    address = imports.slot(name) if imports is not None else 0
    if not address or not make_writable(address, 8):
        return False
    c_uint64.from_address(address).value = function
    return True


class _Imports:
    """The library's names of what it imports, and what the loader was told about them."""

    def __init__(self, base: int, strings: int, symbols: int, relocations: bytes) -> None:
        self._base = base
        self._relocations = memoryview(relocations).cast("Q")
        self._kinds = self._relocations[1::_RELOCATION_WORDS].tolist()
        self._numbers: dict[bytes, int] = {}
        for number in range(1, _SYMBOLS_SEARCHED):
            symbol = _at(symbols + number * _SYMBOL.size, _SYMBOL)
            offset, _, _, section, _, _ = _SYMBOL.unpack(symbol)
            if section:
                break
            self._numbers[ctypes.string_at(strings + offset)] = number

    def slot(self, name: str) -> int:
        """The address of the pointer to a function; 0 if there is none."""
        number = self._numbers.get(name.encode())
        if number is None:
            return 0
        try:
            index = self._kinds.index(number << 32 | _R_X86_64_JUMP_SLOT)
        except ValueError:
            return 0
        return self._base + self._relocations[index * _RELOCATION_WORDS]


@cache
def _imports(library: Library) -> _Imports | None:
    base = _base_address(library)
    if not base:
        return None
    tables = dict(_dynamic_section(base))
    places = [tables.get(tag, 0) for tag in (_DT_STRTAB, _DT_SYMTAB, _DT_JMPREL)]
    if not all(places):
        return None
    # The loader may have replaced offsets by addresses.
    strings, symbols, relocations = (place + base * (place < base) for place in places)
    size = tables.get(_DT_PLTRELSZ, 0) & -8
    return _Imports(base, strings, symbols, ctypes.string_at(relocations, size))


def _base_address(library: Library) -> int:
    """Where the library begins in memory; 0 if it is not an ELF file of this host's kind."""
    known = library.symbol("uc_emu_start") if can_be_changed() else 0
    if not known:
        return 0
    info = _SymbolInfo()
    dladdr = ctypes.CDLL(None).dladdr
    dladdr.argtypes, dladdr.restype = [c_void_p, c_void_p], c_int
    if not dladdr(known, ctypes.byref(info)) or not info.base:
        return 0
    return int(info.base) if peek(info.base, 5) == b"\x7fELF\x02" else 0


def _dynamic_section(base: int) -> list[tuple[int, int]]:
    offset, size, count = _HEADER.unpack(_at(base, _HEADER))
    for index in range(count):
        header = _PROGRAM_HEADER.unpack(_at(base + offset + index * size, _PROGRAM_HEADER))
        if header[0] == _PT_DYNAMIC:
            section = ctypes.string_at(base + header[3], header[6] - header[6] % _DYNAMIC.size)
            return list(_DYNAMIC.iter_unpack(section))
    return []


def _at(address: int, form: struct.Struct) -> bytes:
    return ctypes.string_at(address, form.size)
