/* A filter that shows calls to the tracer. */
#include "filtering.h"
#include "../ptrace/tracing.h"

static void ask(void)
{
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_TRACE | 0x42));
	long answer = syscall(SYS_getppid);

	_exit(answer == 77 ? 77 : answer == getpid() ? 1 : answer > 0 ? 2 : errno == ENOSYS ? 3 : 4);
}

static pid_t at_the_call(long options)
{
	pid_t child = traced_child(ask, options | PTRACE_O_TRACESECCOMP);
	unsigned long message = 0;

	go_on(PTRACE_CONT, child, 0);
	say_next("stop", child);
	ptrace(PTRACE_GETEVENTMSG, child, 0, &message);
	say_number("message", (long)message);
	return child;
}

CASE(the_tracer_lets_it_pass)
{
	pid_t child = at_the_call(0);

	go_on(PTRACE_CONT, child, 0);
	say_next("the parent's id", child);
}

CASE(the_tracer_changes_it)
{
	pid_t child = at_the_call(0);

	set_call(child, SYS_getpid);
	go_on(PTRACE_CONT, child, 0);
	say_next("its own id", child);
}

CASE(the_tracer_skips_it)
{
	pid_t child = at_the_call(PTRACE_O_TRACESYSGOOD);

	set_call(child, -1);
	go_on(PTRACE_SYSCALL, child, 0);
	say_next("exit", child);
	set_result(child, 77);
	go_on(PTRACE_CONT, child, 0);
	say_next("the tracer's answer", child);
}

CASE(the_tracer_did_not_ask)
{
	pid_t child = traced_child(ask, 0);

	go_on(PTRACE_CONT, child, 0);
	say_next("no such call", child);
}

CASE(stops_at_calls_besides)
{
	pid_t child = traced_child(ask, PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD);

	until_call(child, SYS_getppid);
	go_on(PTRACE_SYSCALL, child, 0);
	say_next("after the entry", child);
	go_on(PTRACE_SYSCALL, child, 0);
	say_next("and the exit", child);
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

static void refused(void)
{
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV));
	_exit(syscall(SYS_getppid) == -1 ? errno : 0);
}

CASE(a_refused_call_has_two_stops)
{
	pid_t child = traced_child(refused, PTRACE_O_TRACESYSGOOD);

	until_call(child, SYS_getppid);
	go_on(PTRACE_SYSCALL, child, 0);
	say_next("exit", child);
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

static void killed(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_KILL_PROCESS));
	syscall(SYS_getppid);
}

CASE(the_tracer_cannot_save_it)
{
	pid_t child = traced_child(killed, 0);

	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

#ifndef PTRACE_O_SUSPEND_SECCOMP
#define PTRACE_O_SUSPEND_SECCOMP (1 << 21)
#endif

static void wait_to_be_killed(void)
{
	pause();
}

static void suspend_as_filtered(void)
{
	pid_t child;

	INSTALL(0, RETURN(SECCOMP_RET_ALLOW));
	child = traced_child(refused, 0);
	say_result("by who is filtered", ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_SUSPEND_SECCOMP));
	kill(child, SIGKILL);
	say_next("end", child);
	child = child_that(wait_to_be_killed);
	say_result("from the beginning", ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_SUSPEND_SECCOMP));
	say_result("without it", ptrace(PTRACE_SEIZE, child, 0, 0));
	kill(child, SIGKILL);
	say_next("end", child);
}

CASE(the_tracer_puts_filters_aside)
{
	pid_t child = traced_child(refused, PTRACE_O_TRACESYSGOOD);

	until_call(child, SYS_getppid);
	say_result("aside", ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_SUSPEND_SECCOMP));
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
	say_child("done", suspend_as_filtered);
}
