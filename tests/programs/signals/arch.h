/* What the programs need to know of an ABI: its ucontext's pc, and instructions that trap. */
#include <ucontext.h>

#if defined(__x86_64__) || defined(__i386__)
#define UNDEFINED_SIZE 2
#else
#define UNDEFINED_SIZE 4
#endif

#if defined(__x86_64__)
#define PC(uc) ((uc)->uc_mcontext.gregs[REG_RIP])
#define SP(uc) ((uc)->uc_mcontext.gregs[REG_RSP])
#define UNDEFINED "ud2"
#define BREAKPOINT "int3"
#elif defined(__i386__)
#define PC(uc) ((uc)->uc_mcontext.gregs[REG_EIP])
#define SP(uc) ((uc)->uc_mcontext.gregs[REG_ESP])
#define UNDEFINED "ud2"
#define BREAKPOINT "int3"
#elif defined(__aarch64__)
#define PC(uc) ((uc)->uc_mcontext.pc)
#define SP(uc) ((uc)->uc_mcontext.sp)
#define UNDEFINED ".word 0"
#define BREAKPOINT "brk #0"
#elif defined(__arm__)
#define PC(uc) ((uc)->uc_mcontext.arm_pc)
#define SP(uc) ((uc)->uc_mcontext.arm_sp)
#ifdef __thumb__
#define UNDEFINED ".inst.w 0xf7f0a0f0"
#define BREAKPOINT ".inst.n 0xde01"
#else
#define UNDEFINED ".inst 0xe7f000f0"
#define BREAKPOINT ".inst 0xe7f001f0"
#endif
#elif defined(__riscv)
#define PC(uc) ((uc)->uc_mcontext.__gregs[REG_PC])
#define SP(uc) ((uc)->uc_mcontext.__gregs[REG_SP])
#define UNDEFINED ".word 0xffffffff"
#define BREAKPOINT ".option push; .option norvc; ebreak; .option pop"
#elif defined(__mips__)
#define PC(uc) ((uc)->uc_mcontext.pc)
#define SP(uc) ((uc)->uc_mcontext.gregs[29])
#define UNDEFINED ".word 0x7c00003f"
#define BREAKPOINT "break 5"
#endif
