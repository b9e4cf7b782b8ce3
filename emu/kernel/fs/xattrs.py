"""Extended attributes kept in memory. See xattr(7)."""

from __future__ import annotations

from emu.kernel.errno import EEXIST, ENODATA, ENOSPC

TOTAL_MAX = 1 << 20


class Xattrs:
    """The extended attributes of one inode, their size limited so that names cannot eat memory."""

    __slots__ = ("_total", "_values")

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self._total = 0

    def get(self, name: bytes) -> bytes:
        """A value. ENODATA."""
        if name not in self._values:
            raise ENODATA
        return self._values[name]

    def set(self, name: bytes, value: bytes, *, create: bool, replace: bool) -> None:
        """Set a value. EEXIST if `create` and there is one, ENODATA if `replace` and none."""
        old = self._values.get(name)
        if create and old is not None:
            raise EEXIST
        if replace and old is None:
            raise ENODATA
        grown = len(value) - len(old) if old is not None else len(name) + len(value)
        if self._total + grown > TOTAL_MAX:
            raise ENOSPC("too many extended attributes")
        self._total += grown
        self._values[name] = value

    def names(self) -> list[bytes]:
        """All names."""
        return list(self._values)

    def remove(self, name: bytes) -> None:
        """Remove one. ENODATA."""
        if name not in self._values:
            raise ENODATA
        self._total -= len(name) + len(self._values.pop(name))
