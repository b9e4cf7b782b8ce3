"""`emu abi`: the ABIs, their conventions and tables, and what differs between two of them."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterator

from emu.arch.abi import Abi, Row, Signature, abi_names, signatures
from emu.arch.convention import Location, RegisterSlot, Slot
from emu.arch.isa import ISAS
from emu.arch.layout import Layout
from emu.cli.abi_diff import SECTIONS, diff_lines

WIDE_TYPES = {"loff_t", "u64", "__u64", "s64", "__s64", "unsigned long long", "long long"}
EXAMPLES = """examples:
  emu abi                        all ABIs
  emu abi mips-o32               how mips-o32 makes a system call
  emu abi arm64 openat           one row; also a number, a constant, an errno, a struct
  emu abi --diff arm64 riscv64 --section constants
"""


class UnknownName(Exception):
    """A name that no table has; the message suggests others."""


def main(argv: list[str]) -> int:
    """Run ``emu abi``; 1 when a name is unknown."""
    parser = argparse.ArgumentParser(
        prog="emu abi",
        description="Show the ABIs' conventions, numbers, constants and struct layouts.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("abi", nargs="?", metavar="ABI", help="the ABI to describe")
    parser.add_argument(
        "what", nargs="?", metavar="WHAT", help="system call, number, constant or struct"
    )
    parser.add_argument(
        "--diff", nargs=2, metavar=("A", "B"), help="what two ABIs have differently"
    )
    parser.add_argument(
        "--section", choices=SECTIONS, help="limit --diff to one kind of difference"
    )
    parser.add_argument(
        "--byte-order", choices=("little", "big"), help="for the ABIs that exist in both"
    )
    parser.add_argument(
        "--markdown", action="store_true", help="the overview's or ABI's reference page"
    )
    options = parser.parse_args(argv)
    if options.section and not options.diff:
        parser.error("--section needs --diff")
    if options.markdown and (options.diff or options.what):
        parser.error("--markdown takes an ABI and nothing else")
    if options.diff and options.abi:
        parser.error("--diff takes its two ABIs and nothing else")
    try:
        for line in run(options):
            print(line)
    except UnknownName as error:
        print(f"emu abi: {error}", file=sys.stderr)
        return 1
    return 0


def run(options: argparse.Namespace) -> Iterator[str]:
    """The output, line by line."""
    if options.markdown:
        from emu.cli.abi_markdown import abi_page, overview_page

        abi = options.abi and load(options.abi, options.byte_order)
        yield from abi_page(abi) if abi else overview_page()
    elif options.diff:
        left, right = (load(name, options.byte_order) for name in options.diff)
        sections = (options.section,) if options.section else SECTIONS
        yield from diff_lines(left, right, sections)
    elif options.abi is None:
        yield from overview()
    elif options.what is None:
        yield from describe(load(options.abi, options.byte_order))
    else:
        yield from look_up(load(options.abi, options.byte_order), options.what)


def load(name: str, byte_order: str | None) -> Abi:
    """The ABI of that name. `UnknownName`."""
    if name not in abi_names():
        raise UnknownName(f"no ABI is called {name}{suggestion(name, list(abi_names()))}")
    try:
        return Abi.load(name, byte_order)
    except KeyError as error:
        raise UnknownName(str(error.args[0])) from error


def suggestion(name: str, known: list[str]) -> str:
    """``; did you mean x, y?`` or nothing."""
    near = difflib.get_close_matches(name, known, n=3)
    return f"; did you mean {', '.join(near)}?" if near else ""


def overview() -> Iterator[str]:
    """One line for each ABI."""
    rows: list[tuple[str, ...]] = [
        ("abi", "long", "bytes", "way in", "number", "arguments", "64-bit", "error", "calls")
    ]
    for abi in map(Abi.load, abi_names()):
        convention = abi.convention
        orders = "/".join("big" if ISAS[isa].big_endian else "little" for isa in abi.isas)
        arguments = [abi.isa.registers[number] for number in convention.arguments]
        span = f"{arguments[0]}..{arguments[-1]}" if contiguous(arguments) else " ".join(arguments)
        stack = "+stack" if convention.stack_count else ""
        rows.append((
            abi.name, str(abi.word_bits), orders, " ".join(abi.ways), number_place(abi),
            span + stack, convention.pairs, error_place(abi), str(len(abi.syscalls)),
        ))  # fmt: skip
    yield from columns(rows)


def contiguous(names: list[str]) -> bool:
    """Whether register names count up, as a0 a1 a2."""
    stem = names[0].rstrip("0123456789")
    first = names[0][len(stem) :]
    return first.isdigit() and names == [f"{stem}{int(first) + i}" for i in range(len(names))]


def number_place(abi: Abi) -> str:
    """Where the system call number is: a register, or ARM OABI's instruction itself."""
    return "swi" if abi.name == "arm-oabi" else abi.isa.registers[abi.convention.number]


def error_place(abi: Abi) -> str:
    """How an error comes back."""
    flag = abi.convention.error_flag
    return "-errno" if flag is None else f"{abi.isa.registers[flag]}=1"


def columns(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Rows as aligned text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(map(str.ljust, row, widths)).rstrip()


def describe(abi: Abi) -> Iterator[str]:
    """An ABI's convention and address space."""
    convention, memory = abi.convention, abi.memory
    registers = abi.isa.registers
    arguments = [registers[number] for number in convention.arguments]
    arguments += [slot_name(abi, slot) for slot in stack_slots(abi)]
    facts = [
        ("runs on", " ".join(abi.isas)),
        ("byte order", abi.byte_order),
        ("C long", f"{abi.word_bits} bits, argument registers {convention.word_bits}"),
        ("way in", " ".join(abi.ways)),
        ("number", f"{number_place(abi)}, counted from {abi.number_base:#x}"),
        ("arguments", " ".join(arguments)),
        ("64-bit values", PAIRS[convention.pairs]),
        ("result", registers[convention.result]),
        ("error", error_text(abi)),
        ("uname -m", abi.uname_machine),
        ("task size", f"{memory.task_size:#x}"),
        ("stack top", f"{memory.stack_top:#x}"),
        ("mmap base", f"{memory.mmap_base:#x}, downwards"),
        ("PIE base", f"{memory.pie_base:#x}"),
        ("tables", f"{len(abi.syscalls)} system calls, {len(abi.errno)} errors, "
                   f"{len(abi.constants) + len(abi.devices)} constants, "
                   f"{len(abi.layout_names())} structs"),
    ]  # fmt: skip
    if convention.second_result is not None:
        facts.insert(8, ("second result", f"{registers[convention.second_result]} (pipe)"))
    yield abi.name
    for key, value in facts:
        yield f"  {key:<14}{value}"


PAIRS = {
    "single": "one register",
    "even": "two registers, the first an even argument",
    "any": "two registers, the first any argument",
}


def error_text(abi: Abi) -> str:
    """How an error comes back, in words."""
    flag = abi.convention.error_flag
    if flag is None:
        return "the result is the negative errno"
    return f"{abi.isa.registers[flag]} is 1 and the result the errno"


def stack_slots(abi: Abi) -> list[Slot]:
    """The argument places after the registers."""
    count = len(abi.convention.arguments) + abi.convention.stack_count
    places = [place.low for place in abi.convention.locate([0] * count)]
    return places[len(abi.convention.arguments) :]


def slot_name(abi: Abi, slot: Slot) -> str:
    """A register's name, or ``[sp+16]``."""
    if isinstance(slot, RegisterSlot):
        return abi.isa.registers[slot.number]
    return f"[{abi.isa.registers[abi.convention.stack_pointer]}+{slot.offset}]"


def look_up(abi: Abi, what: str) -> Iterator[str]:
    """Everything the tables have under one name or number. `UnknownName`."""
    lines = [*find_number(abi, what), *find_name(abi, what)]
    if not lines:
        known = [row.name for row in abi.syscalls.values()]
        known += [*abi.constants, *abi.devices, *abi.layout_names()]
        raise UnknownName(f"{abi.name} has no {what}{suggestion(what, known)}")
    yield from lines


def find_number(abi: Abi, what: str) -> Iterator[str]:
    """The system call, errno and signal with a number; nothing for a name."""
    try:
        number = int(what, 0)
    except ValueError:
        return
    rows = (abi.syscalls.get(number), abi.syscalls.get(number + abi.number_base))
    row = next((row for row in rows if row), None)
    if row:
        yield from show_row(abi, row)
    if number in abi.errno_names:
        yield f"{abi.errno_names[number]} = {number}"
    if number in abi.signal_names:
        yield f"{abi.signal_names[number]} = {number}"


def find_name(abi: Abi, what: str) -> Iterator[str]:
    """The system calls, constant and struct with a name."""
    for row in abi.syscalls.values():
        if what in (row.name, row.entry):
            yield from show_row(abi, row)
    if what in abi.constants or what in abi.devices:
        value = abi.constant(what)
        yield f"{what} = {value} ({value:#x})"
    elif what in abi.errno:
        yield f"{what} = {abi.errno[what]}"
    struct = what.removeprefix("struct ").removeprefix("union ")
    if abi.has_layout(struct):
        yield from show_layout(abi.layout(struct))


def show_row(abi: Abi, row: Row) -> Iterator[str]:
    """A system call with the place of each argument."""
    canonical = abi.canonical_entry(row.entry)
    served = "" if canonical == row.entry else f", served by {canonical}"
    yield f"{row.name}: number {row.nr} ({row.nr:#x}), entry {row.entry}{served}"
    found = parameters_of(abi, row)
    if found is None:
        yield "  parameters unknown"
        return
    width = max((len(where) for where, _ in found), default=0)
    for where, declared in found:
        yield f"  {where:<{width}}  {declared}"


def parameters_of(abi: Abi, row: Row) -> list[tuple[str, str]] | None:
    """Each parameter's place, ``?`` where there is none, and declaration; None if unknown."""
    canonical = abi.canonical_entry(row.entry)
    signature = signature_of(abi, row.entry) or signature_of(abi, canonical)
    if signature is None:
        return None
    parameters = signature.parameters
    try:
        widths = (64 if kind in WIDE_TYPES else 0 for kind, _ in parameters)
        places = [place_name(abi, place) for place in abi.convention.locate(widths)]
    except ValueError:
        places = ["?"] * len(parameters)
    declared = (f"{kind} {name}" for kind, name in parameters)
    return list(zip(places, declared, strict=True))


def place_name(abi: Abi, place: Location) -> str:
    """The register or stack word of an argument, ``high:low`` for a pair."""
    low = slot_name(abi, place.low)
    return low if place.high is None else f"{slot_name(abi, place.high)}:{low}"


def signature_of(abi: Abi, entry: str) -> Signature | None:
    """The parameters of an entry point as this ABI has them."""
    several = signatures().get(entry, [])
    return next((one for one in several if not one.abis or abi.name in one.abis), None)


def show_layout(layout: Layout) -> Iterator[str]:
    """A struct's fields by offset."""
    yield f"{layout.kind} {layout.name}: {layout.size} bytes"
    for field in layout.fields.values():
        bits = f", bits {field.shift}..{field.shift + field.width - 1}" if field.width else ""
        yield f"  {field.offset:>5}  {field.size:>4}  {field.type:<24}{field.name}{bits}"
