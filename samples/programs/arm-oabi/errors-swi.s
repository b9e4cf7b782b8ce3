@ Two failing calls by swi with the number inside.
.include "swi.inc"
.include "../arm/errors.inc"
