# A loop of calls by syscall.
.include "syscall.inc"
.include "../mips/loop.inc"
