/* What execve(2) keeps and what it resets, its errors, scripts, and its limits. */
#include <sys/auxv.h>

#include "harness.h"

extern char **environ;

static char folder[64];

static void make_folder(void)
{
	strcpy(folder, "/tmp/emu-exec-XXXXXX");
	if (!mkdtemp(folder) || chdir(folder))
		say_result("folder", -1);
}

static void remove_folder(void)
{
	static const char *const names[] = { "script", "file", "inner", "link", "loop" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(names[i]);
	chdir("/");
	rmdir(folder);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0700);

	write(file, text, strlen(text));
	close(file);
	chmod(name, mode);
}

static const char *role_to_run, *its_argument;

static void run_role(void)
{
	execute(role_to_run, its_argument);
}

static void say_role(const char *role, const char *argument)
{
	role_to_run = role;
	its_argument = argument;
	say_end("end", child_that(run_role));
}

ROLE(say_argument)
{
	say("argument", "%s", role_arguments[0]);
	_exit(31);
}

CASE(exec_passes_arguments)
{
	say_role("say_argument", "a word, and \"more\"");
}

CASE(exec_passes_an_empty_argument)
{
	say_role("say_argument", "");
}

ROLE(say_environment)
{
	for (char **entry = environ; *entry; entry++)
		say("environment", "%s", *entry);
	say_yes("an empty name", getenv("NOTHING") == NULL);
}

static void run_with_environment(void)
{
	char *arguments[] = { (char *)program, "--role", "say_environment",
			      "exec_passes_the_environment", NULL };
	char *environment[] = { "ONE=1", "EMPTY=", "no equals sign", NULL };

	execve(program, arguments, environment);
}

CASE(exec_passes_the_environment)
{
	say_end("end", child_that(run_with_environment));
}

static volatile sig_atomic_t caught;

static void note(int number)
{
	caught = number;
}

static void say_disposition(int number)
{
	struct sigaction action;

	sigaction(number, NULL, &action);
	say(signal_name(number), "%s%s",
	    action.sa_handler == SIG_IGN ? "ignored" : action.sa_handler == SIG_DFL ? "default" : "caught",
	    action.sa_flags & ~0x04000000 ? " with flags" : "");
}

ROLE(say_signals)
{
	say_disposition(SIGUSR1);
	say_disposition(SIGUSR2);
	say_yes("SIGHUP is blocked", is_blocked(SIGHUP));
	say_yes("SIGHUP is pending", is_pending(SIGHUP));
	say_yes("SIGTERM is blocked", is_blocked(SIGTERM));
}

static void run_with_signals(void)
{
	catch(SIGUSR1, note, SA_RESTART | SA_NODEFER);
	signal(SIGUSR2, SIG_IGN);
	block(SIGHUP);
	raise(SIGHUP);
	execute("say_signals", NULL);
}

CASE(exec_resets_handlers_and_keeps_the_rest)
{
	say_end("end", child_that(run_with_signals));
}

ROLE(say_descriptors)
{
	int number = atoi(role_arguments[0]);

	for (int i = 0; i < 3; i++) {
		char what[16];

		snprintf(what, sizeof what, "number %d", i);
		say_yes(what, fcntl(number + i, F_GETFD) >= 0);
	}
	say_result("offset", (long)lseek(number, 0, SEEK_CUR));
}

static void run_with_descriptors(void)
{
	int file = temporary_file();

	dup2(file, 50);
	dup3(file, 51, O_CLOEXEC);
	dup2(file, 52);
	fcntl(52, F_SETFD, FD_CLOEXEC);
	write(50, "12345", 5);
	execute("say_descriptors", "50");
}

CASE(exec_closes_what_is_marked)
{
	say_end("end", child_that(run_with_descriptors));
}

static void execute_nowhere(void)
{
	char *arguments[] = { "nothing", NULL };

	fcntl(0, F_SETFD, FD_CLOEXEC);
	say_result("exec", execv("/no/such/file", arguments));
	say_yes("the descriptor is open", fcntl(0, F_GETFD) == FD_CLOEXEC);
}

CASE(a_failed_exec_changes_nothing)
{
	say_end("end", child_that(execute_nowhere));
}

ROLE(say_process)
{
	char name[16] = "";
	int number = 77;
	pid_t pid = 0, group = 0;

	sscanf(role_arguments[0], "%d %d", &pid, &group);
	say_yes("pid", getpid() == pid);
	say_yes("group", getpgrp() == group);
	say_yes("tid", syscall(SYS_gettid) == pid);
	prctl(PR_GET_NAME, name);
	say_yes("name is the file's", !strncmp(name, strrchr(program, '/') + 1, 15));
	say("umask", "%03o", umask(0));
	prctl(PR_GET_PDEATHSIG, &number);
	say_signal("PDEATHSIG", number);
	say_result("dumpable", prctl(PR_GET_DUMPABLE));
	say_result("no new privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	say_result("subreaper", prctl(PR_GET_CHILD_SUBREAPER, &number) ? -1 : number);
}

static void run_with_attributes(void)
{
	char ids[32];

	snprintf(ids, sizeof ids, "%d %d", getpid(), getpgrp());
	prctl(PR_SET_NAME, "another");
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	umask(027);
	execute("say_process", ids);
}

CASE(exec_keeps_the_process)
{
	say_end("end", child_that(run_with_attributes));
}

ROLE(say_altstack)
{
	stack_t stack;

	sigaltstack(NULL, &stack);
	say_yes("disabled", stack.ss_flags == SS_DISABLE);
}

static void run_with_altstack(void)
{
	static char area[65536];

	sigaltstack(&(stack_t){ .ss_sp = area, .ss_size = sizeof area }, NULL);
	execute("say_altstack", NULL);
}

CASE(exec_forgets_the_alternate_stack)
{
	say_end("end", child_that(run_with_altstack));
}

ROLE(say_timers)
{
	struct itimerval timer;

	getitimer(ITIMER_REAL, &timer);
	say_yes("ITIMER_REAL runs", timer.it_value.tv_sec > 50);
	getitimer(ITIMER_VIRTUAL, &timer);
	say_yes("ITIMER_VIRTUAL runs", timer.it_value.tv_sec > 50);
	say_yes("alarm", alarm(0) > 50);
}

static void run_with_timers(void)
{
	setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 0 }, { 100, 0 } }, NULL);
	setitimer(ITIMER_VIRTUAL, &(struct itimerval){ { 0, 0 }, { 100, 0 } }, NULL);
	execute("say_timers", NULL);
}

CASE(exec_keeps_interval_timers)
{
	say_end("end", child_that(run_with_timers));
}

static void alarm_over_exec(void)
{
	tick(30);
	execute("sleep_for_ever", NULL);
}

ROLE(sleep_for_ever)
{
	for (;;)
		pause();
}

CASE(an_alarm_ends_the_next_program)
{
	say_end("end", child_that(alarm_over_exec));
}

ROLE(say_limits)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	say_number("descriptors", (long)limit.rlim_cur);
	getrlimit(RLIMIT_CORE, &limit);
	say_number("core", (long)limit.rlim_cur);
	say_result("nice", getpriority(PRIO_PROCESS, 0));
}

static void run_with_limits(void)
{
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 77, 77 });
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	setpriority(PRIO_PROCESS, 0, 18);
	execute("say_limits", NULL);
}

CASE(exec_keeps_limits_and_nice)
{
	say_end("end", child_that(run_with_limits));
}

static void *execute_in_thread(void *argument)
{
	char ids[32];

	(void)argument;
	snprintf(ids, sizeof ids, "%d %d", getpid(), getpgrp());
	execute("say_survivor", ids);
	return NULL;
}

ROLE(say_survivor)
{
	say_yes("pid", getpid() == atoi(role_arguments[0]));
	say_yes("tid is pid", syscall(SYS_gettid) == getpid());
	say_result("others", syscall(SYS_tgkill, getpid(), getpid(), 0));
	_exit(17);
}

static void *sleep_in_thread(void *argument)
{
	for (;;)
		pause();
	return argument;
}

static void execute_from_a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, sleep_in_thread, NULL);
	pthread_create(&thread, NULL, execute_in_thread, NULL);
	pthread_join(thread, NULL);
}

CASE(exec_from_a_thread_ends_the_others)
{
	say_end("end", child_that(execute_from_a_thread));
}

static long try_exec(const char *path)
{
	char *arguments[] = { "name", NULL };

	return execv(path, arguments);
}

static void fail_in_many_ways(void)
{
	static char long_path[5000];
	char *arguments[] = { "name", NULL };

	write_file("file", "no program at all\n", 0700);
	say_result("no program", try_exec("file"));
	write_file("file", "", 0700);
	say_result("empty file", try_exec("file"));
	write_file("file", "\177ELF", 0700);
	say_result("truncated program", try_exec("file"));
	write_file("file", "#!/no/such/interpreter\n", 0700);
	say_result("no interpreter", try_exec("file"));
	write_file("file", "#!\n", 0700);
	say_result("no name of an interpreter", try_exec("file"));
	write_file("file", "#!/tmp\n", 0700);
	say_result("interpreter is a folder", try_exec("file"));
	write_file("file", "x", 0600);
	say_result("no permission", try_exec("file"));
	say_result("folder", try_exec("/tmp"));
	say_result("device", try_exec("/dev/null"));
	say_result("below a file", try_exec("file/below"));
	say_result("empty path", try_exec(""));
	memset(long_path, 'x', sizeof long_path - 1);
	say_result("long path", try_exec(long_path));
	long_path[300] = 0;
	say_result("long name", try_exec(long_path));
	symlink("loop", "loop");
	say_result("loop", try_exec("loop"));
	say_result("bad path", syscall(SYS_execve, 8l, arguments, NULL));
	say_result("bad arguments", syscall(SYS_execve, program, 8l, NULL));
	arguments[0] = (char *)8;
	say_result("bad argument", syscall(SYS_execve, program, arguments, NULL));
}

CASE(errors_of_exec)
{
	make_folder();
	say_end("end", child_that(fail_in_many_ways));
	remove_folder();
}

static void execute_while_written(void)
{
	int file;

	write_file("file", "#!/bin/sh\n", 0700);
	file = open("file", O_WRONLY);
	say_result("exec", try_exec("file"));
	close(file);
}

CASE(a_file_open_for_writing_is_busy)
{
	make_folder();
	say_end("end", child_that(execute_while_written));
	remove_folder();
}

ROLE(say_script)
{
	int count = 0;

	for (char **word = role_arguments; *word; word++)
		count++;
	say_number("words", count);
	for (char **word = role_arguments; *word; word++)
		say("word", "%s", *word);
}

/* The interpreter is this program: "--script" is the one argument of a `#!` line. */
static void execute_script(void)
{
	char *arguments[] = { "ignored", "one", "two words", NULL };

	execv("./script", arguments);
	say_result("exec", -1);
}

CASE(a_script_runs_its_interpreter)
{
	char text[512];

	make_folder();
	snprintf(text, sizeof text, "#! %s  --script \t\nsecond line\n", program);
	write_file("script", text, 0700);
	say_end("end", child_that(execute_script));
	remove_folder();
}

CASE(a_script_runs_a_script)
{
	char text[512];

	make_folder();
	snprintf(text, sizeof text, "#!%s --script", program);
	write_file("inner", text, 0700);
	write_file("script", "#!inner x\n", 0700);
	say_end("end", child_that(execute_script));
	remove_folder();
}

CASE(scripts_that_run_each_other_are_eloop)
{
	make_folder();
	write_file("inner", "#!./script\n", 0700);
	write_file("script", "#!./inner\n", 0700);
	say_end("end", child_that(execute_script));
	remove_folder();
}

static void execute_by_descriptor(void)
{
	char *arguments[] = { (char *)program, "--role", "say_argument", "execveat_takes_a_descriptor",
			      "by descriptor", NULL };
	int file = open(program, O_RDONLY | O_CLOEXEC);

	say_result("not empty path allowed", syscall(SYS_execveat, file, "", arguments, environ, 0));
	say_result("unknown flags", syscall(SYS_execveat, file, program, arguments, environ, 0x10));
	say_result("bad descriptor", syscall(SYS_execveat, 999, "x", arguments, environ, 0));
	say_result("a file as folder", syscall(SYS_execveat, file, "x", arguments, environ, 0));
	syscall(SYS_execveat, file, "", arguments, environ, AT_EMPTY_PATH);
	say_result("exec", -1);
}

CASE(execveat_takes_a_descriptor)
{
	say_end("end", child_that(execute_by_descriptor));
}

static void execute_in_folder(void)
{
	char *arguments[] = { (char *)program, "--role", "say_argument", "execveat_takes_a_folder",
			      "below a folder", NULL };
	const char *slash = strrchr(program, '/');
	char path[1024] = "";
	int parent;

	memcpy(path, program, (size_t)(slash - program));
	parent = open(path, O_RDONLY | O_DIRECTORY);
	chdir("/");
	syscall(SYS_execveat, parent, slash + 1, arguments, environ, 0);
	say_result("exec", -1);
}

CASE(execveat_takes_a_folder)
{
	say_end("end", child_that(execute_in_folder));
}

static void execute_link(void)
{
	char *arguments[] = { (char *)program, NULL };

	symlink(program, "link");
	say_result("nofollow", syscall(SYS_execveat, AT_FDCWD, "link", arguments, environ,
				       AT_SYMLINK_NOFOLLOW));
}

CASE(execveat_refuses_a_link)
{
	make_folder();
	say_end("end", child_that(execute_link));
	remove_folder();
}

static void execute_by_fexecve(void)
{
	char *arguments[] = { (char *)program, "--role", "say_argument", "fexecve_runs_a_file",
			      "by fexecve", NULL };

	fexecve(open(program, O_RDONLY), arguments, environ);
	say_result("exec", -1);
}

CASE(fexecve_runs_a_file)
{
	say_end("end", child_that(execute_by_fexecve));
}

ROLE(say_length)
{
	say_number("length", (long)strlen(role_arguments[0]));
}

static void execute_with_long_argument(void)
{
	enum { LIMIT = 32 * 4096 };
	static char word[LIMIT + 10];

	memset(word, 'x', LIMIT - 1);
	if (!fork())
		execute("say_length", word);
	wait(NULL);
	word[LIMIT - 1] = 'x';
	say_result("one more", execv(program, (char *[]){ (char *)program, word, NULL }));
}

CASE(an_argument_has_131071_bytes_at_most)
{
	say_end("end", child_that(execute_with_long_argument));
}

static void execute_with_many_arguments(void)
{
	enum { COUNT = 100 };
	static char word[100001], *arguments[COUNT + 1];

	memset(word, 'x', sizeof word - 1);
	for (int i = 0; i < COUNT; i++)
		arguments[i] = word;
	say_result("ten million bytes", execv(program, arguments));
	setrlimit(RLIMIT_STACK, &(struct rlimit){ 1 << 20, RLIM_INFINITY });
	arguments[4] = NULL;
	say_result("a quarter of the stack", execv(program, arguments));
}

CASE(all_arguments_together_have_a_limit)
{
	say_end("end", child_that(execute_with_many_arguments));
}

static void execute_nothing(void)
{
	char *none[] = { NULL };

	execv(program, none);
	say_result("exec", -1);
}

/* An empty list becomes one empty word: the program then runs without a name, and main() says so. */
CASE(an_empty_argument_list_gets_a_word)
{
	say_end("end", child_that(execute_nothing));
}

static void execute_again(void)
{
	execute("count_down", "20");
}

ROLE(count_down)
{
	char number[16];

	snprintf(number, sizeof number, "%d", atoi(role_arguments[0]) - 1);
	if (atoi(number) > 0)
		execute("count_down", number);
	say("count", "%s", number);
}

CASE(exec_twenty_times_in_a_row)
{
	say_end("end", child_that(execute_again));
}

CASE(vfork_and_exec)
{
	pid_t child = vfork();

	if (child == 0) {
		execl(program, program, "--role", "say_argument", "vfork_and_exec", "after vfork", NULL);
		_exit(1);
	}
	say_end("end", child);
}

ROLE(say_auxiliary_vector)
{
	say_yes("AT_EXECFN", !strcmp((const char *)getauxval(AT_EXECFN), program));
	say_yes("AT_PAGESZ", getauxval(AT_PAGESZ) == (unsigned long)getpagesize());
	say_yes("AT_UID", getauxval(AT_UID) == getuid());
	say_yes("AT_SECURE", getauxval(AT_SECURE) != 0);
	say_yes("AT_RANDOM", getauxval(AT_RANDOM) != 0);
}

CASE(exec_fills_the_auxiliary_vector)
{
	say_role("say_auxiliary_vector", NULL);
}

ROLE(wait_to_be_killed)
{
	write(atoi(role_arguments[0]), "x", 1);
	for (;;)
		pause();
}

static int ends[2];

static void execute_with_pipe(void)
{
	char number[16];

	snprintf(number, sizeof number, "%d", ends[1]);
	execute("wait_to_be_killed", number);
}

CASE(setpgid_after_exec_is_eacces)
{
	char byte;
	pid_t child;

	pipe(ends);
	child = child_that(execute_with_pipe);
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		say("child", "never ran");
	say_result("setpgid", setpgid(child, child));
	kill(child, SIGKILL);
	say_end("end", child);
}

ROLE(clear_tid)
{
	say_yes("ran", 1);
}

/* The word is cleared only where somebody else uses the address space too. */
CASE(exec_leaves_the_tid_word_alone)
{
	char *arguments[] = { (char *)program, "--role", "clear_tid", "exec_leaves_the_tid_word_alone",
			      NULL };
	int *word = shared_memory(sizeof *word);
	pid_t child;

	*word = 5;
	child = fork();
	if (child == 0) {
		syscall(SYS_set_tid_address, word);
		execv(program, arguments);
		_exit(1);
	}
	reap(child);
	say_number("word", *word);
}
