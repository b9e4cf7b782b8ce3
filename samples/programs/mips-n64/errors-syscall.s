# Two failing calls by syscall.
.include "syscall.inc"
.include "../mips/errors.inc"
