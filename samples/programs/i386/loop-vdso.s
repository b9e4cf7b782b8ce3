# A loop of calls by __kernel_vsyscall.
.include "vdso.inc"
.include "loop.inc"
