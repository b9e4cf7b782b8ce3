@ A loop of calls by svc in ARM state.
.include "svc.inc"
.include "../arm/loop.inc"
