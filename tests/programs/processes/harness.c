/* Runs every case in a child of its own, so that a failure or a hang does not hide the others.
 *
 *   processes                 all cases
 *   processes SUBJECT ...     those of these source files
 *   processes -NAME ...       all but these
 *   processes --case NAME     one, in this process: to look at it by hand
 *   processes --list          their names
 */
#include <stdarg.h>

#include "harness.h"

enum { LIMIT_S = 20 };

/* Tells a program that gets no --role which case it belongs to. */
#define VARIABLE "PROCESSES_CASE"

char **role_arguments;
const char *program;

static struct entry *cases, *roles;
static const char *current = "harness";
static volatile pid_t running;
static volatile sig_atomic_t hangs;

static void append(struct entry **list, struct entry *entry)
{
	while (*list)
		list = &(*list)->next;
	*list = entry;
}

void add_case(struct entry *entry)
{
	append(&cases, entry);
}

void add_role(struct entry *entry)
{
	append(&roles, entry);
}

void say(const char *what, const char *format, ...)
{
	char value[512], line[768];
	va_list arguments;
	int length;

	va_start(arguments, format);
	vsnprintf(value, sizeof value, format, arguments);
	va_end(arguments);
	length = snprintf(line, sizeof line, "%s: %s: %s\n", current, what, value);
	if (write(STDOUT_FILENO, line, (size_t)length) != length)
		_exit(99);
}

void say_yes(const char *what, int truth)
{
	say(what, "%s", truth ? "yes" : "no");
}

void say_number(const char *what, long number)
{
	say(what, "%ld", number);
}

void say_result(const char *what, long result)
{
	if (result == -1)
		say(what, "%s", strerrorname_np(errno) ? strerrorname_np(errno) : "unknown error");
	else
		say(what, "%ld", result);
}

void say_signal(const char *what, int number)
{
	say(what, "%s", signal_name(number));
}

void say_status(const char *what, int status)
{
	if (WIFEXITED(status))
		say(what, "exit %d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		say(what, "%s%s", signal_name(WTERMSIG(status)),
		    WCOREDUMP(status) ? " with core" : "");
	else if (WIFSTOPPED(status))
		say(what, "stopped by %s", signal_name(WSTOPSIG(status)));
	else
		say(what, "%s", WIFCONTINUED(status) ? "continued" : "unknown status");
}

void say_end(const char *what, pid_t child)
{
	int status;

	if (child > 0 && waitpid(child, &status, 0) == child)
		say_status(what, status);
	else
		say_result(what, -1);
}

const char *signal_name(int number)
{
	static char name[32];

	if (number >= SIGRTMIN && number <= SIGRTMAX)
		snprintf(name, sizeof name, "SIGRTMIN+%d", number - SIGRTMIN);
	else if (number > 0 && sigabbrev_np(number))
		snprintf(name, sizeof name, "SIG%s", sigabbrev_np(number));
	else
		snprintf(name, sizeof name, number ? "signal %d" : "none", number);
	return name;
}

void catch(int number, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	if (sigaction(number, &action, NULL))
		say_result("sigaction", -1);
}

void catch_information(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO };

	if (sigaction(number, &action, NULL))
		say_result("sigaction", -1);
}

static void change_mask(int how, int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	pthread_sigmask(how, &set, NULL);
}

void block(int number)
{
	change_mask(SIG_BLOCK, number);
}

void unblock(int number)
{
	change_mask(SIG_UNBLOCK, number);
}

int is_blocked(int number)
{
	sigset_t set;

	pthread_sigmask(SIG_BLOCK, NULL, &set);
	return sigismember(&set, number);
}

int is_pending(int number)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, number);
}

void tick(int milliseconds)
{
	struct timeval time = { 0, milliseconds * 1000 };

	setitimer(ITIMER_REAL, &(struct itimerval){ time, time }, NULL);
}

pid_t child_that(void (*function)(void))
{
	pid_t child = fork();

	if (child == 0) {
		function();
		_exit(0);
	}
	if (child < 0)
		say_result("fork", -1);
	return child;
}

void execute(const char *role, const char *argument)
{
	char *arguments[] = { (char *)program, "--role", (char *)role, (char *)current,
			      (char *)argument, NULL };

	execv(program, arguments);
	say_result("exec of this program", -1);
	_exit(98);
}

void reap(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

int temporary_file(void)
{
	char path[] = "/tmp/emu-processes-XXXXXX";
	int file = mkstemp(path);

	if (file < 0)
		say_result("temporary file", -1);
	else
		unlink(path);
	return file;
}

void *shared_memory(size_t bytes)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

void wait_a_little(void)
{
	struct timespec time = { 0, 1000000 };

	nanosleep(&time, NULL);
}

long as_result(int error)
{
	errno = error;
	return error ? -1 : 0;
}

static int belongs_to(const struct entry *entry, const char *subject)
{
	const char *slash = strrchr(entry->file, '/');
	const char *file = slash ? slash + 1 : entry->file;

	return !strncmp(file, subject, strlen(subject)) && !strcmp(file + strlen(subject), ".c");
}

static int is_wanted(const struct entry *entry, char **words)
{
	int subjects = 0, named = 0;

	for (; *words; words++) {
		if (**words == '-' && !strcmp(*words + 1, entry->name))
			return 0;
		subjects += **words != '-';
		named += belongs_to(entry, *words);
	}
	return named || !subjects;
}

/* The same state for every case, whatever this program was started with. */
static void prepare(void)
{
	struct rlimit core;
	sigset_t none;

	sigemptyset(&none);
	getrlimit(RLIMIT_CORE, &core);
	core.rlim_cur = 0; /* QEMU writes cores where Linux does not */
	setrlimit(RLIMIT_CORE, &core);
	for (int number = 1; number <= SIGRTMAX; number++)
		signal(number, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	umask(022);
}

static void run(const struct entry *entry)
{
	current = entry->name;
	setenv(VARIABLE, current, 1);
	prepare();
	entry->run();
}

static void end_it(int number)
{
	(void)number;
	hangs = 1;
	kill(-running, SIGKILL);
	kill(running, SIGKILL);
}

static void run_in_child(const struct entry *entry)
{
	int status = 0;

	hangs = 0;
	running = fork();
	if (running == 0) {
		run(entry);
		_exit(0);
	}
	current = entry->name;
	alarm(LIMIT_S);
	while (waitpid(running, &status, 0) < 0 && errno == EINTR)
		;
	alarm(0);
	kill(-running, SIGKILL); /* whatever it has left behind */
	if (hangs)
		say("end", "hangs");
	else if (status)
		say_status("end", status);
}

static const struct entry *find(const struct entry *list, const char *name)
{
	while (list && strcmp(list->name, name))
		list = list->next;
	if (!list) {
		fprintf(stderr, "%s: there is none\n", name);
		exit(2);
	}
	return list;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--script")) { /* by a `#!` line */
		current = getenv(VARIABLE);
		role_arguments = argv + 2;
		find(roles, "say_script")->run();
		return 0;
	}
	if (argc == 1 && !*argv[0]) {
		current = getenv(VARIABLE);
		say_number("words", argc);
		return 0;
	}
	program = argv[0];
	if (argc > 3 && !strcmp(argv[1], "--role")) {
		current = argv[3];
		role_arguments = argv + 4;
		find(roles, argv[2])->run();
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "--case")) {
		run(find(cases, argv[2]));
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "--list")) {
		for (const struct entry *entry = cases; entry; entry = entry->next)
			puts(entry->name);
		return 0;
	}
	catch(SIGALRM, end_it, 0);
	for (const struct entry *entry = cases; entry; entry = entry->next)
		if (is_wanted(entry, argv + 1))
			run_in_child(entry);
	current = "harness";
	say("end", "reached");
	return 0;
}
