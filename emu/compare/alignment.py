"""Two lists of traps side by side: which belong together, and what differs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from emu.arch.abi import Abi
from emu.record import record
from emu.trace.step_page import result_registers

if TYPE_CHECKING:
    from emu.trace.traps import Trap

SAME_CALL = {
    "mmap2": "mmap", "_llseek": "lseek", "newfstatat": "fstatat", "fstatat64": "fstatat",
    "_newselect": "select", "pselect6_time64": "pselect6", "ugetrlimit": "getrlimit",
    "old_mmap": "mmap", "rt_sigaction": "sigaction", "rt_sigprocmask": "sigprocmask",
    "rt_sigreturn": "sigreturn", "waitpid": "wait4",
}  # fmt: skip
"""Names that are another one's on other ABIs."""

MOST_COMPARED = 4_000_000
"""So many pairs of traps are weighed; beyond that the names alone decide."""

SAME_NAME, ALIKE = 4, 5
SUFFIX = re.compile(r"(_time64|64|32)$")
WITHOUT = frozenset({"pread64", "pwrite64", "getdents64", "prlimit64"})
POINTER = re.compile(r"0x[0-9a-f]{5,}")
STRUCTS = ("stat", "stat64", "sigaction", "termios", "rlimit", "timespec", "iovec", "statfs")


@record
class Difference:
    """One thing that is not the same: what, and how it is on either side."""

    kind: str
    a: str
    b: str


@record
class Pair:
    """Two traps that belong together; one is None where the other side has none."""

    a: Trap | None
    b: Trap | None
    differences: tuple[Difference, ...] = ()


def aligned(a: Sequence[Trap], b: Sequence[Trap]) -> list[Pair]:
    """All traps of both sides, in order."""
    pairs: list[Pair] = []
    left = right = 0
    for i, j in [*matches(a, b), (len(a), len(b))]:
        pairs += [Pair(trap, None) for trap in a[left:i]]
        pairs += [Pair(None, trap) for trap in b[right:j]]
        if i < len(a) and j < len(b):
            pairs.append(Pair(a[i], b[j], tuple(differences(a[i], b[j]))))
        left, right = i + 1, j + 1
    return pairs


def matches(a: Sequence[Trap], b: Sequence[Trap]) -> list[tuple[int, int]]:
    """Which traps belong together: as many as possible, and of those the most alike."""
    names = [[common_name(trap) for trap in side] for side in (a, b)]
    if len(a) * len(b) > MOST_COMPARED:
        blocks = difflib.SequenceMatcher(
            None, names[0], names[1], autojunk=False
        ).get_matching_blocks()
        return [(block.a + n, block.b + n) for block in blocks for n in range(block.size)]
    texts = [[shown(trap.call) for trap in side] for side in (a, b)]
    best = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        row, below = best[i], best[i + 1]
        for j in range(len(b) - 1, -1, -1):
            row[j] = max(below[j], row[j + 1])
            if names[0][i] == names[1][j]:
                alike = ALIKE if texts[0][i] == texts[1][j] else SAME_NAME
                row[j] = max(row[j], below[j + 1] + alike)
    found = []
    i = j = 0
    while i < len(a) and j < len(b):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            found.append((i, j))
            i, j = i + 1, j + 1
    return found


def common_name(trap: Trap) -> str:
    """A call's name without what only its width or age adds."""
    name = SAME_CALL.get(trap.name, trap.name)
    if not trap.entry and name.startswith("syscall_"):
        return "an unknown call"
    if name in WITHOUT:
        return name
    return SAME_CALL.get(SUFFIX.sub("", name), SUFFIX.sub("", name))


def differences(a: Trap, b: Trap) -> Iterator[Difference]:
    """What differs between two calls that belong together."""

    def differ(kind: str, left: object, right: object) -> Iterator[Difference]:
        if left != right:
            yield Difference(kind, str(left), str(right))

    yield from differ("instruction", a.path.instruction, b.path.instruction)
    yield from differ("table", a.path.table, b.path.table)
    yield from differ("number", a.number, b.number)
    yield from differ("name", a.name, b.name)
    yield from differ("entry", a.entry, b.entry)
    yield from differ("argument bits", a.path.argument_bits, b.path.argument_bits)
    yield from argument_differences(a, b)
    yield from differ("cut off", lost(a), lost(b))
    yield from differ("structs", layouts(a), layouts(b))
    yield from differ("result", shown(a.result), shown(b.result))
    yield from differ("errno", errno(a), errno(b))
    yield from differ("changed registers", changed(a), changed(b))
    yield from differ("may change", " ".join(a.path.clobbers), " ".join(b.path.clobbers))
    for name in ("steps", "memory_reads", "memory_writes", "indirections"):
        left, right = getattr(a.path.counts, name), getattr(b.path.counts, name)
        yield from differ(name.replace("_", " "), left, right)
    yield from differ("instructions before it", a.instructions, b.instructions)


def argument_differences(a: Trap, b: Trap) -> Iterator[Difference]:
    """Arguments that say something else; addresses are different everywhere."""
    for index, (left, right) in enumerate(zip(a.arguments, b.arguments, strict=False), 1):
        if left.place != right.place:
            yield Difference(f"argument {index} is in", left.place, right.place)
        if shown(left.text) != shown(right.text):
            yield Difference(f"argument {index}, {left.name}", left.text, right.text)
    if len(a.arguments) != len(b.arguments):
        yield Difference("arguments", str(len(a.arguments)), str(len(b.arguments)))


def shown(text: str) -> str:
    """A text without the addresses in it."""
    return POINTER.sub("ADDRESS", text)


def lost(trap: Trap) -> str:
    """What was cut off the arguments, and what that did."""
    parts = [
        f"{argument.name}: {argument.word:#x} became {argument.word & ~argument.lost:#x}"
        for argument in trap.arguments
        if argument.lost
    ]
    if parts and trap.error:
        parts.append(f"so {trap.error}")
    return "; ".join(parts) or "nothing"


def layouts(trap: Trap) -> str:
    """The sizes of the structs that its arguments point to, where the parameter names one."""
    abi = Abi.load(trap.abi)
    named = [argument.name.removeprefix("u").removesuffix("buf") for argument in trap.arguments]
    sizes = [
        f"{name} {abi.layout(name).size} bytes"
        for name in dict.fromkeys(named)
        if name in STRUCTS and abi.has_layout(name)
    ]
    return ", ".join(sizes) or "none"


def errno(trap: Trap) -> str:
    """The error's name and number, and the register it is in."""
    if not trap.error:
        return "none"
    abi = Abi.load(trap.abi)
    sign = "" if abi.convention.error_flag is not None else "-"
    return f"{trap.error} {sign}{abi.errno[trap.error]}"


def changed(trap: Trap) -> str:
    """The registers that changed, without the result's own."""
    results = result_registers(trap)
    return " ".join(name for name in trap.changed if name not in results) or "none but the result"
