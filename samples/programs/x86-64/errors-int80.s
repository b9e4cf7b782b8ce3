# Two failing calls by int 0x80 from 64-bit code.
.include "int80.inc"
.include "errors.inc"
