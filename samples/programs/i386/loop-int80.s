# A loop of calls by int 0x80.
.include "int80.inc"
.include "loop.inc"
