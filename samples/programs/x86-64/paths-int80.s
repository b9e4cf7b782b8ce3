# getpid and a write from the stack by int 0x80: the pointer loses its upper half.
.include "int80.inc"
NR_getpid = 20
.include "paths.inc"
