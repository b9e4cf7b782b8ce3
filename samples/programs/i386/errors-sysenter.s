# Two failing calls by sysenter.
.include "sysenter.inc"
.include "errors.inc"
