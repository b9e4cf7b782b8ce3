"""What a way into the kernel is made of: steps that say what they read and write, and where.

Counts are of machine words that are stated one by one: hardware's own accesses, the saved
registers, and every pointer or table that decides where to go on. Ordinary data of C code (locals,
flags it tests) is not counted, nor are memory accesses of page walks and instruction fetches.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from emu.record import record

Actor = Literal["cpu", "kernel"]


@record
class Place:
    """A register, or so many words of memory (0: registers only)."""

    what: str
    words: int = 0


@record
class Step:
    """One thing that hardware or kernel does.

    `follows` names the pointer in memory that says where to go on, if the step follows one: a
    level of indirection. `source` is a manual's section or a kernel file and function.
    """

    name: str
    actor: Actor
    does: str
    source: str
    reads: tuple[Place, ...] = ()
    writes: tuple[Place, ...] = ()
    follows: str = ""

    @property
    def memory_reads(self) -> int:
        """Words read from memory."""
        return sum(place.words for place in self.reads)

    @property
    def memory_writes(self) -> int:
        """Words written to memory."""
        return sum(place.words for place in self.writes)


@record
class Counts:
    """What some steps cost, in words of memory and pointers followed."""

    steps: int
    memory_reads: int
    memory_writes: int
    indirections: int

    @classmethod
    def of(cls, steps: Iterable[Step]) -> Counts:
        """The sum."""
        each = list(steps)
        return cls(
            len(each),
            sum(step.memory_reads for step in each),
            sum(step.memory_writes for step in each),
            sum(bool(step.follows) for step in each),
        )


@record
class EntryPath:
    """A way into the kernel and back.

    `way` is the trap as `emu.kernel` names it, `table` the kernel's system call table that the
    number is looked up in, `argument_bits` how wide arguments arrive. `clobbers` are registers
    that may be different afterwards besides the result; all others must be the same.
    """

    title: str
    isa: str
    way: str
    abi: str
    instruction: str
    table: str
    argument_bits: int
    steps: tuple[Step, ...]
    returns: tuple[Step, ...]
    clobbers: tuple[str, ...] = ()
    note: str = ""

    @property
    def counts(self) -> Counts:
        """What the way in costs, up to the handler."""
        return Counts.of(self.steps)

    @property
    def return_counts(self) -> Counts:
        """What the way back costs."""
        return Counts.of(self.returns)

    def hardware(self) -> Counts:
        """What the processor itself does on the way in, without the kernel's code."""
        return Counts.of(step for step in self.steps if step.actor == "cpu")

    def indirections(self) -> tuple[str, ...]:
        """The pointers that are followed on the way in."""
        return tuple(step.follows for step in self.steps if step.follows)


def registers(*names: str) -> tuple[Place, ...]:
    """Registers that are read or written."""
    return tuple(Place(name) for name in names)


def memory(what: str, words: int) -> Place:
    """Words of memory."""
    return Place(what, words)
