/* Signals that a tracer sees, changes and swallows; group stops; what comes with a signal. */
#include "tracing.h"

static volatile int caught;
static volatile int value;

static void note(int number, siginfo_t *information, void *context)
{
	(void)context;
	caught = number;
	value = information->si_value.sival_int;
}

static void raise_usr1(void)
{
	raise(SIGUSR1);
	_exit(5);
}

static void catch_usr1(void)
{
	catch_information(SIGUSR1, note, 0);
	raise(SIGUSR1);
	_exit(caught == SIGUSR1 ? 6 : 7);
}

CASE(a_signal_is_swallowed)
{
	pid_t child = traced_child(raise_usr1, 0);

	go_on(PTRACE_CONT, child, 0);
	say_next("stop", child);
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

CASE(a_signal_goes_through)
{
	pid_t child = traced_child(catch_usr1, 0);

	go_on(PTRACE_CONT, child, 0);
	say_next("stop", child);
	go_on(PTRACE_CONT, child, SIGUSR1);
	say_next("end", child);
}

CASE(a_signal_becomes_another)
{
	pid_t child = traced_child(raise_usr1, 0);

	go_on(PTRACE_CONT, child, 0);
	say_next("stop", child);
	go_on(PTRACE_CONT, child, SIGTERM);
	say_next("end", child);
}

static void ignore_and_raise(void)
{
	signal(SIGUSR1, SIG_IGN);
	raise(SIGUSR1);
	_exit(8);
}

CASE(ignored_signals_are_seen)
{
	pid_t child = traced_child(ignore_and_raise, 0);

	go_on(PTRACE_CONT, child, 0);
	say_next("ignored", child);
	go_on(PTRACE_CONT, child, SIGUSR1);
	say_next("end", child);
}

CASE(sigkill_is_not_seen)
{
	pid_t child = traced_child(raise_usr1, 0);

	kill(child, SIGKILL);
	say_next("end", child);
}

static void queue_usr1(void)
{
	catch_information(SIGUSR1, note, 0);
	sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 17 });
	_exit(value);
}

CASE(what_comes_with_a_signal)
{
	pid_t child = traced_child(queue_usr1, 0);
	siginfo_t information;

	say_result("of SIGSTOP", ptrace(PTRACE_GETSIGINFO, child, 0, &information));
	say_signal("signal", information.si_signo);
	say_number("code", information.si_code);
	go_on(PTRACE_CONT, child, 0);
	say_next("stop", child);
	ptrace(PTRACE_GETSIGINFO, child, 0, &information);
	say_signal("signal", information.si_signo);
	say_number("code", information.si_code);
	say_number("value", information.si_value.sival_int);
	say_yes("sender", information.si_pid == child);
	information.si_value.sival_int = 23;
	say_result("change", ptrace(PTRACE_SETSIGINFO, child, 0, &information));
	go_on(PTRACE_CONT, child, SIGUSR1);
	say_next("end", child);
}

static void touch_nothing(void)
{
	*(volatile char *)8 = 1;
}

CASE(a_fault_is_seen)
{
	pid_t child = traced_child(touch_nothing, 0);
	siginfo_t information = { 0 };

	go_on(PTRACE_CONT, child, 0);
	say_next("stop", child);
	ptrace(PTRACE_GETSIGINFO, child, 0, &information);
	say_number("code", information.si_code);
	say_number("address", (long)information.si_addr);
	say_result("the same back", ptrace(PTRACE_SETSIGINFO, child, 0, &information));
	go_on(PTRACE_CONT, child, SIGSEGV);
	say_next("end", child);
}

static void say_trapped(const char *what, pid_t child)
{
	siginfo_t information = { 0 };

	say_result(what, waitid(P_PID, (id_t)child, &information, WSTOPPED | WEXITED));
	say("code", "%s", information.si_code == CLD_TRAPPED ? "trapped" :
	    information.si_code == CLD_EXITED ? "exited" : "another");
	say_number("status", information.si_code == CLD_EXITED ? information.si_status :
		   information.si_status == SIGUSR1);
}

CASE(waitid_tells_of_a_trap)
{
	pid_t child = traced_child(raise_usr1, 0);

	go_on(PTRACE_CONT, child, 0);
	say_trapped("stop", child);
	go_on(PTRACE_CONT, child, 0);
	say_trapped("end", child);
}

static volatile sig_atomic_t told;

static void count(int number, siginfo_t *information, void *context)
{
	(void)number;
	(void)context;
	told = information->si_code;
}

CASE(the_tracer_gets_sigchld)
{
	pid_t child = traced_child(raise_usr1, 0);

	catch_information(SIGCHLD, count, SA_RESTART);
	go_on(PTRACE_CONT, child, 0);
	next(child);
	say("stop", "%s", told == CLD_TRAPPED ? "trapped" : "another code");
	go_on(PTRACE_CONT, child, 0);
	next(child);
	say("end", "%s", told == CLD_EXITED ? "exited" : "another code");
}

static void stop_and_exit(void)
{
	raise(SIGTSTP);
	_exit(4);
}

CASE(a_group_stop)
{
	pid_t child = traced_child(stop_and_exit, 0);
	siginfo_t information;

	go_on(PTRACE_CONT, child, 0);
	say_next("signal", child);
	say_result("its information", ptrace(PTRACE_GETSIGINFO, child, 0, &information));
	go_on(PTRACE_CONT, child, SIGSTOP);
	say_next("stop", child);
	say_result("its information", ptrace(PTRACE_GETSIGINFO, child, 0, &information));
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

CASE(a_seized_group_stop)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		raise(SIGSTOP);
		_exit(9);
	}
	waitpid(child, &status, WUNTRACED);
	say_result("seize", ptrace(PTRACE_SEIZE, child, 0, 0));
	say_next("at once", child);
	say_result("listen", ptrace(PTRACE_LISTEN, child, 0, 0));
	say_result("no news", waitpid(child, &status, WNOHANG));
	kill(child, SIGCONT);
	say_next("continued", child);
	go_on(PTRACE_CONT, child, 0);
	say_next("the signal", child);
	go_on(PTRACE_CONT, child, SIGCONT);
	say_next("end", child);
}

static void spin(void)
{
	for (;;)
		getppid();
}

static void sleep_for_ever(void)
{
	for (;;)
		pause();
}

static void interrupt(void (*function)(void))
{
	pid_t child = child_that(function);
	siginfo_t information = { 0 };

	ptrace(PTRACE_SEIZE, child, 0, 0);
	say_result("interrupt", ptrace(PTRACE_INTERRUPT, child, 0, 0));
	say_next("stop", child);
	ptrace(PTRACE_GETSIGINFO, child, 0, &information);
	say_signal("signal", information.si_signo);
	say_number("event", information.si_code >> 8);
	go_on(PTRACE_CONT, child, 0);
	wait_a_little();
	ptrace(PTRACE_INTERRUPT, child, 0, 0);
	say_next("again", child);
	kill(child, SIGKILL);
	say_next("end", child);
}

CASE(interrupting)
{
	interrupt(sleep_for_ever);
	interrupt(spin);
}

static void block_and_raise(void)
{
	block(SIGUSR1);
	block(SIGRTMIN);
	sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 1 });
	sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 2 });
	raise(SIGUSR1);
	raise(SIGSTOP);
	_exit(is_blocked(SIGUSR1) ? 10 : 11);
}

CASE(masks_and_queues)
{
	struct { uint64_t offset; uint32_t flags; int32_t count; } what = { 0, 1, 4 };
	pid_t child = traced_child(block_and_raise, 0);
	siginfo_t queued[4];
	unsigned long mask[16 / sizeof(long)] = { 0 };
	size_t size = 8;
	long count_of;

#ifdef __mips__
	size = 16;
#endif
	go_on(PTRACE_CONT, child, 0);
	say_next("stop", child);
	say_result("mask", ptrace((enum __ptrace_request)0x420a, child, size, mask));
	say_yes("SIGUSR1 in it", !!(mask[0] >> (SIGUSR1 - 1) & 1));
	say_yes("SIGUSR2 in it", !!(mask[0] >> (SIGUSR2 - 1) & 1));
	say_result("bad size", ptrace((enum __ptrace_request)0x420a, child, size + 1, mask));
	count_of = ptrace((enum __ptrace_request)0x4209, child, &what, queued);
	say_result("queued for the process", count_of);
	for (long i = 0; i < count_of; i++)
		say_number("value", queued[i].si_value.sival_int);
	what.flags = 0;
	count_of = ptrace((enum __ptrace_request)0x4209, child, &what, queued);
	say_result("queued for the thread", count_of);
	say_signal("signal", queued[0].si_signo);
	memset(mask, 0, sizeof mask);
	say_result("clear", ptrace((enum __ptrace_request)0x420b, child, size, mask));
	go_on(PTRACE_CONT, child, 0);
	say_next("freed", child);
	go_on(PTRACE_CONT, child, 0);
	say_next("freed", child);
	go_on(PTRACE_CONT, child, 0);
	say_next("freed", child);
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}
