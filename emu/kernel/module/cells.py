"""Variables whose address C would pass: cells with a `value` of a C type."""

from __future__ import annotations


class Cell:
    """An integer of a fixed width that wraps around as C's does. `value` is what is in it."""

    __slots__ = ("_value",)

    bits = 64
    signed = False

    def __init__(self, value: int = 0) -> None:
        self._value = self.wrap(value)

    @classmethod
    def wrap(cls, value: int) -> int:
        """A number as this type holds it."""
        value &= (1 << cls.bits) - 1
        return value - (value >> (cls.bits - 1) << cls.bits) if cls.signed else value

    @property
    def value(self) -> int:
        """The number."""
        return self._value

    @value.setter
    def value(self, value: int) -> None:
        self._value = self.wrap(value)

    def post_increment(self, by: int = 1) -> int:
        """C's ``x++``: the value before."""
        before = self._value
        self._value = self.wrap(before + by)
        return before

    def pre_increment(self, by: int = 1) -> int:
        """C's ``++x``: the value after."""
        self._value = self.wrap(self._value + by)
        return self._value

    def __bool__(self) -> bool:
        return self._value != 0

    def __int__(self) -> int:
        return self._value

    __index__ = __int__

    def __eq__(self, other: object) -> bool:
        return self._value == (other._value if isinstance(other, Cell) else other)

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._value})"


class BoolCell:
    """A `bool` variable."""

    __slots__ = ("value",)

    def __init__(self, value: object = False) -> None:
        self.value = bool(value)

    def __bool__(self) -> bool:
        return self.value

    def __repr__(self) -> str:
        return f"bool({self.value})"


class TextCell:
    """A `char *` variable; None is NULL."""

    __slots__ = ("value",)

    def __init__(self, value: str | None = None) -> None:
        self.value = value

    def __bool__(self) -> bool:
        return self.value is not None

    def __str__(self) -> str:
        return self.value or "(null)"

    def __repr__(self) -> str:
        return f"charp({self.value!r})"
