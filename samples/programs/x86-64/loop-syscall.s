# A loop of calls by the syscall instruction.
.include "syscall.inc"
.include "loop.inc"
