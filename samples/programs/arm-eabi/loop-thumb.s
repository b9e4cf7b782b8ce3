@ A loop of calls by svc in Thumb state.
.include "svc.inc"
.include "../arm/loop.inc"
