/* Memory and registers of a tracee, breakpoints, single steps. */
#include "tracing.h"

static volatile long variable = 1234;
static volatile int visits;

__attribute__((noinline)) static void landmark(void)
{
	visits++;
	__asm__ volatile("" ::: "memory");
}

static void exit_with_variable(void)
{
	_exit((int)variable);
}

CASE(words_of_memory)
{
	pid_t child = traced_child(exit_with_variable, 0);

	errno = 0;
	say_number("peek", ptrace(PTRACE_PEEKDATA, child, &variable, 0));
	say_result("poke", ptrace(PTRACE_POKEDATA, child, &variable, 99L));
	say_number("ours", variable);
	errno = 0;
	ptrace(PTRACE_PEEKDATA, child, 16L, 0);
	say_result("peek nowhere", as_result(errno));
	say_result("poke nowhere", ptrace(PTRACE_POKEDATA, child, 16L, 1L));
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

static char *page;

static void use_page(void)
{
	_exit(page[0]);
}

CASE(rights_do_not_count)
{
	pid_t child;
	long letters;

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	page[0] = 1;
	mprotect(page, 4096, PROT_NONE);
	child = traced_child(use_page, 0);
	errno = 0;
	letters = ptrace(PTRACE_PEEKDATA, child, page, 0);
	say_result("peek", as_result(errno));
	say_yes("what was there", *(char *)&letters == 1);
	*(char *)&letters = 42;
	say_result("poke", ptrace(PTRACE_POKEDATA, child, page, letters));
	go_on(PTRACE_CONT, child, 0);
	say_next("the page still has none", child);
	go_on(PTRACE_KILL, child, 0);
	say_next("end", child);
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = traced_child(use_page, 0);
	say_result("shared memory, read-only", ptrace(PTRACE_POKEDATA, child, page, letters));
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

static void visit(void)
{
	landmark();
	landmark();
	_exit(visits);
}

#if defined __x86_64__ || defined __i386__
static const unsigned char breakpoint[] = { 0xcc };
enum { BEHIND = 1 };
#elif defined __aarch64__
static const unsigned int breakpoint[] = { 0xd4200000 };
enum { BEHIND = 0 };
#elif defined __thumb__
static const unsigned short breakpoint[] = { 0xde01 };
enum { BEHIND = 0 };
#elif defined __arm__
static const unsigned int breakpoint[] = { 0xe7f001f0 };
enum { BEHIND = 0 };
#elif defined __riscv
static const unsigned short breakpoint[] = { 0x9002 };
enum { BEHIND = 0 };
#else
static const unsigned int breakpoint[] = { 0x0005000d };
enum { BEHIND = 0 };
#endif

CASE(a_breakpoint)
{
	pid_t child = traced_child(visit, 0);
	uintptr_t place = (uintptr_t)landmark & ~(uintptr_t)1;
	uintptr_t start = place & ~(sizeof(long) - 1);
	word registers[WORDS];
	siginfo_t information = { 0 };
	long original, patched;

	errno = 0;
	original = patched = ptrace(PTRACE_PEEKTEXT, child, start, 0);
	say_result("peek", as_result(errno));
	memcpy((char *)&patched + (place - start), breakpoint, sizeof breakpoint);
	say_result("poke", ptrace(PTRACE_POKETEXT, child, start, patched));
	go_on(PTRACE_CONT, child, 0);
	say_next("hit", child);
	ptrace(PTRACE_GETSIGINFO, child, 0, &information);
	say_yes("positive code", information.si_code > 0);
	get_registers(child, registers);
	say_yes("where", registers[PC] == (word)place + BEHIND);
	say_result("repair", ptrace(PTRACE_POKETEXT, child, start, original));
	registers[PC] = (word)place;
	set_registers(child, registers);
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

CASE(the_others_keep_their_code)
{
	pid_t child = traced_child(visit, 0);
	uintptr_t start = (uintptr_t)landmark & ~(sizeof(long) - 1);

	ptrace(PTRACE_POKETEXT, child, start, 0L);
	landmark();
	say_number("visits", visits);
	kill(child, SIGKILL);
	say_next("end", child);
}

CASE(whole_sets_of_registers)
{
	pid_t child = traced_child(exit_with_variable, 0);
	word registers[WORDS + 4], again[WORDS];
	unsigned char fp[1024];
	struct iovec all = { registers, sizeof registers };

	say_result("get", ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &all));
	say_yes("size", all.iov_len == WORDS * sizeof(word));
	say_result("set", ptrace(PTRACE_SETREGSET, child, NT_PRSTATUS, &all));
	get_registers(child, again);
	say_yes("the same", !memcmp(registers, again, sizeof again));
	all.iov_len = 2 * sizeof(word);
	say_result("a part", ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &all));
	say_yes("size", all.iov_len == 2 * sizeof(word));
	all.iov_len = 3;
	say_result("no whole register", ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &all));
	all.iov_len = sizeof registers;
	say_result("no such set", ptrace(PTRACE_GETREGSET, child, 0x7777L, &all));
	all = (struct iovec){ fp, sizeof fp };
	say_result("floating point", ptrace(PTRACE_GETREGSET, child, NT_PRFPREG, &all));
	say_result("and back", ptrace(PTRACE_SETREGSET, child, NT_PRFPREG, &all));
	go_on(PTRACE_CONT, child, 0);
	say_yes("end", WEXITSTATUS(next(child)) == (variable & 0xff));
}

static volatile double number = 1.5;

static void exit_with_number(void)
{
	double value = number * 2;

	__asm__ volatile("" : "+m"(value)::"memory");
	raise(SIGUSR1);
	_exit((int)(value * number));
}

CASE(floating_point_survives)
{
	pid_t child = traced_child(exit_with_number, 0);
	unsigned char fp[1024];
	struct iovec all = { fp, sizeof fp };

	go_on(PTRACE_CONT, child, 0);
	say_next("stop", child);
	ptrace(PTRACE_GETREGSET, child, NT_PRFPREG, &all);
	ptrace(PTRACE_SETREGSET, child, NT_PRFPREG, &all);
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

static int has_single_steps(void)
{
#if defined __x86_64__ || defined __i386__ || defined __aarch64__
	return 1;
#else
	return 0;
#endif
}

CASE(single_steps)
{
	pid_t child = traced_child(visit, 0);
	word registers[WORDS], before;
	siginfo_t information = { 0 };
	int moved = 0;

	if (!has_single_steps()) {
		int refused = ptrace(PTRACE_SINGLESTEP, child, 0, 0) == -1 && errno == EIO;

		say_yes("as it should", refused);
		kill(child, SIGKILL);
		next(child);
		return;
	}
	for (int i = 0; i < 20; i++) {
		int status;

		get_registers(child, registers);
		before = registers[PC];
		ptrace(PTRACE_SINGLESTEP, child, 0, 0);
		status = next(child);
		ptrace(PTRACE_GETSIGINFO, child, 0, &information);
		get_registers(child, registers);
		moved += WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP &&
			 registers[PC] != before && registers[PC] - before < 4096;
	}
	say_yes("as it should", moved > 10 && information.si_signo == SIGTRAP);
	kill(child, SIGKILL);
	next(child);
}
