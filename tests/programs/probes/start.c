/* The entry point, and the functions that trap with every register set. */
#include "probe.h"

reg entry_registers[REGISTERS], before[REGISTERS], after[REGISTERS];
#ifdef __mips__
reg last_a3, last_v1;
#endif
#if defined(__x86_64__) || defined(__i386__)
reg flags_before, flags_after;
#endif
#ifdef __i386__
unsigned long vdso_entry;
#endif

#ifndef ARM_STATE
#define ARM_STATE
#endif

__asm__(".text\n" ARM_STATE ".globl _start\n"
#ifdef __arm__
	".type _start, %function\n"
#endif
	"_start:\n\t" START TRAP_FUNCTIONS);
