"""Which ABIs a test is for: ``@pytest.mark.abis("all")``, or names, patterns and exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache

from emu.arch.abi import Abi, abi_names

OTHER_ORDER = "el"
DEFAULT = "x86-64"


class AbiName(str):
    """An ABI in one byte order: ``mips-o32``, ``mips-o32el``."""

    __slots__ = ()

    @property
    def tables(self) -> Abi:
        """Its numbers, constants and struct layouts."""
        return _load(str(self))

    @property
    def base(self) -> str:
        """The ABI's name without its byte order."""
        return self.tables.name


@cache
def all_abis() -> tuple[AbiName, ...]:
    """Every ABI, those with two byte orders twice."""
    names = []
    for name in abi_names():
        names.append(AbiName(name))
        if len(Abi.load(name).isas) > 1:
            names.append(AbiName(name + OTHER_ORDER))
    return tuple(names)


def select(patterns: Sequence[str]) -> list[AbiName]:
    """The ABIs that patterns name, in their usual order; ``all``; ``!`` before those to leave out.

    `ValueError` for a pattern that names none.
    """
    chosen: set[str] = set()
    if patterns and all(pattern.startswith("!") for pattern in patterns):
        patterns = ["all", *patterns]
    for pattern in patterns:
        named = pattern.removeprefix("!")
        matched = {n for n in all_abis() if named == "all" or fnmatchcase(n, named)}
        if not matched:
            raise ValueError(f"no ABI is called {named}; there are {', '.join(all_abis())}")
        chosen = chosen - matched if pattern.startswith("!") else chosen | matched
    return [name for name in all_abis() if name in chosen]


@cache
def _load(name: str) -> Abi:
    if name in abi_names():
        return Abi.load(name)
    abi = Abi.load(name.removesuffix(OTHER_ORDER))
    return Abi.load(abi.name, "little" if abi.big_endian else "big")
