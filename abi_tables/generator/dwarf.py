"""Struct layouts and enumerators, from the debug information of an object file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from elftools.dwarf.die import DIE
from elftools.elf.elffile import ELFFile

AGGREGATES = {"DW_TAG_structure_type": "struct", "DW_TAG_union_type": "union"}
TRANSPARENT = {"DW_TAG_typedef", "DW_TAG_const_type", "DW_TAG_volatile_type", "DW_TAG_atomic_type"}
SIGNED_ENCODINGS = (0x05, 0x0D)
FLOAT_ENCODINGS = (0x03, 0x04)
OVERRIDE = "override__"
HIDDEN = "exported_"

Layout = dict[str, Any]


class DebugInfo:
    """What one compilation unit declares."""

    def __init__(self, path: Path) -> None:
        self.layouts: dict[str, Layout] = {}
        self.enumerators: dict[str, int] = {}
        with path.open("rb") as stream:
            for unit in ELFFile(stream).get_dwarf_info().iter_CUs():
                for die in unit.get_top_DIE().iter_children():
                    self._read(die)
        for name in [name for name in self.layouts if name.startswith(OVERRIDE)]:
            self.layouts[name.removeprefix(OVERRIDE)] = self.layouts.pop(name)
        for name in [name for name in self.layouts if name.startswith(HIDDEN)]:
            del self.layouts[name]

    def _read(self, die: DIE) -> None:
        if die.tag == "DW_TAG_enumeration_type":
            for child in die.iter_children():
                self.enumerators[name_of(child)] = child.attributes["DW_AT_const_value"].value
        elif die.tag in AGGREGATES and name_of(die):
            self._record(name_of(die), die)
        elif die.tag == "DW_TAG_typedef":
            target = referred(die)
            if target is not None and target.tag in AGGREGATES and not name_of(target):
                self._record(name_of(die), target)

    def _record(self, name: str, die: DIE) -> None:
        """Describe an aggregate under *name*, unless it is only declared."""
        if "DW_AT_byte_size" not in die.attributes or name in self.layouts:
            return
        layout: Layout = {"size": size_of(die), "kind": AGGREGATES[die.tag], "fields": []}
        self.layouts[name] = layout
        layout["fields"] = self._fields(name, die, 0)

    def _fields(self, owner: str, die: DIE, base: int) -> list[list[Any]]:
        """The members of an aggregate; those of anonymous members are lifted into it."""
        fields: list[list[Any]] = []
        for member in die.iter_children():
            if member.tag != "DW_TAG_member":
                continue
            location = member.attributes.get("DW_AT_data_member_location")
            offset = base + (location.value if location else 0)
            target = referred(member)
            name = name_of(member)
            if not name and target is not None and (real := resolved(target)) is not None:
                if real.tag in AGGREGATES:
                    fields += self._fields(owner, real, offset)
                continue
            described = self._type(target, f"{owner}.{name}")
            if "DW_AT_bit_size" in member.attributes:
                offset, *bits = bit_position(member, offset)
                fields.append([name, offset, described, bits])
            else:
                fields.append([name, offset, described])
        return fields

    def _type(self, die: DIE | None, path: str) -> str:
        """The type's name in the tables; an unnamed aggregate is recorded under *path*."""
        named = None
        while die is not None and die.tag in TRANSPARENT:
            if die.tag == "DW_TAG_typedef":
                named = name_of(die)
            die = referred(die)
        if die is None:
            return "u8"
        if die.tag == "DW_TAG_base_type":
            return base_type(die)
        if die.tag == "DW_TAG_enumeration_type":
            return f"u{8 * size_of(die)}"
        if die.tag in AGGREGATES:
            name = name_of(die) or named or path
            self._record(name, die)
            return f"{AGGREGATES[die.tag]} {name.removeprefix(HIDDEN).removeprefix(OVERRIDE)}"
        if die.tag == "DW_TAG_array_type":
            return f"{self._type(referred(die), path)}[{array_length(die)}]"
        return "ptr"


def name_of(die: DIE) -> str:
    """The entry's name, or an empty string."""
    attribute = die.attributes.get("DW_AT_name")
    return attribute.value.decode() if attribute else ""


def size_of(die: DIE) -> int:
    """The entry's size in bytes."""
    return int(die.attributes["DW_AT_byte_size"].value)


def referred(die: DIE) -> DIE | None:
    """The type the entry refers to; None stands for void."""
    return die.get_DIE_from_attribute("DW_AT_type") if "DW_AT_type" in die.attributes else None


def resolved(die: DIE) -> DIE | None:
    """The type behind typedefs and qualifiers."""
    current: DIE | None = die
    while current is not None and current.tag in TRANSPARENT:
        current = referred(current)
    return current


def base_type(die: DIE) -> str:
    """``u32``, ``i64``, ``f64`` ...; plain char is u8 because its sign is the compiler's taste."""
    bits = 8 * size_of(die)
    encoding = die.attributes["DW_AT_encoding"].value
    if encoding in FLOAT_ENCODINGS:
        return f"f{bits}"
    return f"i{bits}" if encoding in SIGNED_ENCODINGS else f"u{bits}"


def array_length(die: DIE) -> int:
    """The number of elements, all dimensions together; 0 for a flexible array."""
    total = 1
    for dimension in die.iter_children():
        bound = dimension.attributes.get("DW_AT_upper_bound")
        count = dimension.attributes.get("DW_AT_count")
        if bound is not None and bound.form != "DW_FORM_exprloc":
            # gcc writes the bound of T[0] as -1 in however many bits it has.
            total *= 0 if bound.value in (-1, 0xFFFFFFFF, (1 << 64) - 1) else bound.value + 1
        else:
            total *= count.value if count is not None else 0
    return total


def bit_position(member: DIE, offset: int) -> tuple[int, int, int]:
    """(storage offset, shift, width) of a bit-field, the shift from the storage unit's low bit.

    DWARF 4 counts from the high bit of the storage unit in both byte orders. On ARM OABI, where
    the alignment is less than the unit's size, gcc names units that begin before the struct;
    those are moved to the aligned unit that holds the same bits.
    """
    width = member.attributes["DW_AT_bit_size"].value
    unit = size_of(member)
    shift = 8 * unit - member.attributes["DW_AT_bit_offset"].value - width
    if offset < 0:
        position = 8 * offset + shift
        offset = position // (8 * unit) * unit
        shift = position - 8 * offset
    return offset, shift, width
