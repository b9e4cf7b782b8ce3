/* What the fault cases must know of an instruction set: its trapping instructions and its frame. */
#ifndef ARCH_H
#define ARCH_H

#include <ucontext.h>

/* ILLEGAL and BREAKPOINT trap; TRAP_BYTES is the length of either. SAVED is a register that calls
 * preserve, CONTEXT_SAVED is where the frame holds it. FLOATING is a constraint for a double. */

#if defined(__x86_64__)
#define ILLEGAL "ud2"
#define ILLEGAL_BYTES 2
#define BREAKPOINT "int3"
#define BREAKPOINT_BYTES 0 /* the address is the next one's already */
#define SAVED "r12"
#define CONTEXT_PC(context) ((context)->uc_mcontext.gregs[REG_RIP])
#define CONTEXT_SP(context) ((context)->uc_mcontext.gregs[REG_RSP])
#define CONTEXT_SAVED(context) ((context)->uc_mcontext.gregs[REG_R12])
#define FLOATING "x"

#elif defined(__i386__)
#define ILLEGAL "ud2"
#define ILLEGAL_BYTES 2
#define BREAKPOINT "int3"
#define BREAKPOINT_BYTES 0
#define SAVED "esi"
#define CONTEXT_PC(context) ((context)->uc_mcontext.gregs[REG_EIP])
#define CONTEXT_SP(context) ((context)->uc_mcontext.gregs[REG_ESP])
#define CONTEXT_SAVED(context) ((context)->uc_mcontext.gregs[REG_ESI])
#define FLOATING "t"

#elif defined(__aarch64__)
#define ILLEGAL ".inst 0"
#define ILLEGAL_BYTES 4
#define BREAKPOINT "brk #0"
#define BREAKPOINT_BYTES 4
#define SAVED "x19"
#define CONTEXT_PC(context) ((context)->uc_mcontext.pc)
#define CONTEXT_SP(context) ((context)->uc_mcontext.sp)
#define CONTEXT_SAVED(context) ((context)->uc_mcontext.regs[19])
#define FLOATING "w"

#elif defined(__thumb__)
#define ILLEGAL ".inst.n 0xdeff"
#define ILLEGAL_BYTES 2
#define BREAKPOINT ".inst.n 0xde01"
#define BREAKPOINT_BYTES 2
#define SAVED "r6"
#define CONTEXT_PC(context) ((context)->uc_mcontext.arm_pc)
#define CONTEXT_SP(context) ((context)->uc_mcontext.arm_sp)
#define CONTEXT_SAVED(context) ((context)->uc_mcontext.arm_r6)

#elif defined(__arm__)
#define ILLEGAL ".inst 0xe7f000f0"
#define ILLEGAL_BYTES 4
#define BREAKPOINT ".inst 0xe7f001f0"
#define BREAKPOINT_BYTES 4
#define SAVED "r6"
#define CONTEXT_PC(context) ((context)->uc_mcontext.arm_pc)
#define CONTEXT_SP(context) ((context)->uc_mcontext.arm_sp)
#define CONTEXT_SAVED(context) ((context)->uc_mcontext.arm_r6)

#elif defined(__riscv)
#define ILLEGAL ".4byte 0xc0001073"
#define ILLEGAL_BYTES 4
#define BREAKPOINT ".option push\n.option norvc\nebreak\n.option pop"
#define BREAKPOINT_BYTES 4
#define SAVED "s2"
#define CONTEXT_PC(context) ((context)->uc_mcontext.__gregs[REG_PC])
#define CONTEXT_SP(context) ((context)->uc_mcontext.__gregs[REG_SP])
#define CONTEXT_SAVED(context) ((context)->uc_mcontext.__gregs[18])
#define FLOATING "f"

#elif defined(__mips__)
#define ILLEGAL ".word 0x7000003e"
#define ILLEGAL_BYTES 4
#define BREAKPOINT "break"
#define BREAKPOINT_BYTES 4
#define SAVED "s2"
#define CONTEXT_PC(context) ((context)->uc_mcontext.pc)
#define CONTEXT_SP(context) ((context)->uc_mcontext.gregs[29])
#define CONTEXT_SAVED(context) ((context)->uc_mcontext.gregs[18])
#define FLOATING "f"
#endif

#if defined(__arm__) && defined(__ARM_PCS_VFP)
#define FLOATING "w"
#endif

#if defined(__x86_64__) || defined(__i386__)
/* Traps when it divides by zero. */
#define DIVIDE(quotient, divisor) \
	__asm__ volatile("cltd\n\tidivl %1" : "+a"(quotient) : "r"(divisor) : "edx", "cc")
#elif defined(__mips__)
#define DIVIDE(quotient, divisor)                                                                \
	__asm__ volatile(".set push\n.set noreorder\n\tdiv $0, %0, %1\n\tteq %1, $0, 7\n\tmflo %0\n" \
			 ".set pop" : "+r"(quotient) : "r"(divisor) : "hi", "lo")
#elif defined(__aarch64__)
#define DIVIDE(quotient, divisor) __asm__ volatile("sdiv %w0, %w0, %w1" : "+r"(quotient) : "r"(divisor))
#elif defined(__riscv)
#define DIVIDE(quotient, divisor) __asm__ volatile("divw %0, %0, %1" : "+r"(quotient) : "r"(divisor))
#elif defined(__arm__)
/* Older ones have no such instruction: the compiler's library raises SIGFPE itself. */
#define DIVIDE(quotient, divisor) ((quotient) /= *(volatile int *)&(divisor))
#endif

#endif
