# A loop of calls by sysenter.
.include "sysenter.inc"
.include "loop.inc"
