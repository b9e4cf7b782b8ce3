"""The sample programs that comparisons run: one for every way in of every ABI."""

from __future__ import annotations

from pathlib import Path

import emu
from emu.arch.abi import Abi


class NoSamples(Exception):
    """The sample programs are not where the package or its source tree has them."""


def folder() -> Path:
    """Where the programs are: inside the package if it was installed, else in the source tree."""
    package = Path(emu.__file__).parent
    for place in (package / "sample_programs", package.parent / "samples" / "programs"):
        if place.is_dir():
            return place
    raise NoSamples("the sample programs are not installed")


def programs(kind: str) -> dict[str, Path]:
    """``ABI/WAY`` -> the program of a kind (hello, errors, loop, paths), in order."""
    found = {}
    for path in sorted(folder().glob(f"*/{kind}-*")):
        if not path.suffix:
            found[f"{path.parent.name}/{path.name.partition('-')[2]}"] = path
    return found


def abi_of(label: str) -> Abi:
    """The ABI, in its byte order, of a program called ``ABI/WAY``."""
    name = label.partition("/")[0]
    if name.startswith("mips") and name.endswith("el"):
        return Abi.load(name.removesuffix("el"), "little")
    return Abi.load(name)
