/* How a trace begins and ends, and what is refused. */
#include <grp.h>

#include "tracing.h"

static void nothing(void)
{
}

static void exit_3(void)
{
	_exit(3);
}

static void sleep_for_ever(void)
{
	for (;;)
		pause();
}

static void until_state(pid_t process, char state)
{
	while (state_of(process) != state)
		wait_a_little();
}

CASE(a_child_asks_to_be_traced)
{
	pid_t child = traced_child(exit_3, 0);

	say("state", "%c", state_of(child));
	say_yes("tracer is told", status_field(child, "TracerPid") == getpid());
	go_on(PTRACE_CONT, child, 0);
	say_next("then", child);
}

static void ask_twice(void)
{
	say_result("second", ptrace(PTRACE_TRACEME, 0, 0, 0));
}

CASE(nobody_is_traced_twice)
{
	pid_t child = traced_child(ask_twice, 0);

	say_result("attach", ptrace(PTRACE_ATTACH, child, 0, 0));
	go_on(PTRACE_CONT, child, 0);
	say_next("then", child);
}

CASE(attaching_stops)
{
	pid_t child = child_that(sleep_for_ever);

	until_state(child, 'S');
	say_result("attach", ptrace(PTRACE_ATTACH, child, 0, 0));
	say_next("then", child);
	say_result("detach", ptrace(PTRACE_DETACH, child, 0, 0));
	say_number("tracer", status_field(child, "TracerPid"));
	until_state(child, 'S');
	say_result("again", ptrace(PTRACE_DETACH, child, 0, 0));
	kill(child, SIGTERM);
	say_end("end", child);
}

CASE(detaching_gives_a_signal)
{
	pid_t child = traced_child(sleep_for_ever, 0);

	say_result("no such signal", ptrace(PTRACE_DETACH, child, 0, 4711L));
	say_result("detach", ptrace(PTRACE_DETACH, child, 0, (long)SIGUSR1));
	say_end("end", child);
}

CASE(what_cannot_be_attached_to)
{
	pid_t child = child_that(exit_3);
	siginfo_t information;

	say_result("self", ptrace(PTRACE_ATTACH, getpid(), 0, 0));
	waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT);
	say_result("a zombie", ptrace(PTRACE_ATTACH, child, 0, 0));
	reap(child);
	say_result("nobody", ptrace(PTRACE_ATTACH, child, 0, 0));
	child = child_that(sleep_for_ever);
	say_result("seize with an address", ptrace(PTRACE_SEIZE, child, 1L, 0));
	say_result("seize with unknown options", ptrace(PTRACE_SEIZE, child, 0, 1L << 30));
	say_result("seize", ptrace(PTRACE_SEIZE, child, 0, 0));
	say_result("again", ptrace(PTRACE_SEIZE, child, 0, 0));
	kill(child, SIGKILL);
	say_end("end", child);
}

static void *shared;

static void become_nobody(void)
{
	setgroups(0, NULL);
	if (setgid(65534) || setuid(65534))
		_exit(96);
}

static void attach_as_nobody(void)
{
	become_nobody();
	say_result("nobody to root", ptrace(PTRACE_ATTACH, *(pid_t *)shared, 0, 0));
	exit(0);
}

static void nobody_that_sleeps(void)
{
	become_nobody();
	((volatile int *)shared)[1] = 1;
	sleep_for_ever();
}

static void undumpable_nobody_attaches(void)
{
	pid_t child;

	become_nobody();
	((volatile int *)shared)[1] = 0;
	child = child_that(nobody_that_sleeps);
	while (!((volatile int *)shared)[1])
		wait_a_little();
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	say_result("to one who cannot be dumped", ptrace(PTRACE_ATTACH, child, 0, 0));
	kill(child, SIGKILL);
	reap(child);
}

CASE(rights_to_attach)
{
	pid_t child;

	shared = shared_memory(4096);
	*(pid_t *)shared = child = child_that(sleep_for_ever);
	reap(child_that(attach_as_nobody));
	kill(child, SIGKILL);
	reap(child);
	reap(child_that(undumpable_nobody_attaches));
}

CASE(requests_that_need_a_stop)
{
	pid_t child = child_that(sleep_for_ever);

	errno = 0;
	ptrace(PTRACE_PEEKDATA, child, &shared, 0);
	say_result("not traced", as_result(errno));
	ptrace(PTRACE_SEIZE, child, 0, 0);
	errno = 0;
	ptrace(PTRACE_PEEKDATA, child, &shared, 0);
	say_result("running", as_result(errno));
	say_result("to go on", ptrace(PTRACE_CONT, child, 0, 0));
	say_result("options", ptrace(PTRACE_SETOPTIONS, child, 0, 0));
	say_result("listen", ptrace(PTRACE_LISTEN, child, 0, 0));
	kill(child, SIGKILL);
	say_end("end", child);
}

CASE(bad_requests)
{
	pid_t child = traced_child(nothing, 0);

	say_result("unknown", ptrace((enum __ptrace_request)0x4fff, child, 0, 0));
	say_result("unknown options", ptrace(PTRACE_SETOPTIONS, child, 0, 1L << 9));
	say_result("go on with a bad signal", ptrace(PTRACE_CONT, child, 0, 4711L));
	say_result("interrupt what is not seized", ptrace(PTRACE_INTERRUPT, child, 0, 0));
	say_result("listen to what is not seized", ptrace(PTRACE_LISTEN, child, 0, 0));
	say_result("kill", ptrace(PTRACE_KILL, child, 0, 0));
	say_next("then", child);
}

static void tracer_that_ends(long options)
{
	pid_t child = child_that(sleep_for_ever);

	*(pid_t *)shared = child;
	ptrace(PTRACE_SEIZE, child, 0, options);
}

static void tracer_that_kills(void)
{
	tracer_that_ends(PTRACE_O_EXITKILL);
}

static void tracer_that_leaves(void)
{
	tracer_that_ends(0);
}

CASE(tracers_that_end)
{
	pid_t child;

	shared = shared_memory(4096);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	reap(child_that(tracer_that_leaves));
	child = *(pid_t *)shared;
	say_number("left alone", status_field(child, "TracerPid"));
	kill(child, SIGTERM);
	say_end("then", child);
	reap(child_that(tracer_that_kills));
	say_end("killed", *(pid_t *)shared);
}

static pid_t other;

static void *trace_in_a_thread(void *nothing)
{
	int status;

	(void)nothing;
	errno = 0;
	ptrace(PTRACE_PEEKDATA, other, &shared, 0);
	say_result("another thread asks", as_result(errno));
	say_result("another thread waits by itself", waitpid(other, &status, __WNOTHREAD | WNOHANG));
	return NULL;
}

CASE(one_thread_is_the_tracer)
{
	pthread_t thread;

	other = traced_child(nothing, 0);
	pthread_create(&thread, NULL, trace_in_a_thread, NULL);
	pthread_join(thread, NULL);
	go_on(PTRACE_CONT, other, 0);
	say_next("then", other);
}

static void trace_and_wait(void)
{
	pid_t child = *(pid_t *)shared;

	say_result("attach", ptrace(PTRACE_ATTACH, child, 0, 0));
	say_next("then", child);
	((volatile int *)shared)[1] = 1;
	ptrace(PTRACE_CONT, child, 0, 0);
	while (((volatile int *)shared)[1] == 1)
		wait_a_little();
	say_next("its end", child);
	((volatile int *)shared)[1] = 3;
}

CASE(a_parent_waits_behind_the_tracer)
{
	pid_t child, tracer;
	int status;

	shared = shared_memory(4096);
	*(pid_t *)shared = child = child_that(sleep_for_ever);
	tracer = child_that(trace_and_wait);
	while (!((volatile int *)shared)[1])
		wait_a_little();
	kill(child, SIGKILL);
	until_state(child, 'Z');
	say_result("the parent before", waitpid(child, &status, WNOHANG));
	((volatile int *)shared)[1] = 2;
	reap(tracer);
	say_end("the parent after", child);
}

static void parent_that_leaves(void)
{
	*(pid_t *)shared = child_that(sleep_for_ever);
	((volatile int *)shared)[1] = 1;
	while (((volatile int *)shared)[1] == 1)
		wait_a_little();
}

CASE(a_tracer_waits_for_the_child_of_a_dead_parent)
{
	pid_t parent, child;
	int status;

	shared = shared_memory(4096);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	parent = child_that(parent_that_leaves);
	while (!((volatile int *)shared)[1])
		wait_a_little();
	child = *(pid_t *)shared;
	say_result("seize", ptrace(PTRACE_SEIZE, child, 0, 0));
	kill(child, SIGKILL);
	until_state(child, 'Z');
	((volatile int *)shared)[1] = 2;
	reap(parent);
	say_next("its end", child);
	say_result("once", waitpid(child, &status, WNOHANG));
}
