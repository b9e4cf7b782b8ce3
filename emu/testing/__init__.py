"""Testing programs with pytest: see docs/testing.md. Nothing is imported before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emu.testing.compare import assert_same as assert_same
    from emu.testing.compare import assert_same_on_all_abis as assert_same_on_all_abis
    from emu.testing.selection import AbiName as AbiName

_PLACES = {
    "assert_same": "emu.testing.compare",
    "assert_same_on_all_abis": "emu.testing.compare",
    "AbiName": "emu.testing.selection",
}
__all__ = [*_PLACES]


def __getattr__(name: str) -> Any:
    import importlib

    if name not in _PLACES:
        raise AttributeError(f"module 'emu.testing' has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)
