"""Classic BPF's instructions. See include/uapi/linux/bpf_common.h and filter.h.

The names are without ``BPF_``: the module is imported as `bpf`, so that they read ``bpf.LD``.
"""

from __future__ import annotations

CLASS_MASK = 0x07
LD, LDX, ST, STX, ALU, JMP, RET, MISC = range(8)

W, H, B = 0x00, 0x08, 0x10
IMM, ABS, IND, MEM, LEN, MSH = 0x00, 0x20, 0x40, 0x60, 0x80, 0xA0

OP_MASK = 0xF0
ADD, SUB, MUL, DIV = 0x00, 0x10, 0x20, 0x30
OR, AND, LSH, RSH = 0x40, 0x50, 0x60, 0x70
NEG, MOD, XOR = 0x80, 0x90, 0xA0
JA, JEQ, JGT, JGE, JSET = 0x00, 0x10, 0x20, 0x30, 0x40

K, X, A = 0x00, 0x08, 0x10
TAX, TXA = 0x00, 0x80

MEMWORDS = 16
MAXINSNS = 4096
