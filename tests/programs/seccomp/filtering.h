/* What the cases share: filters of one line, and how they are installed. */
#ifndef FILTERING_H
#define FILTERING_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

#include "../processes/harness.h"

#if defined __x86_64__
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined __i386__
#define OWN_ARCH AUDIT_ARCH_I386
#elif defined __aarch64__
#define OWN_ARCH AUDIT_ARCH_AARCH64
#elif defined __arm__
#define OWN_ARCH AUDIT_ARCH_ARM
#elif defined __riscv
#define OWN_ARCH AUDIT_ARCH_RISCV64
#elif defined __MIPSEB__ && _MIPS_SIM == _ABIO32
#define OWN_ARCH AUDIT_ARCH_MIPS
#elif defined __MIPSEB__ && _MIPS_SIM == _ABIN32
#define OWN_ARCH AUDIT_ARCH_MIPS64N32
#elif defined __MIPSEB__
#define OWN_ARCH AUDIT_ARCH_MIPS64
#elif _MIPS_SIM == _ABIO32
#define OWN_ARCH AUDIT_ARCH_MIPSEL
#elif _MIPS_SIM == _ABIN32
#define OWN_ARCH AUDIT_ARCH_MIPSEL64N32
#else
#define OWN_ARCH AUDIT_ARCH_MIPSEL64
#endif

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
enum { LOW = 4, HIGH = 0 };
#else
enum { LOW = 0, HIGH = 4 };
#endif

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define LOAD_LOW(argument) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[argument]) + LOW)
#define LOAD_HIGH(argument) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[argument]) + HIGH)
#define UNLESS(value, over) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, over)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
/* One call gets something else than the others, which are allowed. */
#define ON(number, value) LOAD(nr), UNLESS(number, 1), RETURN(value), RETURN(SECCOMP_RET_ALLOW)

#define LENGTH(array) (sizeof(array) / sizeof *(array))
/* Installs a filter by seccomp(2), as one who can get no privileges any more: 0, or -1. */
#define INSTALL(flags, ...) ({                                                     \
	struct sock_filter filter_[] = { __VA_ARGS__ };                            \
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);                                    \
	install(filter_, LENGTH(filter_), flags);                                  \
})

long install(struct sock_filter *filter, unsigned length, unsigned flags);
/* Runs a function in a child and says how it ended. */
void say_child(const char *what, void (*function)(void));
/* The number in a line of /proc/self/status. */
long own_status(const char *field);

#endif
