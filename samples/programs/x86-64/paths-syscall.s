# getpid and a write from the stack by syscall.
.include "syscall.inc"
NR_getpid = 39
.include "paths.inc"
