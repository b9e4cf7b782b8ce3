@ A loop of calls by swi with the number inside.
.include "swi.inc"
.include "../arm/loop.inc"
