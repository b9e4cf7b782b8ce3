/* Signals without a C library, for the ABIs that have none here: x32, riscv32 and ARM OABI. */
#include "../../probes/call.h"

#define SIGILL 4
#define SIGUSR1 10
#define SIGALRM 14
#define SA_SIGINFO 4
#define SA_RESTORER 0x04000000
#define SA_RESTART 0x10000000

typedef unsigned long word;

struct action {
	void *handler;
	word flags;
#ifndef __riscv
	void *restorer;
#endif
	u32 mask[2];
};

#if defined(__x86_64__)
#define PC_OFFSET 0x98
#define UNDEFINED "ud2"
#define LENGTH 2
__asm__(".globl restorer\nrestorer: mov $0x40000201, %eax; syscall\n"
	".globl _start\n_start: xor %ebp, %ebp; and $-16, %rsp; call run\n");
#elif defined(__riscv)
#define PC_OFFSET 0xa0
#define UNDEFINED ".word 0xffffffff"
#define LENGTH 4
__asm__(".globl _start\n_start: call run\n");
#else
#define PC_OFFSET 0x5c
#define UNDEFINED ".inst 0xe7f000f0"
#define LENGTH 4
__asm__(".globl _start\n_start: bl run\n");
#endif
extern char restorer[];

static volatile int seen, code;
#define ask(number, a, b, c, d)                                                   \
	({                                                                            \
		reg arguments_[7] = {(word)(a), (word)(b), (word)(c), (word)(d)};         \
		call(number, arguments_);                                             \
	})

static void say(const char *text)
{
	int length = 0;

	while (text[length]) length++;
	ask(__NR_write, 1, text, length, 0);
}
static void check(const char *what, int good)
{
	say(what);
	say(good ? ": yes\n" : ": no\n");
}
static void note(int signal, char *info, char *context)
{
	seen = signal;
	code = info ? *(int *)(info + 8) : 0;
}
static void plain(int signal)
{
	seen = signal;
}
static void skip(int signal, char *info, char *context)
{
	seen = signal;
	*(word *)(context + PC_OFFSET) += LENGTH;
}
static void on(int signal, void *handler, word flags)
{
	struct action action = {handler, flags};

#ifdef __x86_64__
	action.flags |= SA_RESTORER;
	action.restorer = restorer;
#endif
	check("sigaction", ask(__NR_rt_sigaction, signal, &action, 0, 8) == 0);
}

void run(void)
{
	reg self = ask(__NR_getpid, 0, 0, 0, 0);
	u32 blocked[2] = {1 << (SIGUSR1 - 1), 0}, none[2] = {0, 0}, pending[2] = {0, 0};

	on(SIGUSR1, note, SA_SIGINFO);
	ask(__NR_kill, self, SIGUSR1, 0, 0);
	check("handler with information", seen == SIGUSR1 && code == 0);
	seen = 0;
	on(SIGUSR1, plain, 0);
	ask(__NR_kill, self, SIGUSR1, 0, 0);
	check("handler without", seen == SIGUSR1);
	seen = 0;
	ask(__NR_rt_sigprocmask, 0, blocked, 0, 8);
	ask(__NR_kill, self, SIGUSR1, 0, 0);
	ask(__NR_rt_sigpending, pending, 8, 0, 0);
	check("blocked", !seen && pending[0] == blocked[0]);
	check("sigsuspend", ask(__NR_rt_sigsuspend, none, 8, 0, 0) == -4 && seen == SIGUSR1);
	on(SIGILL, skip, SA_SIGINFO);
	__asm__ volatile(UNDEFINED ::: "memory");
	check("skipped an undefined instruction", seen == SIGILL);
	ask(__NR_exit, 5, 0, 0, 0);
}
