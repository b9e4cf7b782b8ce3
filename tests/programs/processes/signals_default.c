/* What signals do to a process that does not catch them, and the statuses its parent sees. */
#include <dirent.h>

#include "harness.h"

static int to_raise;

static void without_core(void)
{
	/* Whether a core is written depends on the machine; a process that may not be dumped has none. */
	prctl(PR_SET_DUMPABLE, 0);
}

static void raise_it(void)
{
	without_core();
	raise(to_raise);
	_exit(7);
}

static void say_default(int number)
{
	char name[32];
	int status;
	pid_t child;

	to_raise = number;
	snprintf(name, sizeof name, "%s", signal_name(number));
	child = child_that(raise_it);
	waitpid(child, &status, WUNTRACED);
	say_status(name, status);
	if (WIFSTOPPED(status)) {
		kill(child, SIGKILL);
		reap(child);
	}
}

static void say_defaults(const int *numbers)
{
	while (*numbers)
		say_default(*numbers++);
}

CASE(default_is_to_end)
{
	say_defaults((const int[]){ SIGHUP, SIGINT, SIGKILL, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM,
				    SIGTERM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGRTMIN,
				    SIGRTMIN + 5, 0 });
}

CASE(default_is_to_end_with_a_core)
{
	say_defaults((const int[]){ SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV,
				    SIGXCPU, SIGXFSZ, SIGSYS, 0 });
}

CASE(default_is_to_do_nothing)
{
	say_defaults((const int[]){ SIGCHLD, SIGCONT, SIGURG, SIGWINCH, 0 });
}

CASE(default_is_to_stop)
{
	say_defaults((const int[]){ SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, 0 });
}

static void remove_files(const char *folder)
{
	DIR *directory = opendir(folder);
	struct dirent *file;

	while (directory && (file = readdir(directory)))
		unlink(file->d_name);
	chdir("/");
	rmdir(folder);
}

static void dump(void)
{
	struct rlimit core;

	getrlimit(RLIMIT_CORE, &core);
	core.rlim_cur = core.rlim_max;
	setrlimit(RLIMIT_CORE, &core);
	raise(SIGABRT);
}

/* Says how a child ends that may leave a core where it runs. */
static void say_end_in_a_folder(const char *what, void (*function)(void))
{
	char folder[] = "/tmp/emu-core-XXXXXX";

	if (!mkdtemp(folder) || chdir(folder))
		say_result("folder", -1);
	say_end(what, child_that(function));
	remove_files(folder);
}

CASE(a_core_is_flagged)
{
	say_end_in_a_folder("with a core", dump);
}

static void dump_nothing(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	dump();
}

CASE(what_may_not_be_dumped_has_no_core)
{
	say_end_in_a_folder("end", dump_nothing);
	say_result("dumpable", prctl(PR_GET_DUMPABLE));
	say_result("dumpable 2", prctl(PR_SET_DUMPABLE, 2));
}

static void stop_and_exit(void)
{
	raise(SIGSTOP);
	_exit(5);
}

CASE(a_stopped_process_continues)
{
	int status;
	pid_t child = child_that(stop_and_exit);

	waitpid(child, &status, WUNTRACED);
	say_status("first", status);
	kill(child, SIGCONT);
	waitpid(child, &status, 0);
	say_status("then", status);
}

CASE(a_stopped_process_can_be_killed)
{
	int status;
	pid_t child = child_that(stop_and_exit);

	waitpid(child, &status, WUNTRACED);
	kill(child, SIGKILL);
	say_end("end", child);
}

CASE(a_stopped_process_handles_signals_later)
{
	int status;
	pid_t child = child_that(stop_and_exit);

	waitpid(child, &status, WUNTRACED);
	kill(child, SIGTERM);
	say_result("wait while stopped", waitpid(child, &status, WNOHANG));
	kill(child, SIGCONT);
	say_end("end", child);
}

static volatile sig_atomic_t calls;

static void count(int number)
{
	(void)number;
	calls++;
}

static void count_sigcont(void)
{
	catch(SIGCONT, count, 0);
	raise(SIGSTOP);
	_exit(calls);
}

CASE(a_handler_of_sigcont_runs_after_the_stop)
{
	pid_t child = child_that(count_sigcont);

	waitpid(child, NULL, WUNTRACED);
	kill(child, SIGCONT);
	say_end("calls", child);
}

static void blocked_sigcont(void)
{
	catch(SIGCONT, count, 0);
	block(SIGCONT);
	raise(SIGSTOP);
	say_yes("pending", is_pending(SIGCONT));
	say_number("calls", calls);
}

CASE(a_blocked_sigcont_continues_all_the_same)
{
	pid_t child = child_that(blocked_sigcont);

	waitpid(child, NULL, WUNTRACED);
	kill(child, SIGCONT);
	say_end("end", child);
}

CASE(sigcont_discards_pending_stops)
{
	block(SIGTSTP);
	block(SIGTTIN);
	raise(SIGTSTP);
	raise(SIGTTIN);
	raise(SIGCONT);
	say_yes("SIGTSTP is pending", is_pending(SIGTSTP));
	say_yes("SIGTTIN is pending", is_pending(SIGTTIN));
}

CASE(a_stop_discards_a_pending_sigcont)
{
	catch(SIGCONT, count, 0);
	block(SIGCONT);
	block(SIGTSTP);
	raise(SIGCONT);
	raise(SIGTSTP);
	say_yes("SIGCONT is pending", is_pending(SIGCONT));
	say_yes("SIGTSTP is pending", is_pending(SIGTSTP));
}

static void abort_blocked(void)
{
	without_core();
	block(SIGABRT);
	abort();
}

static void abort_ignored(void)
{
	without_core();
	signal(SIGABRT, SIG_IGN);
	abort();
}

static void abort_caught(void)
{
	without_core();
	catch(SIGABRT, count, 0);
	abort();
}

CASE(abort_ends_in_any_case)
{
	say_end("blocked", child_that(abort_blocked));
	say_end("ignored", child_that(abort_ignored));
	say_end("caught", child_that(abort_caught));
}

static void write_to_nobody(void)
{
	int ends[2];

	pipe(ends);
	close(ends[0]);
	write(ends[1], "x", 1);
}

static void write_to_nobody_ignored(void)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	pipe(ends);
	close(ends[0]);
	say_result("write", write(ends[1], "x", 1));
}

CASE(a_broken_pipe_signals)
{
	say_end("end", child_that(write_to_nobody));
	say_end("end when ignored", child_that(write_to_nobody_ignored));
}

static void exceed_file_limit(void)
{
	int file = temporary_file();
	ssize_t count;

	without_core();
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 10, RLIM_INFINITY });
	count = write(file, "twelve bytes", 12);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	say_result("12 bytes", count);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 10, 10 });
	write(file, "x", 1);
}

CASE(the_file_size_limit_signals)
{
	say_end("end", child_that(exceed_file_limit));
}
