@ Two failing calls by svc in ARM state.
.include "svc.inc"
.include "../arm/errors.inc"
