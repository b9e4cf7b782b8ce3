"""What two ABIs have differently, section by section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from emu.arch.abi import Abi

SECTIONS = ("syscalls", "entries", "errno", "signals", "constants", "layouts")
ABSENT = "-"


def diff_lines(left: Abi, right: Abi, sections: Sequence[str]) -> Iterator[str]:
    """The differences of the chosen sections; a heading with the count comes first."""
    for section in sections:
        one_side, other_side = values(left, section), values(right, section)
        if section == "layouts":
            shared = one_side.keys() & other_side.keys()
            one_side |= fields(left, shared)
            other_side |= fields(right, shared)
        rows = list(differing(one_side, other_side))
        yield f"{section}: {len(rows)} of {left.name} and {right.name} differ"
        if rows:
            width = max(len(name) for name, *_ in rows)
            other = max(len(text) for _, text, _ in rows)
            for name, one, two in rows:
                yield f"  {name:<{width}}  {one:<{other}}  {two}"


def differing(left: Mapping[str, str], right: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(name, left, right) of what is not the same on both sides."""
    for name in sorted(left.keys() | right.keys()):
        one, two = left.get(name, ABSENT), right.get(name, ABSENT)
        if one != two:
            yield name, one, two


def values(abi: Abi, section: str) -> dict[str, str]:
    """A section of an ABI as comparable text by name."""
    match section:
        case "syscalls":
            return {row.name: str(row.nr) for row in abi.syscalls.values()}
        case "entries":
            return {row.name: abi.canonical_entry(row.entry) for row in abi.syscalls.values()}
        case "errno":
            return {name: str(number) for name, number in abi.errno.items()}
        case "signals":
            return {name: str(number) for name, number in abi.signals.items()}
        case "constants":
            every = {**abi.devices, **abi.constants}
            return {name: f"{value:#x}" for name, value in every.items()}
        case _:
            return {name: str(abi.layout(name).size) for name in abi.layout_names()}


def fields(abi: Abi, shared: AbstractSet[str]) -> dict[str, str]:
    """The fields of structs that both ABIs have, as ``struct.field`` to offset and size."""
    layouts = (abi.layout(name) for name in shared)
    return {
        f"{layout.name}.{field.name}": f"+{field.offset} {field.size}"
        for layout in layouts
        for field in layout.fields.values()
    }
