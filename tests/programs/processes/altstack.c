/* The alternate signal stack. */
#include "harness.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31) /* linux/signal.h, which glibc hides */
#endif

enum { BYTES = 65536 };

static char *area;
static stack_t in_handler;
static volatile sig_atomic_t calls, was_inside;
static long result_in_handler;

static int is_inside(const void *address)
{
	return (const char *)address >= area && (const char *)address < area + BYTES;
}

static void use(int flags)
{
	area = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (sigaltstack(&(stack_t){ .ss_sp = area, .ss_size = BYTES, .ss_flags = flags }, NULL))
		say_result("sigaltstack", -1);
}

static void say_flags(const char *what, int flags)
{
	say(what, "%s%s%s%s", flags & SS_ONSTACK ? "onstack " : "", flags & SS_DISABLE ? "disable " : "",
	    flags & (int)SS_AUTODISARM ? "autodisarm " : "", "end");
}

static void say_stack(const char *what)
{
	stack_t now;

	sigaltstack(NULL, &now);
	say_flags(what, now.ss_flags);
}

static void look(int number)
{
	char here;

	(void)number;
	calls++;
	was_inside = is_inside(&here);
	sigaltstack(NULL, &in_handler);
}

CASE(there_is_none_at_first)
{
	say_stack("flags");
}

CASE(what_was_set_comes_back)
{
	stack_t now;

	use(0);
	sigaltstack(NULL, &now);
	say_yes("address", now.ss_sp == area);
	say_yes("size", now.ss_size == BYTES);
	say_flags("flags", now.ss_flags);
}

CASE(a_handler_runs_on_it)
{
	use(0);
	catch(SIGUSR1, look, SA_ONSTACK);
	raise(SIGUSR1);
	say_yes("inside", was_inside);
	say_flags("flags in the handler", in_handler.ss_flags);
	say_stack("flags afterwards");
}

CASE(without_sa_onstack_it_is_not_used)
{
	use(0);
	catch(SIGUSR1, look, 0);
	raise(SIGUSR1);
	say_yes("inside", was_inside);
	say_flags("flags in the handler", in_handler.ss_flags);
}

CASE(sa_onstack_without_one_is_the_usual_stack)
{
	catch(SIGUSR1, look, SA_ONSTACK);
	raise(SIGUSR1);
	say_number("calls", calls);
	say_flags("flags in the handler", in_handler.ss_flags);
}

static void change_it(int number)
{
	(void)number;
	result_in_handler =
		sigaltstack(&(stack_t){ .ss_sp = area, .ss_size = BYTES / 2 }, NULL) ? errno : 0;
}

CASE(it_cannot_be_changed_while_in_use)
{
	use(0);
	catch(SIGUSR1, change_it, SA_ONSTACK);
	raise(SIGUSR1);
	say_result("sigaltstack in the handler", as_result((int)result_in_handler));
}

static uintptr_t outer, inner;

static void nest(int number)
{
	char here;

	if (number == SIGUSR1) {
		outer = (uintptr_t)&here;
		raise(SIGUSR2);
	} else {
		inner = (uintptr_t)&here;
	}
}

CASE(nested_handlers_share_it)
{
	use(0);
	catch(SIGUSR1, nest, SA_ONSTACK);
	catch(SIGUSR2, nest, SA_ONSTACK);
	raise(SIGUSR1);
	say_yes("outer inside", is_inside((char *)outer));
	say_yes("inner inside", is_inside((char *)inner));
	say_yes("inner below the outer", inner < outer);
}

CASE(errors_of_sigaltstack)
{
	stack_t stack;

	use(0);
	stack = (stack_t){ .ss_sp = area, .ss_size = 1024 };
	say_result("too small", sigaltstack(&stack, NULL));
	stack.ss_size = BYTES;
	stack.ss_flags = 0x40;
	say_result("unknown flags", sigaltstack(&stack, NULL));
	stack.ss_flags = SS_ONSTACK;
	say_result("SS_ONSTACK", sigaltstack(&stack, NULL));
	stack.ss_flags = SS_DISABLE;
	stack.ss_size = 0;
	say_result("SS_DISABLE of no size", sigaltstack(&stack, NULL));
	say_result("bad address", syscall(SYS_sigaltstack, 8l, NULL));
	say_result("bad old address", syscall(SYS_sigaltstack, NULL, 8l));
	say_stack("flags");
}

CASE(it_can_be_disabled)
{
	stack_t old;

	use(0);
	sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, &old);
	say_yes("old address", old.ss_sp == area);
	catch(SIGUSR1, look, SA_ONSTACK);
	raise(SIGUSR1);
	say_yes("inside", was_inside);
	say_stack("flags");
}

static void look_with_information(int number, siginfo_t *information, void *context)
{
	(void)information;
	(void)context;
	look(number);
}

static void change_it_with_information(int number, siginfo_t *information, void *context)
{
	(void)information;
	(void)context;
	change_it(number);
}

CASE(autodisarm_disables_it_in_the_handler)
{
	use((int)SS_AUTODISARM);
	say_stack("flags before");
	catch_information(SIGUSR1, look_with_information, SA_ONSTACK);
	raise(SIGUSR1);
	say_yes("inside", was_inside);
	say_flags("flags in the handler", in_handler.ss_flags);
	say_stack("flags afterwards");
}

CASE(autodisarm_lets_the_handler_change_it)
{
	use((int)SS_AUTODISARM);
	catch_information(SIGUSR1, change_it_with_information, SA_ONSTACK);
	raise(SIGUSR1);
	say_result("sigaltstack in the handler", as_result((int)result_in_handler));
	say_stack("flags afterwards");
}

/* The old frames of i386, ARM and o32 hold no stack that could be put back. */
CASE(autodisarm_without_siginfo)
{
	use((int)SS_AUTODISARM);
	catch(SIGUSR1, look, SA_ONSTACK);
	raise(SIGUSR1);
	say_yes("inside", was_inside);
	say_stack("flags afterwards");
}

static stack_t in_frame;

static void look_at_frame(int number, siginfo_t *information, void *context)
{
	(void)number;
	(void)information;
	in_frame = ((ucontext_t *)context)->uc_stack;
}

CASE(the_frame_describes_it)
{
	use(0);
	catch_information(SIGUSR1, look_at_frame, SA_ONSTACK);
	raise(SIGUSR1);
	say_yes("address", in_frame.ss_sp == area);
	say_yes("size", in_frame.ss_size == BYTES);
	say_flags("flags", in_frame.ss_flags);
}

static sigjmp_buf back;
static volatile sig_atomic_t code;

static void jump_back(int number, siginfo_t *information, void *context)
{
	char here;

	(void)number;
	(void)context;
	was_inside = is_inside(&here);
	code = information->si_code;
	siglongjmp(back, 1);
}

__attribute__((noinline)) static int recurse(volatile char *previous)
{
	volatile char page[4096];

	page[0] = previous[0];
	if (page[0] == 2)
		return 0;
	return page[0] + recurse(page) + page[1];
}

CASE(a_stack_overflow_is_survived_on_it)
{
	char byte = 1;

	setrlimit(RLIMIT_STACK, &(struct rlimit){ 512 << 10, RLIM_INFINITY });
	use(0);
	catch_information(SIGSEGV, jump_back, SA_ONSTACK);
	for (volatile int round = 0; round < 2; round++) {
		if (sigsetjmp(back, 1) == 0)
			recurse(&byte);
		say_yes("inside", was_inside);
		say_yes("SEGV_MAPERR", code == SEGV_MAPERR);
	}
}

static void overflow(void)
{
	char byte = 1;

	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_STACK, &(struct rlimit){ 512 << 10, RLIM_INFINITY });
	catch_information(SIGSEGV, jump_back, 0);
	recurse(&byte);
}

CASE(a_stack_overflow_without_it_is_the_end)
{
	say_end("end", child_that(overflow));
}

static void overflow_on_unmapped(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	use(0);
	catch(SIGUSR1, look, SA_ONSTACK);
	munmap(area, BYTES);
	raise(SIGUSR1);
}

CASE(an_unmapped_one_is_the_end)
{
	say_end("end", child_that(overflow_on_unmapped));
}

static void say_in_child(void)
{
	say_stack("flags in the child");
}

CASE(a_child_inherits_it)
{
	use(0);
	say_end("child", child_that(say_in_child));
}

CASE(siglongjmp_leaves_it)
{
	use(0);
	catch_information(SIGUSR1, jump_back, SA_ONSTACK);
	if (sigsetjmp(back, 1) == 0)
		raise(SIGUSR1);
	say_yes("was inside", was_inside);
	say_stack("flags afterwards");
}
