/* What a tracer is told of new tasks, new programs and ends. */
#include "tracing.h"

static unsigned long message(pid_t tracee)
{
	unsigned long number = 0;

	if (ptrace(PTRACE_GETEVENTMSG, tracee, 0, &number))
		say_result("message", -1);
	return number;
}

static void fork_once(void)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(7);
	waitpid(child, &status, 0);
	_exit(WEXITSTATUS(status));
}

CASE(a_fork_is_told)
{
	pid_t child = traced_child(fork_once, PTRACE_O_TRACEFORK), grandchild;

	go_on(PTRACE_CONT, child, 0);
	say_next("event", child);
	grandchild = (pid_t)message(child);
	say_next("the new one", grandchild);
	say_yes("traced", status_field(grandchild, "TracerPid") == getpid());
	say_yes("not our child", status_field(grandchild, "PPid") == child);
	go_on(PTRACE_CONT, grandchild, 0);
	go_on(PTRACE_CONT, child, 0);
	say_next("the new one", grandchild);
	say_next("SIGCHLD", child);
	go_on(PTRACE_CONT, child, SIGCHLD);
	say_next("the old one", child);
}

static void vfork_once(void)
{
	pid_t child = vfork();

	if (child == 0)
		_exit(7);
	_exit(8);
}

CASE(a_vfork_is_told)
{
	pid_t child = traced_child(vfork_once, PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE);
	pid_t grandchild;

	go_on(PTRACE_CONT, child, 0);
	say_next("event", child);
	grandchild = (pid_t)message(child);
	say_next("the new one", grandchild);
	go_on(PTRACE_CONT, child, 0);
	go_on(PTRACE_CONT, grandchild, 0);
	say_next("the new one", grandchild);
	say_next("event", child);
	say_yes("message", message(child) == (unsigned long)grandchild);
	go_on(PTRACE_CONT, child, 0);
	say_next("SIGCHLD", child);
	go_on(PTRACE_CONT, child, 0);
	say_next("the old one", child);
}

static void *thread_body(void *nothing)
{
	return nothing;
}

static void thread_once(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, thread_body, NULL);
	pthread_join(thread, NULL);
	_exit(9);
}

static void a_thread(int seized)
{
	pid_t child = traced_child(thread_once, seized ? 0 : PTRACE_O_TRACECLONE), thread;

	if (seized) {
		ptrace(PTRACE_DETACH, child, 0, (long)SIGSTOP);
		say_result("seize", ptrace(PTRACE_SEIZE, child, 0, (long)PTRACE_O_TRACECLONE));
		say_next("stopped", child);
		kill(child, SIGCONT);
	}
	go_on(PTRACE_CONT, child, 0);
	if (seized) {
		say_next("continued", child);
		go_on(PTRACE_CONT, child, 0);
		say_next("the signal", child);
		go_on(PTRACE_CONT, child, 0);
	}
	say_next("event", child);
	thread = (pid_t)message(child);
	say_next("the new one", thread);
	say_yes("a thread", status_field(thread, "Tgid") == child);
	go_on(PTRACE_CONT, thread, 0);
	say_next("the thread", thread);
	go_on(PTRACE_CONT, child, 0);
	say_next("the process", child);
}

CASE(a_thread_is_told)
{
	a_thread(0);
}

CASE(a_thread_of_a_seized_process)
{
	a_thread(1);
}

ROLE(say_nothing)
{
	_exit(12);
}

static void execute_it(void)
{
	execute("say_nothing", NULL);
}

CASE(an_execve_is_told)
{
	pid_t child = traced_child(execute_it, PTRACE_O_TRACEEXEC);

	go_on(PTRACE_CONT, child, 0);
	say_next("event", child);
	say_yes("message", message(child) == (unsigned long)child);
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

CASE(an_execve_traps)
{
	pid_t child = traced_child(execute_it, 0);
	siginfo_t information = { 0 };

	go_on(PTRACE_CONT, child, 0);
	say_next("signal", child);
	ptrace(PTRACE_GETSIGINFO, child, 0, &information);
	say_number("code", information.si_code);
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

CASE(an_execve_between_its_stops)
{
	pid_t child = traced_child(execute_it, PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD);
	long number;

	until_call(child, SYS_execve);
	go_on(PTRACE_SYSCALL, child, 0);
	say_next("event", child);
	go_on(PTRACE_SYSCALL, child, 0);
	say_next("exit", child);
	say_number("kind", call_stop(child, &number));
	say_number("result", number);
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

static void *executing_thread(void *nothing)
{
	(void)nothing;
	execute_it();
	return NULL;
}

static void execute_in_a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, executing_thread, NULL);
	for (;;)
		pause();
}

CASE(a_thread_executes)
{
	pid_t child = traced_child(execute_in_a_thread, PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE);
	pid_t thread;

	go_on(PTRACE_CONT, child, 0);
	say_next("event", child);
	thread = (pid_t)message(child);
	say_next("the thread", thread);
	go_on(PTRACE_CONT, child, 0);
	go_on(PTRACE_CONT, thread, 0);
	say_next("as the process", child);
	say_yes("it was the thread", message(child) == (unsigned long)thread);
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

static void exit_5(void)
{
	_exit(5);
}

static void die(void)
{
	raise(SIGTERM);
}

CASE(ends_are_told)
{
	pid_t child = traced_child(exit_5, PTRACE_O_TRACEEXIT);

	go_on(PTRACE_CONT, child, 0);
	say_next("event", child);
	say_status("message", (int)message(child));
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
	child = traced_child(die, PTRACE_O_TRACEEXIT);
	go_on(PTRACE_CONT, child, 0);
	say_next("signal", child);
	go_on(PTRACE_CONT, child, SIGTERM);
	say_next("event", child);
	say_status("message", (int)message(child));
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

static void clone_untraced(void)
{
	pid_t child = (pid_t)syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0);

	if (child == 0)
		_exit(0);
	reap(child);
	_exit(6);
}

CASE(who_does_not_want_to_be_traced)
{
	pid_t child = traced_child(clone_untraced, PTRACE_O_TRACEFORK);

	go_on(PTRACE_CONT, child, 0);
	say_next("SIGCHLD", child);
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

static void clone_traced(void)
{
	pid_t child = (pid_t)syscall(SYS_clone, CLONE_PTRACE | SIGCHLD, 0, 0, 0, 0);

	if (child == 0)
		_exit(3);
	_exit(6);
}

CASE(who_wants_to_be_traced)
{
	pid_t child = traced_child(clone_traced, 0), new;
	int status, stops = 0, ends = 0;

	go_on(PTRACE_CONT, child, 0);
	while ((new = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status)) {
			stops += new != child && WSTOPSIG(status) == SIGSTOP;
			go_on(PTRACE_CONT, new, 0);
		} else {
			ends++;
		}
	}
	say_number("stops of the new one", stops);
	say_number("ends", ends);
}
