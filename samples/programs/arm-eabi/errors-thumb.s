@ Two failing calls by svc in Thumb state.
.include "svc.inc"
.include "../arm/errors.inc"
