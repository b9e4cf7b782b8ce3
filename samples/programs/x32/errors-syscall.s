# Two failing calls by the syscall instruction with bit 30 of the number set.
.include "syscall.inc"
.include "../x86-64/errors.inc"
