/* What the CPU refuses becomes a signal with the right code and address, and can be recovered from. */
#include <fenv.h>

#include "arch.h"
#include "harness.h"

static sigjmp_buf back;
static siginfo_t seen;
static volatile sig_atomic_t calls;
static volatile int into;

static void remember_and_jump(int number, siginfo_t *information, void *context)
{
	(void)context;
	seen = *information;
	calls++;
	siglongjmp(back, number);
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static char *map(size_t pages, int protection)
{
	return mmap(NULL, pages * page_size(), protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void say_code(int number, int code)
{
	static const struct {
		int number, code;
		const char *name;
	} names[] = {
		{ SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR" }, { SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR" },
		{ SIGBUS, BUS_ADRALN, "BUS_ADRALN" },	 { SIGBUS, BUS_ADRERR, "BUS_ADRERR" },
		{ SIGBUS, BUS_OBJERR, "BUS_OBJERR" },	 { SIGILL, ILL_ILLOPC, "ILL_ILLOPC" },
		{ SIGILL, ILL_ILLOPN, "ILL_ILLOPN" },	 { SIGILL, ILL_ILLTRP, "ILL_ILLTRP" },
		{ SIGILL, ILL_PRVOPC, "ILL_PRVOPC" },	 { SIGFPE, FPE_INTDIV, "FPE_INTDIV" },
		{ SIGFPE, FPE_INTOVF, "FPE_INTOVF" },	 { SIGFPE, FPE_FLTDIV, "FPE_FLTDIV" },
		{ SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT" },	 { SIGTRAP, TRAP_TRACE, "TRAP_TRACE" },
	};
	const char *name = code == SI_KERNEL ? "SI_KERNEL" :
			   code == SI_USER   ? "SI_USER" :
			   code == SI_TKILL  ? "SI_TKILL" :
					       NULL;

	for (size_t i = 0; !name && i < sizeof names / sizeof *names; i++)
		if (names[i].number == number && names[i].code == code)
			name = names[i].name;
	if (name)
		say("code", "%s", name);
	else
		say_number("code", code);
}

static void say_seen(const void *address)
{
	say_signal("signal", seen.si_signo);
	say_code(seen.si_signo, seen.si_code);
	say_yes("right address", seen.si_addr == address);
}

static void load(const char *address)
{
	into = *(const volatile char *)address;
}

static void store(char *address)
{
	*(volatile char *)address = 1;
}

static void call(char *address)
{
	((void (*)(void))address)();
}

static void expect(int number)
{
	catch_information(number, remember_and_jump, 0);
}

CASE(load_from_a_hole)
{
	char *page = map(2, PROT_READ | PROT_WRITE);

	munmap(page + page_size(), page_size());
	expect(SIGSEGV);
	if (!sigsetjmp(back, 1))
		load(page + page_size() + 7);
	say_seen(page + page_size() + 7);
}

CASE(store_into_a_hole)
{
	char *page = map(1, PROT_READ | PROT_WRITE);

	munmap(page, page_size());
	expect(SIGSEGV);
	if (!sigsetjmp(back, 1))
		store(page + 5);
	say_seen(page + 5);
}

CASE(load_from_near_zero)
{
	expect(SIGSEGV);
	if (!sigsetjmp(back, 1))
		load((char *)16);
	say_seen((char *)16);
}

CASE(store_into_a_read_only_page)
{
	char *page = map(1, PROT_READ);

	expect(SIGSEGV);
	load(page);
	if (!sigsetjmp(back, 1))
		store(page + 9);
	say_seen(page + 9);
}

CASE(load_from_a_page_without_rights)
{
	char *page = map(1, PROT_NONE);

	expect(SIGSEGV);
	if (!sigsetjmp(back, 1))
		load(page + 3);
	say_seen(page + 3);
}

CASE(a_page_made_read_only_later)
{
	char *page = map(1, PROT_READ | PROT_WRITE);

	expect(SIGSEGV);
	store(page);
	mprotect(page, page_size(), PROT_READ);
	if (!sigsetjmp(back, 1))
		store(page + 1);
	say_seen(page + 1);
}

CASE(jump_into_a_hole)
{
	char *page = map(1, PROT_READ | PROT_EXEC);

	munmap(page, page_size());
	expect(SIGSEGV);
	if (!sigsetjmp(back, 1))
		call(page + 16);
	say_seen(page + 16);
}

CASE(jump_into_a_page_without_rights)
{
	char *page = map(1, PROT_NONE);

	expect(SIGSEGV);
	if (!sigsetjmp(back, 1))
		call(page + 16);
	say_seen(page + 16);
}

CASE(jump_to_zero)
{
	expect(SIGSEGV);
	if (!sigsetjmp(back, 1))
		call(NULL);
	say_seen(NULL);
}

CASE(load_beyond_the_end_of_a_file)
{
	int file = temporary_file();
	char *pages;

	ftruncate(file, (off_t)page_size() + 1);
	pages = mmap(NULL, 3 * page_size(), PROT_READ, MAP_SHARED, file, 0);
	expect(SIGBUS);
	load(pages + 2 * page_size() - 1);
	if (!sigsetjmp(back, 1))
		load(pages + 2 * page_size() + 3);
	say_seen(pages + 2 * page_size() + 3);
}

CASE(load_from_a_file_cut_off)
{
	int file = temporary_file();
	char *pages;

	ftruncate(file, 2 * (off_t)page_size());
	pages = mmap(NULL, 2 * page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	store(pages + page_size());
	ftruncate(file, 10);
	expect(SIGBUS);
	if (!sigsetjmp(back, 1))
		store(pages + page_size() + 1);
	say_seen(pages + page_size() + 1);
	load(pages);
}

CASE(a_private_page_of_a_file_cut_off)
{
	int file = temporary_file();
	char *page;

	ftruncate(file, (off_t)page_size());
	page = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	store(page);
	ftruncate(file, 0);
	expect(SIGBUS);
	if (!sigsetjmp(back, 1))
		load(page);
	say_seen(page);
}

extern char illegal_place[], breakpoint_place[];

__attribute__((noinline, noclone)) static void illegal(void)
{
	__asm__ volatile(".globl illegal_place\nillegal_place:\n\t" ILLEGAL);
}

__attribute__((noinline, noclone)) static void breakpoint(void)
{
	__asm__ volatile(".globl breakpoint_place\nbreakpoint_place:\n\t" BREAKPOINT);
}

static void *without_thumb_bit(void *address)
{
#ifdef __thumb__
	return (void *)((uintptr_t)address & ~1ul);
#else
	return address;
#endif
}

CASE(illegal_instruction)
{
	expect(SIGILL);
	if (!sigsetjmp(back, 1))
		illegal();
	say_seen(without_thumb_bit(illegal_place));
}

static void skip_breakpoint(int number, siginfo_t *information, void *context)
{
	(void)number;
	seen = *information;
	calls++;
	CONTEXT_PC((ucontext_t *)context) += BREAKPOINT_BYTES;
}

CASE(breakpoint_instruction)
{
	catch_information(SIGTRAP, skip_breakpoint, 0);
	breakpoint();
	say_number("calls", calls);
	say_signal("signal", seen.si_signo);
	say_code(seen.si_signo, seen.si_code);
}

CASE(address_of_a_breakpoint)
{
	catch_information(SIGTRAP, skip_breakpoint, 0);
	breakpoint();
	say_yes("it is the instruction", seen.si_addr == without_thumb_bit(breakpoint_place));
	say_yes("it is zero", seen.si_addr == NULL);
}

CASE(division_by_zero)
{
	volatile int divisor = 0;
	int quotient = 7, by = divisor;

	expect(SIGFPE);
	if (sigsetjmp(back, 1)) {
		say_signal("signal", seen.si_signo);
		say_code(seen.si_signo, seen.si_code);
	} else {
		DIVIDE(quotient, by);
		say_number("quotient", quotient);
	}
}

static int protection_wanted;

static void open_the_page(int number, siginfo_t *information, void *context)
{
	uintptr_t page = (uintptr_t)information->si_addr & ~(page_size() - 1);

	(void)number;
	(void)context;
	calls++;
	mprotect((void *)page, page_size(), protection_wanted);
}

CASE(mprotect_in_the_handler_lets_it_go_on)
{
	char *page = map(1, PROT_NONE);

	protection_wanted = PROT_READ;
	catch_information(SIGSEGV, open_the_page, 0);
	load(page + 8);
	say_number("faults after the load", calls);
	protection_wanted = PROT_READ | PROT_WRITE;
	store(page + 8);
	load(page + 8);
	say_number("faults after the store", calls);
	say_number("value", into);
}

static void map_the_page(int number, siginfo_t *information, void *context)
{
	uintptr_t page = (uintptr_t)information->si_addr & ~(page_size() - 1);

	(void)number;
	(void)context;
	calls++;
	mmap((void *)page, page_size(), PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

CASE(a_handler_pages_in_a_sparse_array)
{
	char *pages = map(64, PROT_READ | PROT_WRITE);

	munmap(pages, 64 * page_size());
	catch_information(SIGSEGV, map_the_page, 0);
	for (size_t i = 0; i < 64; i += 3)
		store(pages + i * page_size() + i);
	for (size_t i = 0; i < 64; i += 3)
		load(pages + i * page_size() + i);
	say_number("faults", calls);
}

static void skip_illegal(int number, siginfo_t *information, void *context)
{
	(void)number;
	(void)information;
	calls++;
	CONTEXT_PC((ucontext_t *)context) += ILLEGAL_BYTES;
}

CASE(a_handler_moves_the_program_counter)
{
	catch_information(SIGILL, skip_illegal, 0);
	illegal();
	illegal();
	say_number("calls", calls);
}

static long register_in_frame;
static uintptr_t stack_in_frame;

static void change_register(int number, siginfo_t *information, void *context)
{
	ucontext_t *frame = context;

	skip_illegal(number, information, context);
	register_in_frame = (long)CONTEXT_SAVED(frame);
	stack_in_frame = (uintptr_t)CONTEXT_SP(frame);
	CONTEXT_SAVED(frame) = (long)0x87654321;
}

CASE(the_frame_holds_the_registers)
{
	register long saved __asm__(SAVED) = 0x12345678;
	char here;
	long after;

	catch_information(SIGILL, change_register, 0);
	__asm__ volatile(ILLEGAL : "+r"(saved) : : "memory");
	after = saved;
	say("register in the frame", "%lx", register_in_frame & 0xffffffff);
	say_yes("stack pointer in the frame", stack_in_frame <= (uintptr_t)&here + 4096 &&
						      stack_in_frame + 4096 > (uintptr_t)&here);
	say("register afterwards", "%lx", after & 0xffffffff);
}

static volatile double numbers[32];

static void use_floating_point(int number, siginfo_t *information, void *context)
{
	for (int round = 0; round < 32; round++)
		numbers[round] = numbers[(round + 31) % 32] * 1.5 + 1;
#ifdef FLOATING
	/* Many at once, so that they are in all registers. */
	double a = numbers[0], b = numbers[1], c = numbers[2], d = numbers[3], e = numbers[4];

	for (int round = 0; round < 100; round++) {
		a += b * c;
		b += c * d;
		c += d * e;
		d += e * a;
		e += a * b;
	}
	numbers[0] = a + b + c + d + e;
#endif
	if (number == SIGILL)
		skip_illegal(number, information, context);
}

CASE(floating_point_registers_survive_a_handler)
{
	volatile double start = 1.25;
	double number = start;

	catch_information(SIGILL, use_floating_point, 0);
#ifdef FLOATING
	__asm__ volatile(ILLEGAL : "+" FLOATING(number) : : "memory");
#else
	__asm__ volatile(ILLEGAL : "+r"(number) : : "memory");
#endif
	say("number", "%.2f", number);
	say_number("calls", calls);
}

static void round_down(int number)
{
	(void)number;
	calls++;
#ifdef FE_DOWNWARD
	fesetround(FE_DOWNWARD);
#endif
}

CASE(the_rounding_mode_survives_a_handler)
{
	volatile double one = 1, three = 3;

	catch(SIGUSR1, round_down, 0);
#ifdef FE_UPWARD
	fesetround(FE_UPWARD);
	raise(SIGUSR1);
	say_yes("upward", fegetround() == FE_UPWARD);
#else
	raise(SIGUSR1);
#endif
	say_yes("a third is rounded up", one / three > 0x1.5555555555555p-2);
	say_number("calls", calls);
}

static void sum_with_signals(void)
{
	double sum = 0;

	catch_information(SIGALRM, use_floating_point, 0);
	tick(2);
	for (int round = 1; round <= 50000; round++)
		sum += 1.0 / round;
	tick(0);
	say("sum", "%.9f", sum);
}

CASE(signals_at_any_time_leave_a_sum_alone)
{
	sum_with_signals();
}

static void fault_blocked(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	expect(SIGSEGV);
	block(SIGSEGV);
	load(NULL);
}

static void fault_ignored(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGSEGV, SIG_IGN);
	load(NULL);
}

static void fault_again(int number)
{
	(void)number;
	load(NULL);
}

static void fault_in_handler(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	catch(SIGSEGV, fault_again, 0);
	load(NULL);
}

CASE(a_fault_cannot_be_ignored)
{
	say_end("blocked", child_that(fault_blocked));
	say_end("ignored", child_that(fault_ignored));
	say_end("in its own handler", child_that(fault_in_handler));
}

static void fault_three_times(int number, siginfo_t *information, void *context)
{
	(void)context;
	if (++calls < 3)
		load((char *)16);
	seen = *information;
	siglongjmp(back, number);
}

CASE(with_nodefer_faults_nest)
{
	catch_information(SIGSEGV, fault_three_times, SA_NODEFER);
	if (!sigsetjmp(back, 1))
		load((char *)16);
	say_number("calls", calls);
	say_code(SIGSEGV, seen.si_code);
}

CASE(kill_sends_sigsegv_as_any_other)
{
	expect(SIGSEGV);
	if (!sigsetjmp(back, 1))
		kill(getpid(), SIGSEGV);
	say_signal("signal", seen.si_signo);
	say_code(SIGSEGV, seen.si_code);
	say_yes("own pid", seen.si_pid == getpid());
}

CASE(many_faults_in_a_row)
{
	expect(SIGSEGV);
	for (volatile int round = 0; round < 200; round++)
		if (!sigsetjmp(back, 1))
			load((char *)16);
	say_number("calls", calls);
}

static void fault_with_default(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	load(NULL);
}

static void illegal_with_default(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	illegal();
}

static void breakpoint_with_default(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	breakpoint();
}

CASE(uncaught_faults_end_the_process)
{
	say_end("load", child_that(fault_with_default));
	say_end("illegal instruction", child_that(illegal_with_default));
	say_end("breakpoint", child_that(breakpoint_with_default));
}
