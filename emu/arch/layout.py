"""Structs of an ABI: turning field values into bytes and back, as the tables lay them out."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from emu.record import record

# Integer type -> struct format. 128-bit registers and foreign floats are kept as bytes.
SCALARS = {
    "u8": "B", "u16": "H", "u32": "I", "u64": "Q",
    "i8": "b", "i16": "h", "i32": "i", "i64": "q", "f32": "f", "f64": "d",
}  # fmt: skip
OPAQUE_SIZES = {"u128": 16, "i128": 16, "f96": 12, "f128": 16}
_NUMBERS = frozenset(SCALARS.values())

Resolve = Callable[[str], "Layout"]


@record
class Field:
    """One member: where it is and what it holds.

    `format` is the struct code of its element, empty for a nested layout. `count` is None for a
    single value. A bit-field has its `shift` and `width` within the element.
    """

    name: str
    offset: int
    type: str
    size: int
    format: str
    count: int | None
    nested: Layout | None
    shift: int = 0
    width: int = 0

    @property
    def element_size(self) -> int:
        """The size in bytes of the value, or of one element of an array."""
        if self.nested is not None:
            return self.nested.size
        return struct.calcsize("=" + self.format)

    @property
    def is_bytes(self) -> bool:
        """Whether Python sees it as one bytes object."""
        return self.format.endswith("s") or (self.count is not None and self.format in ("B", "b"))


class Layout:
    """A struct or union of one ABI in one byte order (``<`` or ``>``).

    `fields` maps names to `Field`s. The members of anonymous structs and unions are fields of the
    struct around them, so fields of a union overlap: in `pack` the one given last wins, and none
    is written that was not given.
    """

    def __init__(
        self,
        name: str,
        size: int,
        fields: Mapping[str, Field],
        byte_order: str,
        kind: str = "struct",
    ) -> None:
        self.name = name
        self.size = size
        self.fields = dict(fields)
        self.byte_order = byte_order
        self.kind = kind
        self._packers: dict[tuple[str, ...], Callable[..., bytes] | None] = {}

    def __repr__(self) -> str:
        return f"<Layout {self.kind} {self.name}, {self.size} bytes>"

    def pack(self, **values: Any) -> bytes:
        """The struct's bytes; fields not named are zero.

        A nested struct is given as a mapping, or its members by dotted names. `KeyError` for an
        unknown field, `OverflowError` for a value that does not fit.
        """
        names = tuple(values)
        packer = self._packers.get(names)
        if packer is None and names not in self._packers:
            packer = self._packers[names] = self._packer_of_numbers(names)
        if packer is not None:
            try:
                return packer(*values.values())
            except struct.error:
                pass  # said more exactly below
        buffer = bytearray(self.size)
        self.pack_into(buffer, 0, values)
        return bytes(buffer)

    def pack_into(
        self, buffer: bytearray | memoryview, base: int, values: Mapping[str, Any]
    ) -> None:
        """Write the named fields into a buffer that holds the struct at *base*."""
        for name, value in values.items():
            field = self.fields.get(name)
            if field is not None:
                self._store(buffer, base, field, value)
            else:
                head, dot, rest = name.partition(".")
                nested = self.fields[head].nested if dot and head in self.fields else None
                if nested is None:
                    raise KeyError(f"{self.name} has no field {name}")
                nested.pack_into(buffer, base + self.fields[head].offset, {rest: value})

    def unpack(self, buffer: bytes | bytearray | memoryview, offset: int = 0) -> dict[str, Any]:
        """All fields: integers, bytes for byte arrays, lists for arrays, dicts for structs.

        ``struct.error`` when the buffer ends before the struct.
        """
        if len(buffer) - offset < self.size:
            raise struct.error(f"{self.name} needs {self.size} bytes, not {len(buffer) - offset}")
        unpack_values = self._unpack_values
        if unpack_values is not None:
            return unpack_values(buffer, offset)
        return {name: self._load(buffer, offset, field) for name, field in self.fields.items()}

    def field(self, name: str) -> tuple[int, str]:
        """The offset and struct format, with byte order, of a field; dotted names go deeper.

        `KeyError` for an unknown field or one that is no scalar, byte array or array of scalars.
        """
        found = self.find(name)
        if not found.format or found.width:
            raise KeyError(f"{self.name}.{name} has no struct format of its own")
        return found.offset, self.byte_order + packed_format(found)

    def find(self, name: str) -> Field:
        """The field of a dotted name, its offset counted from this struct. `KeyError`."""
        head, _, rest = name.partition(".")
        field = self.fields.get(head)
        if field is None or (rest and field.nested is None):
            raise KeyError(f"{self.name} has no field {name}")
        if not rest or field.nested is None:
            return field
        inner = field.nested.find(rest)
        return Field(
            name, field.offset + inner.offset, inner.type, inner.size, inner.format, inner.count,
            inner.nested, inner.shift, inner.width,
        )  # fmt: skip

    def packer(self, *names: str) -> Callable[..., bytes]:
        """A fast ``pack``: values by position, everything else zero, no names looked up.

        Arrays of scalars take one value per element. `ValueError` if fields overlap or are
        bit-fields; the packer itself raises ``struct.error`` for values that do not fit.
        """
        places = [(*self.field(name), position) for position, name in enumerate(names)]
        ordered = sorted(places)
        text, end = "", 0
        for offset, code, _ in ordered:
            if offset < end:
                raise ValueError(f"fields of {self.name} overlap at offset {offset}")
            text += f"{offset - end}x{code[1:]}"
            end = offset + struct.calcsize(code)
        whole = struct.Struct(f"{self.byte_order}{text}{self.size - end}x").pack
        order = [position for *_, position in ordered]
        if order == list(range(len(names))):
            return whole
        if any(self.find(name).count and not self.find(name).is_bytes for name in names):
            raise ValueError(f"name the fields of {self.name} in order of offset to pack arrays")
        pick = ", ".join(f"v{position}" for position in order)
        given = ", ".join(f"v{position}" for position in range(len(names)))
        packer: Callable[..., bytes] = eval(f"lambda {given}: pack({pick})", {"pack": whole})
        return packer

    def _packer_of_numbers(self, names: tuple[str, ...]) -> Callable[..., bytes] | None:
        """The packer of these fields, if they are numbers that do not overlap."""
        fields = [self.fields.get(name) for name in names]
        if all(f and f.format in _NUMBERS and f.count is None and not f.width for f in fields):
            with contextlib.suppress(ValueError):
                return self.packer(*names)
        return None

    @cached_property
    def _unpack_values(self) -> Callable[..., dict[str, Any]] | None:
        """What unpacks all fields at once, if each is one value: a number or bytes.

        Compiled, as to make a dict of two sequences takes longer than all the rest.
        """
        fields = list(self.fields.values())
        text, end = self.byte_order, 0
        for field in fields:
            several = field.count is not None and not field.is_bytes
            if not field.format or field.width or several or field.offset < end:
                return None
            text += f"{field.offset - end}x{packed_format(field)}"
            end = field.offset + field.size
        values = ", ".join(f"v{i}" for i in range(len(fields)))
        items = ", ".join(f"{field.name!r}: v{i}" for i, field in enumerate(fields))
        source = f"def unpack(b, o):\n [{values}] = unpack_from(b, o)\n return {{{items}}}\n"
        made: dict[str, Any] = {"unpack_from": struct.Struct(text).unpack_from}
        exec(compile(source, f"<{self.name}>", "exec"), made)
        unpack: Callable[..., dict[str, Any]] = made["unpack"]
        return unpack

    def _store(self, buffer: bytearray | memoryview, base: int, field: Field, value: Any) -> None:
        place = base + field.offset
        try:
            if field.width:
                self._store_bits(buffer, place, field, value)
            elif field.nested is not None:
                for position, item in enumerate([value] if field.count is None else value):
                    check_room(field, position)
                    field.nested.pack_into(buffer, place + position * field.element_size, item)
            elif field.is_bytes:
                check_room(field, len(value) - 1)
                buffer[place : place + len(value)] = value
            else:
                items = [value] if field.count is None else value
                if items:
                    check_room(field, len(items) - 1)
                    code = f"{self.byte_order}{len(items)}{field.format}"
                    struct.pack_into(code, buffer, place, *items)
        except struct.error as error:
            raise OverflowError(f"{self.name}.{field.name}: {value!r} does not fit") from error

    def _store_bits(
        self, buffer: bytearray | memoryview, place: int, field: Field, value: int
    ) -> None:
        mask = (1 << field.width) - 1
        if not -(mask + 1) >> 1 <= value <= mask:
            raise OverflowError(f"{self.name}.{field.name}: {value!r} does not fit")
        code = self.byte_order + field.format.upper()
        (old,) = struct.unpack_from(code, buffer, place)
        new = old & ~(mask << field.shift) | (value & mask) << field.shift
        struct.pack_into(code, buffer, place, new)

    def _load(self, buffer: bytes | bytearray | memoryview, base: int, field: Field) -> Any:
        place = base + field.offset
        if field.width:
            (unit,) = struct.unpack_from(self.byte_order + field.format.upper(), buffer, place)
            return unit >> field.shift & (1 << field.width) - 1
        if field.nested is not None:
            size = field.element_size
            if field.count is None:
                return field.nested.unpack(buffer, place)
            return [field.nested.unpack(buffer, place + i * size) for i in range(field.count)]
        if field.is_bytes:
            return bytes(buffer[place : place + field.size])
        values = struct.unpack_from(self.byte_order + packed_format(field), buffer, place)
        return values[0] if field.count is None else list(values)


def check_room(field: Field, last: int) -> None:
    """`OverflowError` unless the field has an element with index *last*."""
    room = field.size if field.is_bytes else (1 if field.count is None else field.count)
    if last >= room:
        raise OverflowError(f"{field.name}: {last + 1} elements do not fit in {field.type}")


def packed_format(field: Field) -> str:
    """The struct format of a whole scalar field, without byte order."""
    if field.is_bytes:
        return f"{field.size}s"
    return field.format if field.count is None else f"{field.count}{field.format}"


def make_layout(
    name: str, record: Mapping[str, Any], byte_order: str, pointer: str, resolve: Resolve
) -> Layout:
    """A layout from its record in the tables; *pointer* is the type of the ABI's pointers."""
    fields = {}
    for field_name, offset, type_name, *bits in record["fields"]:
        shift, width = bits[0] if bits else (0, 0)
        element, count = split_array(type_name)
        code, nested, size = "", None, 0
        if element.startswith(("struct ", "union ")):
            nested = resolve(element.partition(" ")[2])
            size = nested.size
        elif element in OPAQUE_SIZES:
            size = OPAQUE_SIZES[element] * (1 if count is None else count)
            code, count = f"{size}s", None
        else:
            code = SCALARS[pointer if element == "ptr" else element]
            size = struct.calcsize("=" + code)
        total = size if count is None else size * count
        fields[field_name] = Field(
            field_name, offset, type_name, total, code, count, nested, shift, width
        )
    return Layout(name, record["size"], fields, byte_order, record["kind"])


def split_array(type_name: str) -> tuple[str, int | None]:
    """``u32[3]`` is ("u32", 3), ``u32`` is ("u32", None)."""
    element, bracket, count = type_name.partition("[")
    return element, int(count[:-1]) if bracket else None
