"""Filters of system calls: classic BPF over struct seccomp_data. See kernel/seccomp.c."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from emu.kernel.bpf.classic import COMPUTING, Instruction, Program, check_classic, instructions
from emu.kernel.bpf.translate import translate
from emu.kernel.errno import EINVAL, ENOMEM
from emu.kernel.uapi import bpf_common as bpf
from emu.kernel.uapi.poll import POLLHUP
from emu.kernel.uapi.seccomp import SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ALLOW

if TYPE_CHECKING:
    from emu.kernel.seccomp.listener import Listener

DATA_SIZE = 64
"""struct seccomp_data: nr, arch, instruction_pointer and six arguments, on every ABI."""

LOAD_DATA = bpf.LD | bpf.W | bpf.ABS
LENGTHS = (bpf.LD | bpf.W | bpf.LEN, bpf.LDX | bpf.W | bpf.LEN)
ALLOWED = (COMPUTING | {LOAD_DATA, *LENGTHS}) - {
    bpf.ALU | bpf.MOD | bpf.K, bpf.ALU | bpf.MOD | bpf.X,
}  # fmt: skip
MAX_INSNS_PER_PATH = (1 << 18) // 8
PENALTY = 4
"""Each filter counts as so many instructions more."""
PROLOGUE = 3

Run = Callable[[int, int, int, tuple[int, ...]], int]
"""``run(nr, arch, instruction_pointer, args)`` is what the filter returns."""


class Verdict(NamedTuple):
    """What filters say of a call, and which of them; None if all allow it."""

    value: int
    by: SeccompFilter | None

    @property
    def action(self) -> int:
        """SECCOMP_RET_* without its data."""
        return self.value & SECCOMP_RET_ACTION_FULL


class SeccompFilter:
    """A filter, and those behind it that were installed earlier: all are asked.

    Tasks share it. It never changes, but for what it remembers of calls whose arguments do not
    matter. ENOMEM if there are too many instructions behind each other.
    """

    def __init__(
        self, raw: bytes, byte_order: str, previous: SeccompFilter | None, *, log: bool = False
    ) -> None:
        self.raw, self.byte_order = raw, byte_order
        self.previous = previous
        self.log = log
        self.depth: int = 1 + (previous.depth if previous else 0)
        behind = previous.instructions + PENALTY if previous else 0
        self.instructions: int = converted_length(instructions(raw, byte_order)) + behind
        if self.instructions > MAX_INSNS_PER_PATH:
            raise ENOMEM("too many instructions in the filters of one task")
        self.users = 1
        """Tasks that have it for their newest filter, and filters before it."""
        self.listener: Listener | None = None
        self._remembered: dict[tuple[int, int], Verdict | None] = {}

    def verdict(self, nr: int, arch: int, pointer: int, args: tuple[int, ...]) -> Verdict:
        """What all filters say: the most severe; of equals the newest's."""
        verdict = self._severest(lambda one: one.run(nr, arch, pointer, args))
        assert verdict is not None
        return verdict

    def run(self, nr: int, arch: int, pointer: int, args: tuple[int, ...]) -> int:
        """What it says itself."""
        return translated(self.raw, self.byte_order)(nr, arch, pointer, args)

    def _severest(self, ask: Callable[[SeccompFilter], int | None]) -> Verdict | None:
        """The most severe answer of all filters; None if one has no answer."""
        found = Verdict(SECCOMP_RET_ALLOW, None)
        one: SeccompFilter | None = self
        while one is not None:
            value = ask(one)
            if value is None:
                return None
            if severity(value) < severity(found.value):
                found = Verdict(value, one)
            one = one.previous
        return found

    def constant_verdict(self, nr: int, arch: int) -> Verdict | None:
        """The same if it depends on the number and the ABI only, else None; remembered.

        For numbers that the ABI has: those that a guest makes up are without end.
        """
        key = nr, arch
        try:
            return self._remembered[key]
        except KeyError:
            verdict = self._remembered[key] = self._constant(nr, arch)
            return verdict

    def _constant(self, nr: int, arch: int) -> Verdict | None:
        return self._severest(
            lambda one: constant_result(instructions(one.raw, one.byte_order), nr, arch)
        )

    def release(self) -> None:
        """A task has it no more: listeners of filters that nobody has are told."""
        one: SeccompFilter | None = self
        while one is not None:
            one.users -= 1
            if one.users:
                break
            if one.listener is not None:
                one.listener.changed.wake_up_all(POLLHUP)
            one = one.previous

    def has_listener(self) -> bool:
        """Whether it or one behind it has."""
        one: SeccompFilter | None = self
        while one is not None and one.listener is None:
            one = one.previous
        return one is not None

    def is_ancestor_of(self, other: SeccompFilter | None) -> bool:
        """Whether it is another one, or behind it."""
        while other is not None:
            if other is self:
                return True
            other = other.previous
        return False


def severity(value: int) -> int:
    """The action as a signed word: the lower, the more severe."""
    action = value & SECCOMP_RET_ACTION_FULL
    return action - (action >> 31 << 32)


def check_seccomp(program: Program) -> None:
    """EINVAL unless the program is one that `check_classic` passes and reads seccomp_data only."""
    check_classic(program)
    for code, _, _, k in program:
        if code not in ALLOWED or (code == LOAD_DATA and (k >= DATA_SIZE or k & 3)):
            raise EINVAL("not an instruction for filters of system calls")


def converted_length(program: Program) -> int:
    """How many instructions Linux counts: those of the eBPF it makes; see bpf_convert_filter."""
    return PROLOGUE + sum(map(_converted_length, program))


def _converted_length(instruction: Instruction) -> int:
    code, jt, jf, k = instruction
    if code == bpf.RET | bpf.K:
        return 2
    if code == bpf.ALU | bpf.DIV | bpf.X:
        return 5  # it asks for zero
    if code & bpf.CLASS_MASK != bpf.JMP or code == bpf.JMP | bpf.JA:
        return 1
    for_a_large_number = not code & bpf.X and k >> 31
    jumps_once = not jf or (not jt and code & bpf.OP_MASK != bpf.JSET)
    return 1 + for_a_large_number + (not jumps_once)


@lru_cache(maxsize=256)
def translated(raw: bytes, byte_order: str) -> Run:
    """The function of a filter."""
    big_endian = byte_order == ">"

    def load(code: int, k: int) -> str:
        if code in LENGTHS:
            return str(DATA_SIZE)
        if k < 8:
            return "arch" if k else "nr & 0xFFFFFFFF"
        word = "pointer" if k < 16 else f"args[{(k - 16) >> 3}]"
        is_upper = (k & 4 != 0) != big_endian
        return f"{word} >> 32 & 0xFFFFFFFF" if is_upper else f"{word} & 0xFFFFFFFF"

    return translate(instructions(raw, byte_order), "nr, arch, pointer, args", load)


def constant_result(program: list[Instruction], nr: int, arch: int) -> int | None:
    """What a filter returns if it looks at nothing but number and ABI: seccomp_is_const_allow."""
    known = {0: nr & 0xFFFFFFFF, 4: arch}
    accumulator = place = 0
    while True:
        code, jt, jf, k = program[place]
        place += 1
        if code == LOAD_DATA and k in known:
            accumulator = known[k]
        elif code == bpf.RET | bpf.K:
            return k
        elif code == bpf.ALU | bpf.AND | bpf.K:
            accumulator &= k
        elif code == bpf.JMP | bpf.JA:
            place += k
        elif code == bpf.JMP | bpf.JEQ | bpf.K:
            place += jt if accumulator == k else jf
        elif code == bpf.JMP | bpf.JGE | bpf.K:
            place += jt if accumulator >= k else jf
        elif code == bpf.JMP | bpf.JGT | bpf.K:
            place += jt if accumulator > k else jf
        elif code == bpf.JMP | bpf.JSET | bpf.K:
            place += jt if accumulator & k else jf
        else:
            return None
