"""Classic BPF as Python computes what an interpreter written from its description computes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from emu.kernel.bpf.classic import COMPUTING, Instruction, check_classic
from emu.kernel.bpf.translate import OutOfBounds, translate
from emu.kernel.errno import EINVAL
from emu.kernel.uapi import bpf_common as bpf

WORD = 0xFFFFFFFF
PACKET = bytes(range(1, 41))
LOADS = {bpf.LD | bpf.W | bpf.ABS: 4, bpf.LD | bpf.H | bpf.ABS: 2, bpf.LD | bpf.B | bpf.ABS: 1}

COMPUTED = {
    bpf.ADD: lambda a, by: a + by,
    bpf.SUB: lambda a, by: a - by,
    bpf.MUL: lambda a, by: a * by,
    bpf.DIV: lambda a, by: a // by,
    bpf.MOD: lambda a, by: a % by,
    bpf.AND: lambda a, by: a & by,
    bpf.OR: lambda a, by: a | by,
    bpf.XOR: lambda a, by: a ^ by,
    bpf.LSH: lambda a, by: a << by % 32,
    bpf.RSH: lambda a, by: a >> by % 32,
    bpf.NEG: lambda a, by: -a,
}

numbers = st.sampled_from([0, 1, 2, 5, 15, 31, 32, 0x7FFFFFFF, 0x80000000, WORD])


@st.composite
def instruction(draw):
    code = draw(st.sampled_from(sorted([*COMPUTING, *LOADS])))
    scratch = code in (bpf.ST, bpf.STX, bpf.LD | bpf.MEM, bpf.LDX | bpf.MEM)
    short = scratch or code in LOADS or code == bpf.JMP | bpf.JA
    k = draw(st.integers(0, 12)) if short else draw(numbers)
    return Instruction(code, draw(st.integers(0, 3)), draw(st.integers(0, 3)), k)


@st.composite
def programs(draw):
    return [*draw(st.lists(instruction(), max_size=25)), Instruction(bpf.RET | bpf.A, 0, 0, 0)]


def load(size, k):
    if k + size > len(PACKET):
        raise OutOfBounds
    return int.from_bytes(PACKET[k : k + size], "big")


def interpreted(program):
    """What the program returns, one instruction after the other."""
    a = x = place = 0
    memory = [0] * 16
    while True:
        code, jt, jf, k = program[place]
        place += 1
        operand = x if code & bpf.X else k
        match code & 7:
            case bpf.RET:
                return a if code & bpf.A else k
            case bpf.MISC:
                a, x = (a, a) if code == bpf.MISC | bpf.TAX else (x, x)
            case bpf.ST:
                memory[k] = a
            case bpf.STX:
                memory[k] = x
            case bpf.JMP:
                operation = code & 0xF0
                if operation == bpf.JA:
                    place += k
                else:
                    taken = {
                        bpf.JEQ: a == operand,
                        bpf.JGT: a > operand,
                        bpf.JGE: a >= operand,
                        bpf.JSET: bool(a & operand),
                    }[operation]
                    place += jt if taken else jf
            case bpf.ALU:
                operation = code & 0xF0
                if operation in (bpf.DIV, bpf.MOD) and not operand:
                    return 0
                a = COMPUTED[operation](a, operand) & WORD
            case _:
                if code in LOADS:
                    if k + LOADS[code] > len(PACKET):
                        return 0
                    a = load(LOADS[code], k)
                elif code & 0xE0 == bpf.MEM:
                    a, x = (memory[k], x) if code & 7 == bpf.LD else (a, memory[k])
                else:
                    a, x = (k, x) if code & 7 == bpf.LD else (a, k)


@settings(max_examples=1500, deadline=None)
@given(programs())
def test_a_translated_program_returns_what_an_interpreter_does(program):
    try:
        check_classic(program)
    except EINVAL:
        return
    objects = {"load": load}
    run = translate(program, "", lambda code, k: f"load({LOADS[code]}, {k})", objects)
    assert run() == interpreted(program)


def test_the_longest_program_can_be_translated():
    steps = [
        Instruction(bpf.JMP | bpf.JEQ | bpf.K, 0, 0, 1),
        Instruction(bpf.ALU | bpf.ADD, 0, 0, 1),
    ]
    program = [*(steps * 2047), Instruction(0, 0, 0, 9), Instruction(bpf.RET | bpf.A, 0, 0, 0)]
    check_classic(program)
    assert translate(program, "", lambda code, k: "0")() == 9
