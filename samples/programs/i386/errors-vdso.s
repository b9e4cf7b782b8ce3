# Two failing calls by __kernel_vsyscall.
.include "vdso.inc"
.include "errors.inc"
