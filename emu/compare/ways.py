"""The ways in of one instruction set, on the sample programs: the course's comparison."""

from __future__ import annotations

from pathlib import Path

from emu.arch.abi import Abi
from emu.arch.entry import EntryPath
from emu.arch.isa import ISAS
from emu.compare.alignment import Pair, aligned, lost
from emu.compare.cost import cost_us
from emu.compare.recording import Recording, record_run
from emu.compare.samples import abi_of, programs
from emu.record import record

KINDS = ("paths", "errors", "hello")
"""Programs to compare, the most telling first."""


@record
class Way:
    """One way in: its path, what the samples showed of it, and what it costs."""

    label: str
    path: EntryPath
    recordings: dict[str, Recording]
    cost_us: float | None

    @property
    def number_register(self) -> str:
        """Where the number is."""
        return register_name(self.path, Abi.load(self.path.abi).convention.number)

    @property
    def argument_registers(self) -> list[str]:
        """Where the arguments are."""
        convention = Abi.load(self.path.abi).convention
        return [register_name(self.path, number) for number in convention.arguments]

    def number_of(self, name: str) -> int | None:
        """A call's number in the table of this way."""
        rows = Abi.load(self.path.abi).syscalls.values()
        return next((row.nr for row in rows if row.name == name), None)

    @property
    def between(self) -> float:
        """Guest instructions between two traps, in the mean."""
        traps = [trap for each in self.recordings.values() for trap in each.traps]
        return sum(trap.instructions for trap in traps) / len(traps) if traps else 0

    @property
    def truncation(self) -> str:
        """What the way cut off a pointer, as the samples showed; nothing if none was."""
        for each in self.recordings.values():
            for trap in each.traps:
                if any(argument.lost for argument in trap.arguments):
                    return f"{trap.name}: {lost(trap)}"
        return ""


@record
class Comparison:
    """All ways of an instruction set, and each program of the others beside the first's."""

    isa: str
    ways: list[Way]
    pairs: dict[tuple[str, str, str], list[Pair]]
    """(program, first way, other way) -> the traps."""


def register_name(path: EntryPath, number: int) -> str:
    """A register of the convention by the name that the CPU in this mode has for it."""
    return ISAS[path.isa].registers[number]


def compare_ways(isa: str, *, measure: bool = True) -> Comparison:
    """Run the samples of every way in of an instruction set. `KeyError` if there are none."""
    ways: list[Way] = []
    of_kind = {kind: programs(kind) for kind in (*KINDS, "loop")}
    for label, program in of_kind["hello"].items():
        if abi_of(label).isa.name != isa:
            continue
        recordings = {"hello": record_run(str(program), label=label)}
        for kind in ("paths", "errors"):
            if label in of_kind[kind]:
                recordings[kind] = record_run(str(of_kind[kind][label]), label=label)
        loop: Path | None = of_kind["loop"].get(label)
        cost = cost_us(loop) if measure and loop else None
        ways.append(Way(label, recordings["hello"].traps[0].path, recordings, cost))
    if not ways:
        raise KeyError(f"there are no sample programs for {isa}")
    # What the hardware makes the most of comes first; an ABI's sisters come last.
    ways.sort(key=lambda way: (-way.path.hardware().indirections, way.path.abi == "x32"))
    pairs = {
        (kind, ways[0].label, other.label): aligned(
            ways[0].recordings[kind].traps, other.recordings[kind].traps
        )
        for other in ways[1:]
        for kind in KINDS
        if kind in ways[0].recordings and kind in other.recordings
    }
    return Comparison(isa, ways, pairs)
