"""Classic BPF as Python: a program becomes one function, a few times as fast as an interpreter.

Jumps lead forward only. So the function is the program's basic blocks in their order, each of
which says where to go on, and is passed over by whoever goes on behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from emu.kernel.bpf.classic import Program
from emu.kernel.uapi import bpf_common as bpf

Load = Callable[[int, int], str]
"""``load(code, k)`` is the expression of what an instruction loads. of its parameters."""

WORD = 0xFFFFFFFF
WRAPPING = {bpf.ADD: "+", bpf.SUB: "-", bpf.MUL: "*"}
PLAIN = {bpf.AND: "&", bpf.OR: "|", bpf.XOR: "^", bpf.DIV: "//", bpf.MOD: "%"}
COMPARED = {bpf.JEQ: "==", bpf.JGT: ">", bpf.JGE: ">=", bpf.JSET: "&"}


class OutOfBounds(Exception):
    """What a load raises that finds nothing: the program's result is 0."""


def translate(
    program: Program, parameters: str, load: Load, objects: Mapping[str, Any] | None = None
) -> Callable[..., int]:
    """The function of a program that `check_classic` has passed: ``run(parameters)``, a word.

    The expressions of loads are of the parameters and of `objects`. A division by zero, and a load
    that raises `OutOfBounds`, end the program with 0.
    """
    blocks = _block_starts(program)
    lines = [f"def run({parameters}):", " A = X = at = 0"]
    used = {k for code, _, _, k in program if code in (bpf.ST, bpf.STX)}
    if used:
        lines.append(f" {' = '.join(f'M{k}' for k in sorted(used))} = 0")
    lines.append(" try:")
    for place, instruction in enumerate(program):
        if place in blocks:
            lines.append(f"  if at == {place}:")
        lines += [f"   {line}" for line in _statements(place, *instruction, load)]
        if place + 1 in blocks and instruction[0] & bpf.CLASS_MASK not in (
            bpf.JMP,
            bpf.RET,
        ):
            lines.append(f"   at = {place + 1}")
    lines += [" except (OutOfBounds, ZeroDivisionError):", "  return 0", ""]
    made: dict[str, Any] = {"OutOfBounds": OutOfBounds, **(objects or {})}
    exec(compile("\n".join(lines), "<classic bpf>", "exec"), made)
    run: Callable[..., int] = made["run"]
    return run


def _block_starts(program: Program) -> set[int]:
    """Where jumps lead, and what is behind jumps and returns."""
    starts = {0}
    for place, (code, jt, jf, k) in enumerate(program):
        if code & bpf.CLASS_MASK == bpf.JMP:
            targets = [k] if code & bpf.OP_MASK == bpf.JA else [jt, jf]
            starts.update(place + 1 + target for target in targets)
        if code & bpf.CLASS_MASK in (bpf.JMP, bpf.RET):
            starts.add(place + 1)
    return starts


def _statements(place: int, code: int, jt: int, jf: int, k: int, load: Load) -> list[str]:
    """What one instruction is in Python."""
    following = place + 1
    match code & bpf.CLASS_MASK:
        case bpf.ALU:
            return _computed(code & bpf.OP_MASK, "X" if code & bpf.X else str(k))
        case bpf.JMP:
            if code & bpf.OP_MASK == bpf.JA:
                return [f"at = {following + k}"]
            operand = "X" if code & bpf.X else str(k)
            condition = f"A {COMPARED[code & bpf.OP_MASK]} {operand}"
            return [f"at = {following + jt} if {condition} else {following + jf}"]
        case bpf.RET:
            return ["return A" if code & bpf.A else f"return {k}"]
        case bpf.MISC:
            return ["X = A" if code == bpf.MISC | bpf.TAX else "A = X"]
    match code:
        case bpf.ST:
            return [f"M{k} = A"]
        case bpf.STX:
            return [f"M{k} = X"]
    register = "A" if code & bpf.CLASS_MASK == bpf.LD else "X"
    if code in (bpf.LD | bpf.IMM, bpf.LDX | bpf.IMM):
        return [f"{register} = {k}"]
    if code in (bpf.LD | bpf.MEM, bpf.LDX | bpf.MEM):
        return [f"{register} = M{k}"]
    return [f"{register} = {load(code, k)}"]


def _computed(operation: int, operand: str) -> list[str]:
    if operation == bpf.NEG:
        return [f"A = -A & {WORD}"]
    if operation in WRAPPING:
        return [f"A = (A {WRAPPING[operation]} {operand}) & {WORD}"]
    if operation in PLAIN:
        return [f"A = A {PLAIN[operation]} {operand}"]
    count = f"({operand} & 31)"
    if operation == bpf.LSH:
        return [f"A = (A << {count}) & {WORD}"]
    assert operation == bpf.RSH
    return [f"A = A >> {count}"]
