/* Raw system calls: one trap instruction, arguments as the ABI's own registers hold them. */
#ifndef CALL_H
#define CALL_H

#include <asm/unistd.h>

/* Whether registers, and so arguments, have 64 bits: x32 and n32 have 32-bit pointers only. */
#if defined(__LP64__) || defined(__x86_64__) || (defined(__mips__) && _MIPS_SIM == _ABIN32)
#define WIDE 1
#endif

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;

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

/* Each arch header defines
 *   reg                   a signed integer as wide as a register
 *   call(number, reg[7])  the trap; an error comes back as its negative number
 *   OFFSET(value)         a 64-bit argument as the ABI passes it: one word or two
 *   PAD                   what comes before OFFSET at an odd position: nothing, or a zero
 *   REGISTERS             how many registers STORE_REGISTERS stores, and REGISTER_NAMES
 */

/* CALL(__NR_write, 1, P(text), 5): missing arguments are zero. */
#define CALL(number, ...) call(number, ((reg[7]){__VA_ARGS__}))
#define P(pointer) ((reg)(unsigned long)(pointer))
#define LOW(value) ((reg)(u32)(u64)(value))
#define HIGH(value) ((reg)(u32)((u64)(value) >> 32))
#define PAGE 4096ul

#endif
