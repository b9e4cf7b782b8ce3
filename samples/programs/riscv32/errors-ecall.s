# Two failing calls by ecall.
.include "ecall.inc"
.include "../riscv/errors.inc"
