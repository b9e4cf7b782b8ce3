/* The conformance runner: reads checks from its table, traps as each asks, and prints TAP.
 *
 * It knows no system call by itself: every number, flag and layout is in the table, which
 * `emu.conformance` writes behind this program from the ABI's data.
 */
#ifndef RUNNER_H
#define RUNNER_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;

/* Where the parts of struct area are, for the assembler: from its start, and from the stack
 * pointer during a trap. The runner checks them against the struct. */
#if defined(__x86_64__) || defined(__aarch64__) || (defined(__riscv) && __riscv_xlen == 64) || \
	(defined(__mips__) && _MIPS_SIM != _ABIO32)
#define AREA_ARGUMENTS "16384"
#define AREA_IN "16512"
#define AREA_OUT "16832"
#define AREA_SAVED "17152"
#define AREA_IN_FLAGS "17184"
#define AREA_OUT_FLAGS "17192"
#define AREA_IN_FP "17200"
#define AREA_OUT_FP "17712"
#define AREA_SP_IN "128"
#define AREA_SP_OUT "448"
#define AREA_SP_SAVED "768"
#define AREA_SP_IN_FLAGS "800"
#define AREA_SP_OUT_FLAGS "808"
#define AREA_SP_IN_FP "816"
#define AREA_SP_OUT_FP "1328"
#define IN_AT 16512
#define OUT_FP_AT 17712
#else
#define AREA_ARGUMENTS "16384"
#define AREA_IN "16448"
#define AREA_OUT "16608"
#define AREA_SAVED "16768"
#define AREA_IN_FLAGS "16784"
#define AREA_OUT_FLAGS "16788"
#define AREA_IN_FP "16800"
#define AREA_OUT_FP "17312"
#define AREA_SP_IN "64"
#define AREA_SP_OUT "224"
#define AREA_SP_SAVED "384"
#define AREA_SP_IN_FLAGS "400"
#define AREA_SP_OUT_FLAGS "404"
#define AREA_SP_IN_FP "416"
#define AREA_SP_OUT_FP "928"
#define IN_AT 16448
#define OUT_FP_AT 17312
#endif

#if defined(__x86_64__)
#include "arch_x86_64.h"
#elif defined(__i386__)
#include "arch_i386.h"
#elif defined(__aarch64__)
#include "arch_arm64.h"
#elif defined(__arm__)
#include "arch_arm.h"
#elif defined(__riscv)
#include "arch_riscv.h"
#elif defined(__mips__)
#include "arch_mips.h"
#endif

/* Each arch header defines word (as wide as a register), REGISTERS, FP_BYTES, WAYS (how many trap
 * functions there are) and TRAPS (their text). A trap function fills all registers from `area`,
 * its stack pointer included, traps once, and stores all registers there. */

#define STACK_ROOM 16384 /* below the stack arguments, for what pushes */
#define ROOM_FOR_REGISTERS 40

struct area {
	u8 below[STACK_ROOM];
	word arguments[16]; /* where the stack pointer points during the trap */
	word in[ROOM_FOR_REGISTERS];
	word out[ROOM_FOR_REGISTERS];
	word saved[4];
	word in_flags, out_flags;
	u8 in_fp[512] __attribute__((aligned(16)));
	u8 out_fp[512] __attribute__((aligned(16)));
};
#endif
