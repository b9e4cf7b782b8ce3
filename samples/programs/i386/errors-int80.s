# Two failing calls by int 0x80.
.include "int80.inc"
.include "errors.inc"
