"""The ways into the kernel as objects: named steps with sources, what each reads and writes.

Nothing of this is imported while programs run; see `emu steps` and `emu compare`.
"""

from __future__ import annotations

from emu.arch.entry import arm, mips, riscv, x86
from emu.arch.entry.step import Counts, EntryPath, Place, Step
from emu.record import replace

__all__ = ["PATHS", "Counts", "EntryPath", "Place", "Step", "added_path", "entry_path", "paths_of"]

PATHS: tuple[EntryPath, ...] = (*x86.PATHS, *arm.PATHS, *riscv.PATHS, *mips.PATHS)


def entry_path(isa: str, way: str, abi: str) -> EntryPath:
    """How a trap of this ISA gets to an ABI's handlers. `KeyError` if it does not."""
    for path in PATHS:
        if (path.isa, path.way, path.abi) == (isa, way, abi):
            return path
    return added_path(isa, way, abi)


def paths_of(isa: str) -> list[EntryPath]:
    """All ways in of an instruction set."""
    return [path for path in PATHS if path.isa == isa]


def added_path(isa: str, way: str, abi: str) -> EntryPath:
    """The path of a way that somebody added: as its ISA's own, but for the instruction and table.

    `KeyError` for what is no added way either.
    """
    kind, vector = ("int80", way[3:]) if way.startswith("int") else (way.partition("-")[0], way)
    model = next((path for path in PATHS if path.isa == isa and path.way == kind), None)
    if model is None or way in {path.way for path in PATHS if path.isa == isa}:
        raise KeyError(f"{isa} has no way into {abi} called {way}")
    instruction = f"int 0x{vector}" if kind == "int80" else way.replace("-", " 0x")
    table = f"a table of its own, with {abi}'s layouts"
    return replace(
        model, title=f"{instruction}, added", way=way, abi=abi, instruction=instruction,
        table=table, note="installed by this machine's owner",
    )  # fmt: skip
