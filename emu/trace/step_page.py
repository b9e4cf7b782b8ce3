"""One trap written out for people: 80 columns, plain text with roles that a terminal may colour."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from emu.arch.abi import Abi

if TYPE_CHECKING:
    from emu.arch.entry import Counts, Step
    from emu.trace.traps import Argument, Trap

WIDTH = 80
FLAG_REGISTER = {"x86-64": "rflags", "i386": "eflags", "arm64": "pstate", "arm": "cpsr"}
FOLDERS_SHOWN = "emu/"


class Span(NamedTuple):
    """A piece of a line and its role: title, cpu, kernel, value, changed, wrong, dim, or none."""

    text: str
    role: str = ""


Line = list[Span]


def page(
    trap: Trap, *, width: int = WIDTH, sources: bool = False, as_in: int = 0
) -> Iterator[Line]:
    """All lines about one trap; `as_in` is an earlier trap whose way it went, to be named only."""
    yield title(trap, width)
    yield from instructions(trap)
    yield from registers("before", trap.isa, trap.before, (), width)
    if as_in:
        yield [Span("the way in and back", "title"), Span(f": as in trap {as_in}", "dim")]
    else:
        yield from steps("in", trap.path.steps, trap.path.counts, width, sources)
        for part in textwrap.wrap(trap.path.note, width - 2):
            yield [Span(f"  {part}", "dim")]
    yield from arguments(trap, width)
    yield from row(trap, width)
    yield from outcome(trap, width)
    if trap.after or not trap.result.startswith("?"):
        counts = trap.path.return_counts
        if not as_in:
            yield from steps("back", trap.path.returns, counts, width, sources)
        yield from afterwards(trap, width)
    yield []


def title(trap: Trap, width: int) -> Line:
    """Which trap of whom by which way."""
    text = f"── trap {trap.index} ── {trap.comm} {trap.pid} ── {trap.path.title} "
    return [Span(text.ljust(width, "─")[:width], "title")]


def instructions(trap: Trap) -> Iterator[Line]:
    """The trap instruction among its neighbours."""
    for each in trap.code:
        here = each.address == trap.pc
        mark = "→" if here else " "
        text = f"  {mark} {each.address:>12x}  {each.text}"
        yield [Span(text[: WIDTH - 1], "value" if here else "dim")]
    if trap.instructions:
        yield [Span(f"    {trap.instructions} instructions since the last trap", "dim")]


def registers(
    when: str, isa: str, words: dict[str, int], changed: Iterable[str], width: int
) -> Iterator[Line]:
    """The registers that are not 0, in columns."""
    yield [Span(f"registers {when}", "title"), Span(" (those that are not 0)", "dim")]
    flags = FLAG_REGISTER.get(isa)
    shown = [(flags if n == "flags" else n, w) for n, w in words.items() if n != "flags" or flags]
    cells = [(name, word) for name, word in shown if word and name]
    digits = max((len(f"{word:x}") for _, word in cells), default=1) + 2
    names = max((len(name) for name, _ in cells), default=1)
    per_line = max(1, (width - 2) // (digits + names + 3))
    special = set(changed)
    for start in range(0, len(cells), per_line):
        line: Line = [Span("  ")]
        for name, word in cells[start : start + per_line]:
            role = "changed" if name in special else ""
            line.append(Span(f"{name:>{names}} {word:<#{digits}x}  ", role))
        yield line


def steps(
    direction: str, path: tuple[Step, ...], counts: Counts, width: int, sources: bool
) -> Iterator[Line]:
    """The way in or back, step by step."""
    levels = plural(counts.indirections, "level of indirection", "levels of indirection")
    yield [
        Span(f"the way {direction}", "title"),
        Span(
            f": {counts.steps} steps, words read {counts.memory_reads}, "
            f"written {counts.memory_writes}" + (f", {levels}" if direction == "in" else "")
        ),
    ]
    for number, step in enumerate(path, 1):
        yield from one_step(number, step, width, sources)


def one_step(number: int, step: Step, width: int, sources: bool) -> Iterator[Line]:
    """A step in as many lines as it needs."""
    head = f"  {number:>2} {step.actor:<6} {step.name:<22} "
    room = width - len(head)
    first, *rest = textwrap.wrap(step.does, room) or [""]
    yield [Span(head, step.actor), Span(first)]
    for more in rest:
        yield [Span(" " * len(head)), Span(more)]
    facts = [
        f"reads {step.memory_reads}" if step.memory_reads else "",
        f"writes {step.memory_writes}" if step.memory_writes else "",
        f"follows {step.follows}" if step.follows else "",
    ]
    if any(facts):
        text = ", ".join(fact for fact in facts if fact)
        for more in textwrap.wrap(text, room):
            yield [Span(" " * len(head)), Span(more, "dim")]
    if sources:
        for more in textwrap.wrap(step.source, room):
            yield [Span(" " * len(head)), Span(more, "dim")]


def arguments(trap: Trap, width: int) -> Iterator[Line]:
    """Where each argument was, the word there, and what it means."""
    yield [
        Span("arguments", "title"),
        Span(f" by {trap.abi}'s convention, number in {trap.number_place}", "dim"),
    ]
    names = max((len(argument.name) for argument in trap.arguments), default=0)
    places = max((len(argument.place) for argument in trap.arguments), default=0)
    for argument in trap.arguments:
        text = f"  {argument.name:<{names}}  {argument.place:<{places}}  {argument.word:<#18x}  "
        room = max(10, width - len(text))
        shown = argument.text if len(argument.text) <= room else argument.text[: room - 3] + "..."
        yield [Span(text), Span(shown, "value")]
        if argument.lost:
            for part in textwrap.wrap(lost(argument, trap), width - 4):
                yield [Span(f"    {part}", "wrong")]
    if not trap.arguments:
        yield [Span("  none", "dim")]


def lost(argument: Argument, trap: Trap) -> str:
    """What was cut off, and by whom."""
    kept = argument.word & ~argument.lost
    by_the_way = trap.path.argument_bits == 32 and trap.isa == "x86-64"
    by = f"{trap.path.instruction} passes 32 bits" if by_the_way else "its C type has no more"
    return f"the upper bits {argument.lost:#x} are cut off, {kept:#x} is left: {by}"


def row(trap: Trap, width: int) -> Iterator[Line]:
    """The table's row, and the function behind it."""
    yield [
        Span("table", "title"),
        Span(f"  {trap.path.table}[{trap.number}] = "),
        Span(trap.entry or "nothing", "value"),
    ]
    if trap.handler is not None:
        file, number = trap.handler
        place = file[file.rfind(FOLDERS_SHOWN) :] if FOLDERS_SHOWN in file else file
        yield [Span(f"  handler  {place}:{number}"[:width])]
    else:
        yield [Span("  handler  none: it answers ENOSYS", "wrong")]


def outcome(trap: Trap, width: int) -> Iterator[Line]:
    """The call as strace writes it."""
    slept = " after sleeping" if trap.slept else ""
    yield [Span("result", "title"), Span(slept, "dim")]
    text = f"{trap.call} = {trap.result}"
    for part in textwrap.wrap(text, width - 2, drop_whitespace=False, break_on_hyphens=False):
        yield [Span(f"  {part.strip()}", "wrong" if trap.error else "value")]


def afterwards(trap: Trap, width: int) -> Iterator[Line]:
    """What changed, and whether it may."""
    if not trap.after:
        return
    yield [Span("registers after", "title")]
    results = result_registers(trap)
    unexpected = set(trap.unexpected(results))
    for name, (old, new) in trap.changed.items():
        if name in unexpected:
            why = "must not change" if not trap.notes else "see below"
        elif name in results:
            why = "the result"
        else:
            why = "may change, says the ABI"
        role = "wrong" if name in unexpected and not trap.notes else "changed"
        yield [Span(f"  {name:<5} {old:#x} -> {new:#x}"), Span(f"   {why}", role)]
    if not trap.changed:
        yield [Span("  none changed", "dim")]
    kept = [name for name in trap.path.clobbers if name not in trap.changed]
    if kept:
        yield [Span(f"  {', '.join(kept)} may change, too, but did not"[:width], "dim")]
    for note in trap.notes:
        yield [Span(f"  {note}", "value")]


def result_registers(trap: Trap) -> tuple[str, ...]:
    """Where the ABI puts results."""
    abi = Abi.load(trap.abi)
    convention = abi.convention
    names = abi.isa.registers
    if abi.isa.name != trap.isa and trap.isa == "x86-64":
        return ("rax",)  # int 0x80 in 64-bit code
    places = (convention.result, convention.error_flag, convention.second_result)
    return tuple(names[place] for place in places if place is not None)


def plural(count: int, one: str, many: str) -> str:
    """``1 level``, ``2 levels``."""
    return f"{count} {one if count == 1 else many}"


def plain(lines: Iterable[Line]) -> str:
    """Lines as text."""
    return "".join("".join(span.text for span in line).rstrip() + "\n" for line in lines)
