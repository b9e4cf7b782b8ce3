/* x86-64: each way into the kernel has numbers of its own, and filters see which way it was. */
#include "../filtering.h"

static long by_syscall(long number)
{
	long answer;

	__asm__ volatile("syscall" : "=a"(answer) : "0"(number) : "rcx", "r11", "memory");
	return answer;
}

static long by_interrupt(long number)
{
	long answer;

	__asm__ volatile("int $0x80" : "=a"(answer) : "0"(number), "b"(0) : "memory");
	return answer;
}

enum { I386_GETPPID = 64, I386_GETPID = 20, X32 = 0x40000000 };

static void careful(void)
{
	INSTALL(0, LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 0, 4),
		LOAD(nr), UNLESS(I386_GETPPID, 1), RETURN(SECCOMP_RET_ERRNO | 2),
		RETURN(SECCOMP_RET_ALLOW),
		LOAD(nr), UNLESS(SYS_getppid, 1), RETURN(SECCOMP_RET_ERRNO | 1),
		UNLESS(X32 | SYS_getppid, 1), RETURN(SECCOMP_RET_ERRNO | 3),
		RETURN(SECCOMP_RET_ALLOW));
	say_number("syscall", by_syscall(SYS_getppid));
	say_number("int 0x80", by_interrupt(I386_GETPPID));
	say_number("syscall of x32", by_syscall(X32 | SYS_getppid));
	say_yes("the other number by int 0x80", by_interrupt(I386_GETPID) == getpid());
}

CASE(a_careful_filter)
{
	say_child("end", careful);
}

static void careless(void)
{
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_ERRNO | 1));
	say_number("syscall", by_syscall(SYS_getppid));
	say_yes("int 0x80", by_interrupt(I386_GETPPID) == getppid() || by_interrupt(I386_GETPPID) > 0);
}

CASE(a_careless_filter)
{
	say_child("end", careless);
}

static siginfo_t seen;

static void remember(int number, siginfo_t *information, void *context)
{
	(void)number, (void)context;
	seen = *information;
}

static void trapped(void)
{
	catch_information(SIGSYS, remember, 0);
	INSTALL(0, ON(I386_GETPPID, SECCOMP_RET_TRAP));
	by_interrupt(I386_GETPPID);
	say_number("number", seen.si_syscall);
	say_yes("of i386", seen.si_arch == AUDIT_ARCH_I386);
}

CASE(a_trap_says_which_way)
{
	say_child("end", trapped);
}
