# Two failing calls by the syscall instruction.
.include "syscall.inc"
.include "errors.inc"
