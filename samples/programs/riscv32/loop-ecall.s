# A loop of calls by ecall.
.include "ecall.inc"
.include "../riscv/loop.inc"
