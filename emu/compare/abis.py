"""All ABIs side by side: conventions, numbers, layouts, and what their sample programs showed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.compare.cost import cost_us
from emu.compare.recording import record_run
from emu.compare.samples import abi_of, programs
from emu.record import record

if TYPE_CHECKING:
    from emu.arch.abi import Abi

CALLS = ("getpid", "openat", "mmap", "clone3")
ERRORS = ("EAGAIN", "ENOSYS")
FLAGS = ("O_DIRECTORY", "MAP_ANONYMOUS", "SIGCHLD")
STRUCTS = ("stat", "sigaction", "termios")


@record
class Column:
    """One ABI, by one of its ways in: its facts by name, in order."""

    label: str
    facts: dict[str, str]


def compare_abis(*, measure: bool = True) -> list[Column]:
    """A column for every sample folder and way."""
    loops = programs("loop")
    columns = []
    for label, program in programs("hello").items():
        recording = record_run(str(program), label=label)
        trap = recording.traps[0]
        abi = abi_of(label)
        facts = {
            "instruction set": trap.isa,
            "instruction": trap.path.instruction,
            "table": trap.path.table,
            **convention_facts(abi),
            **table_facts(abi),
            "steps in": str(trap.path.counts.steps),
            "levels of indirection": str(trap.path.counts.indirections),
            "by hardware alone": str(trap.path.hardware().indirections),
            "words read / written": f"{trap.path.counts.memory_reads} / "
            f"{trap.path.counts.memory_writes}",
            "may change": " ".join(trap.path.clobbers) or "nothing",
            "instructions to the first trap": str(trap.instructions),
        }
        if measure and label in loops:
            facts["cost of a trap here"] = f"{cost_us(loops[label]):.2f} us"
        columns.append(Column(label, facts))
    return columns


def convention_facts(abi: Abi) -> dict[str, str]:
    """How it passes a call."""
    convention, names = abi.convention, abi.isa.registers
    arguments = " ".join(names[number] for number in convention.arguments)
    if convention.stack_count:
        arguments += f" then {convention.stack_offset}(sp)"
    pairs = {
        "single": "in one register",
        "even": "in two, from an even one",
        "any": "in any two",
    }[convention.pairs]
    flag = convention.error_flag
    return {
        "long": f"{abi.word_bits} bits, {abi.byte_order} endian",
        "number in": names[convention.number] if abi.name != "arm-oabi" else "the instruction",
        "arguments in": arguments,
        "64-bit arguments": pairs,
        "result in": names[convention.result],
        "an error is": f"{names[flag]} = 1" if flag is not None else "a negative result",
    }


def table_facts(abi: Abi) -> dict[str, str]:
    """Numbers, errors, flags and structs."""
    numbers = {row.name: row.nr for row in abi.syscalls.values()}
    facts = {f"{name} is": str(numbers.get(name, "none")) for name in CALLS}
    facts["mmap is"] = str(numbers.get("mmap2", numbers.get("mmap", "none")))
    facts |= {name: str(abi.errno[name]) for name in ERRORS}
    for name in FLAGS:
        facts[name] = str(abi.signals[name]) if name in abi.signals else hex(abi.constants[name])
    for name in STRUCTS:
        size = abi.layout(name).size if abi.has_layout(name) else None
        facts[f"struct {name}"] = f"{size} bytes" if size else "none"
    return facts
