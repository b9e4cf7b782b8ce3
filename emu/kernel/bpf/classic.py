"""Classic BPF programs, and whether they may run. See bpf_check_classic in net/core/filter.c.

A program has an accumulator A, an index X and 16 words of scratch memory. It jumps forward only and
ends by a return, so that it ends.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from emu.kernel.errno import EINVAL
from emu.kernel.uapi import bpf_common as bpf

INSTRUCTION_BYTES = 8

ALU_OPERATIONS = (
    bpf.ADD, bpf.SUB, bpf.MUL, bpf.DIV, bpf.OR, bpf.AND, bpf.LSH, bpf.RSH, bpf.MOD, bpf.XOR,
)  # fmt: skip
CONDITIONS = (bpf.JEQ, bpf.JGT, bpf.JGE, bpf.JSET)
COMPUTING = frozenset(
    [bpf.ALU | operation | source for operation in ALU_OPERATIONS for source in (bpf.K, bpf.X)]
    + [bpf.JMP | condition | source for condition in CONDITIONS for source in (bpf.K, bpf.X)]
    + [
        bpf.ALU | bpf.NEG, bpf.JMP | bpf.JA, bpf.RET | bpf.K, bpf.RET | bpf.A,
        bpf.MISC | bpf.TAX, bpf.MISC | bpf.TXA, bpf.LD | bpf.IMM, bpf.LDX | bpf.IMM,
        bpf.LD | bpf.MEM, bpf.LDX | bpf.MEM, bpf.ST, bpf.STX,
    ]
)  # fmt: skip
"""Codes that look at nothing outside of the program."""

LOADING = frozenset(
    [bpf.LD | mode | size for mode in (bpf.ABS, bpf.IND) for size in (bpf.W, bpf.H, bpf.B)]
    + [
        bpf.LD | bpf.W | bpf.LEN,
        bpf.LDX | bpf.W | bpf.LEN,
        bpf.LDX | bpf.B | bpf.MSH,
    ]
)
"""Codes that look at what the program is run on."""

RETURNS = (bpf.RET | bpf.K, bpf.RET | bpf.A)


class Instruction(NamedTuple):
    """struct sock_filter."""

    code: int
    jt: int
    jf: int
    k: int


Program = Sequence[Instruction]


def instructions(raw: bytes, byte_order: str) -> list[Instruction]:
    """The program in an array of struct sock_filter."""
    return [Instruction(*each) for each in struct.iter_unpack(f"{byte_order}HBBI", raw)]


def check_classic(program: Program) -> None:
    """EINVAL unless a program ends, and reads no scratch memory that it has not written."""
    length = len(program)
    if not 0 < length <= bpf.MAXINSNS:
        raise EINVAL("a filter has 1 to 4096 instructions")
    for place, instruction in enumerate(program):
        _check_instruction(instruction, length - place - 1)
    if program[-1].code not in RETURNS:
        raise EINVAL("a filter ends with a return")
    _check_scratch_memory(program)


def _check_instruction(instruction: Instruction, following: int) -> None:
    code, jt, jf, k = instruction
    if code not in COMPUTING and code not in LOADING:
        raise EINVAL(f"no such instruction: {code:#x}")
    match code & bpf.CLASS_MASK:
        case bpf.ALU:
            operation = code & bpf.OP_MASK
            if operation in (bpf.DIV, bpf.MOD) and not code & bpf.X and not k:
                raise EINVAL("a division by zero")
            if operation in (bpf.LSH, bpf.RSH) and not code & bpf.X and k >= 32:
                raise EINVAL("a shift by more than a word")
        case bpf.JMP:
            farthest = k if code & bpf.OP_MASK == bpf.JA else max(jt, jf)
            if farthest >= following:
                raise EINVAL("a jump behind the end")
    if code in (bpf.LD | bpf.MEM, bpf.LDX | bpf.MEM, bpf.ST, bpf.STX) and k >= bpf.MEMWORDS:
        raise EINVAL("there are 16 words of memory")


def _check_scratch_memory(program: Program) -> None:
    """See check_load_and_stores: a word is valid where it was written on every way there."""
    everything = (1 << bpf.MEMWORDS) - 1
    valid_at = [everything] * len(program)
    valid = 0
    for place, (code, jt, jf, k) in enumerate(program):
        valid &= valid_at[place]
        if code in (bpf.ST, bpf.STX):
            valid |= 1 << k
        elif code in (bpf.LD | bpf.MEM, bpf.LDX | bpf.MEM):
            if not valid & 1 << k:
                raise EINVAL(f"word {k} is read before it is written")
        elif code & bpf.CLASS_MASK == bpf.JMP:
            targets = [k] if code & bpf.OP_MASK == bpf.JA else [jt, jf]
            for target in targets:
                valid_at[place + 1 + target] &= valid
            valid = everything
