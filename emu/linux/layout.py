"""How C lays out types in the calling program's ABI: sizes, alignments, structs, arrays."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

from emu.kernel.module.ambient import current_task, this_module

if TYPE_CHECKING:
    from emu.arch.abi import Abi

_SMALL_64 = frozenset({"i386", "arm-oabi"})
"""ABIs that align what has 64 bits to 4 bytes only."""


class CType(type):
    """The class of a C type. ``u8 * 16`` is an array."""

    def size_in(cls, abi: Abi) -> int:
        """How many bytes it has in an ABI."""
        raise NotImplementedError

    def align_in(cls, abi: Abi) -> int:
        """What its address is a multiple of in an ABI."""
        size = int(cls.size_in(abi))
        return 4 if size == 8 and abi.name in _SMALL_64 else size

    def pack_in(cls, abi: Abi, value: Any) -> bytes:
        """The bytes of a value."""
        raise NotImplementedError

    def unpack_in(cls, abi: Abi, data: bytes) -> Any:
        """The value of bytes."""
        raise NotImplementedError

    def __mul__(cls, count: int) -> Array:
        return array_of(cls, count)

    __rmul__ = __mul__


class IntegerType(CType):
    """A number of a fixed width."""

    bits: int
    signed: bool

    def size_in(cls, abi: Abi) -> int:
        """Its width."""
        return cls.bits // 8

    def pack_in(cls, abi: Abi, value: Any) -> bytes:
        """A number, cut to size, or a letter."""
        size = cls.size_in(abi)
        number = ord(value) if isinstance(value, str) else int(value)
        return (number & (1 << size * 8) - 1).to_bytes(size, abi.byte_order)

    def unpack_in(cls, abi: Abi, data: bytes) -> Any:
        """The number."""
        return int.from_bytes(data, abi.byte_order, signed=cls.signed)


class LongType(IntegerType):
    """As wide as the caller's long."""

    def size_in(cls, abi: Abi) -> int:
        """The ABI's word."""
        return int(abi.word_bytes)


class bool_type(CType):
    """One byte, 0 or 1."""

    def size_in(cls, abi: Abi) -> int:
        """One."""
        return 1

    def pack_in(cls, abi: Abi, value: Any) -> bytes:
        """0 or 1."""
        return b"\1" if value else b"\0"

    def unpack_in(cls, abi: Abi, data: bytes) -> Any:
        """Whether it is not 0."""
        return data != b"\0"


class Array(CType):
    """Several of a type in a row; of chars it is bytes."""

    element: CType
    count: int

    def size_in(cls, abi: Abi) -> int:
        """That of all elements."""
        return int(cls.element.size_in(abi) * cls.count)

    def align_in(cls, abi: Abi) -> int:
        """An element's."""
        return int(cls.element.align_in(abi))

    def pack_in(cls, abi: Abi, value: Any) -> bytes:
        """The elements, zeroes behind them."""
        size = cls.size_in(abi)
        if isinstance(value, str):
            value = value.encode(errors="surrogateescape")
        if not isinstance(value, bytes | bytearray):
            value = b"".join(cls.element.pack_in(abi, item) for item in value)
        return bytes(value[:size]).ljust(size, b"\0")

    def unpack_in(cls, abi: Abi, data: bytes) -> Any:
        """Bytes, or a list."""
        if cls.element.__name__ in ("char", "u8"):
            return bytes(data)
        size = cls.element.size_in(abi)
        return [
            cls.element.unpack_in(abi, data[at : at + size]) for at in range(0, len(data), size)
        ]

    def initial(cls) -> Any:
        """Zeroes."""
        if cls.element.__name__ in ("char", "u8"):
            return bytes(cls.count)
        return [0] * cls.count


def array_of(element: CType, count: int) -> Array:
    """The type of `count` elements in a row."""
    return Array(f"{element.__name__}[{count}]", (), {"element": element, "count": count})


class StructType(CType):
    """A struct: its members are its annotations, in order."""

    members: dict[str, Any]

    def fields(cls) -> dict[str, Any]:
        """The members' types by name."""
        if "members" not in vars(cls):
            cls.members = {}
            for base in reversed(cls.__mro__):
                if isinstance(base, StructType) and base.__module__ != __name__:
                    space = vars(sys.modules[base.__module__])
                    for name, hint in inspect.get_annotations(base).items():
                        cls.members[name] = eval(hint, space) if isinstance(hint, str) else hint
        return cls.members

    def offsets(cls, abi: Abi) -> tuple[dict[str, int], int, int]:
        """Where the members are, the size, and the alignment."""
        places: dict[str, int] = {}
        at, most = 0, 4 if abi.name == "arm-oabi" else 1
        for name, kind in cls.fields().items():
            align = kind.align_in(abi)
            at = -(-at // align) * align
            places[name] = at
            at += kind.size_in(abi)
            most = max(most, align)
        return places, -(-at // most) * most, most

    def size_in(cls, abi: Abi) -> int:
        """With the padding at its end."""
        return cls.offsets(abi)[1]

    def align_in(cls, abi: Abi) -> int:
        """The largest of its members'."""
        return cls.offsets(abi)[2]

    def pack_in(cls, abi: Abi, value: Any) -> bytes:
        """All members."""
        places, size, _ = cls.offsets(abi)
        data = bytearray(size)
        for name, kind in cls.fields().items():
            packed = kind.pack_in(abi, getattr(value, name))
            data[places[name] : places[name] + len(packed)] = packed
        return bytes(data)

    def unpack_in(cls, abi: Abi, data: bytes) -> Any:
        """A struct of these members."""
        made = cls()
        fill(made, abi, data)
        return made


class struct(metaclass=StructType):
    """A C struct: ``class pair(struct)`` with members ``low: c_int`` and so on.

    Members are plain numbers, bytes, lists and structs; kernel objects among them (a kobject, a
    timer) are made with the struct, and `container_of` leads back from them.
    """

    def __init__(self, *values: Any, **named: Any) -> None:
        fields = type(self).fields()
        for name, kind in fields.items():
            member = _initial(kind)
            if hasattr(member, "__dict__"):
                member.container = self
            setattr(self, name, member)
        for name, value in zip(fields, values, strict=False):
            setattr(self, name, value)
        for name, value in named.items():
            if name not in fields:
                raise AttributeError(f"{type(self).__name__} has no member {name}")
            setattr(self, name, value)

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self).fields())
        return f"{type(self).__name__}({members})"


def _initial(kind: Any) -> Any:
    if isinstance(kind, Array):
        return kind.initial()
    if isinstance(kind, IntegerType):
        return 0
    if isinstance(kind, bool_type):
        return False
    return kind()


def fill(made: Any, abi: Abi, data: bytes) -> None:
    """Give a struct's members the values of bytes."""
    kind = type(made)
    places, _, _ = kind.offsets(abi)
    for name, member in kind.fields().items():
        at = places[name]
        setattr(made, name, member.unpack_in(abi, data[at : at + member.size_in(abi)]))


def caller_abi() -> Abi:
    """The ABI of the running system call; outside of one, the machine's widest."""
    kernel = this_module().kernel
    if kernel.sched.current is None:
        return kernel.abi("x86-64")
    return current_task().abi


def sizeof(what: Any) -> int:
    """C's sizeof, in the calling program's ABI; of a buffer, its length."""
    if isinstance(what, CType):
        return what.size_in(caller_abi())
    if isinstance(type(what), CType):
        kind: Any = type(what)
        return int(kind.size_in(caller_abi()))
    return len(what)
