"""What an ELF file says of its code: which function an address is in, and how to leave it."""

from __future__ import annotations

import io
from bisect import bisect_right
from typing import TYPE_CHECKING

from elftools.common.exceptions import DWARFError, ELFError
from elftools.dwarf.callframe import FDE, CallFrameInfo
from elftools.dwarf.structs import DWARFStructs
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from elftools.ehabi.ehabiinfo import EHABIEntry, EHABIInfo

    Symbol = tuple[int, int, str]
    """Address, size and name of a function."""

FUNCTION = ("STT_FUNC", "STT_GNU_IFUNC")
THUMB = 1
PC_RELATIVE_SDATA4 = 0x1B
"""DW_EH_PE_pcrel | DW_EH_PE_sdata4"""


class Image:
    """One ELF file, of which parts are read when first asked for. Raises no error of ELF's."""

    def __init__(self, raw: bytes) -> None:
        self._symbols: list[Symbol] | None = None
        self._frames: list[tuple[int, FDE]] | None = None
        self._segments: list[tuple[int, int, int]] = []
        self._elf: ELFFile | None = None
        self.is_arm = False
        try:
            elf = ELFFile(io.BytesIO(raw))
            self._segments = [
                (s["p_offset"], s["p_filesz"], s["p_vaddr"]) for s in elf.iter_segments("PT_LOAD")
            ]
            self.is_arm = elf["e_machine"] == "EM_ARM"
            self._elf = elf
        except (ELFError, KeyError, ValueError):
            pass

    def address_of(self, offset: int) -> int | None:
        """The address that the linker gave to an offset in the file."""
        for start, size, address in self._segments:
            if start <= offset < start + size:
                return offset - start + address
        return None

    def _offset_of(self, address: int) -> int:
        for start, size, there in self._segments:
            if there <= address < there + size:
                return address - there + start
        return 0

    def function_at(self, address: int) -> tuple[str, int] | None:
        """The name of the function at an address, and how far behind its start that is."""
        if self._symbols is None:
            self._symbols = sorted(self._read_symbols())
        place = bisect_right(self._symbols, address, key=lambda symbol: symbol[0]) - 1
        if place < 0:
            return None
        start, size, name = self._symbols[place]
        return (name, address - start) if address - start < max(size, 1) else None

    def frame_at(self, address: int) -> FDE | None:
        """The frame description of the function at an address, from .eh_frame or .debug_frame."""
        if self._frames is None:
            self._frames = sorted(self._read_frames(), key=lambda entry: entry[0])
        place = bisect_right(self._frames, address, key=lambda entry: entry[0]) - 1
        if place < 0:
            return None
        start, frame = self._frames[place]
        return frame if address - start < frame["address_range"] else None

    def exception_entry_at(self, address: int) -> EHABIEntry | None:
        """What ARM's .ARM.exidx says of the function at an address."""
        try:
            tables: list[EHABIInfo] = (self._elf.get_ehabi_infos() or []) if self._elf else []
            for table in tables:
                # It is in order of the functions, which are told by their places in the file.
                offset = self._offset_of(address)
                low, high = 0, table.num_entry()
                while low < high:
                    middle = (low + high) // 2
                    if (table.get_entry(middle).function_offset or 0) <= offset:
                        low = middle + 1
                    else:
                        high = middle
                if low:
                    return table.get_entry(low - 1)
        except (ELFError, AttributeError, IndexError):
            pass
        return None

    def _read_symbols(self) -> Iterator[Symbol]:
        elf = self._elf
        if elf is None:
            return
        try:
            for symbol in symbol_table(elf).iter_symbols():
                if symbol["st_info"]["type"] in FUNCTION and symbol["st_shndx"] != "SHN_UNDEF":
                    value = symbol["st_value"] & ~(THUMB if self.is_arm else 0)
                    yield value, symbol["st_size"], symbol.name
        except (ELFError, UnicodeDecodeError, KeyError, AttributeError):
            return

    def _read_frames(self) -> Iterator[tuple[int, FDE]]:
        elf = self._elf
        if elf is None:
            return
        try:
            for entry in described(elf) if elf.has_dwarf_info() else bare(elf):
                if isinstance(entry, FDE):
                    yield entry["initial_location"], entry
        except (ELFError, DWARFError, KeyError, ValueError, AssertionError, AttributeError):
            return


def symbol_table(elf: ELFFile) -> SymbolTableSection | DynamicSegment:
    """The whole table, or what is left of it for linking. `AttributeError` if there is none."""
    for table in (
        elf.get_section_by_name(".symtab"),
        elf.get_section_by_name(".dynsym"),
        next(elf.iter_segments("PT_DYNAMIC"), None),
    ):
        if isinstance(table, SymbolTableSection | DynamicSegment):
            return table
    raise AttributeError("no symbols")


def described(elf: ELFFile) -> Iterator[object]:
    """The call frame information of a file with sections."""
    info = elf.get_dwarf_info(relocate_dwarf_sections=False, follow_links=False)
    if info.has_EH_CFI():
        yield from info.EH_CFI_entries()
    if info.has_CFI():
        yield from info.CFI_entries()


def bare(elf: ELFFile) -> Iterator[object]:
    """That of a file without, as a vDSO may be: its segment says where it is."""
    segment = next(elf.iter_segments("PT_GNU_EH_FRAME"), None)
    if segment is None or elf.num_sections():
        return
    header = segment.data()
    if header[1] != PC_RELATIVE_SDATA4:
        return
    where = int.from_bytes(header[4:8], "little" if elf.little_endian else "big", signed=True)
    start = segment["p_offset"] + 4 + where
    elf.stream.seek(0, io.SEEK_END)
    size = elf.stream.tell() - start
    elf.stream.seek(start)
    structs = DWARFStructs(
        little_endian=elf.little_endian, dwarf_format=32, address_size=elf.elfclass // 8
    )
    frames = CallFrameInfo(
        io.BytesIO(elf.stream.read(size)), size, segment["p_vaddr"] + 4 + where, structs, True
    )
    yield from frames.get_entries()
