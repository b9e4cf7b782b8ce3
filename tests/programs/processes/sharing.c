/* What a child has in common with its parent, what is its own, and how processes end. */
#include <sys/personality.h>
#include <sys/resource.h>

#include "harness.h"

static int ends[2];
static volatile int number = 1;

static void change_number(void)
{
	number = 2;
	_exit(number);
}

CASE(private_memory_is_copied)
{
	int *heap = malloc(sizeof *heap);
	pid_t child;

	*heap = 10;
	child = fork();
	if (child == 0) {
		*heap = 20;
		change_number();
	}
	say_end("child", child);
	say_number("static", number);
	say_number("heap", *heap);
}

static unsigned char *many_pages(void)
{
	unsigned char *pages = mmap(NULL, 256 * 4096, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < 256; i++)
		pages[i * 4096] = (unsigned char)i;
	return pages;
}

static int sum_of(const unsigned char *pages)
{
	int sum = 0;

	for (int i = 0; i < 256; i++)
		sum += pages[i * 4096];
	return sum;
}

CASE(both_sides_may_write_copied_pages)
{
	unsigned char *pages = many_pages();
	pid_t child;

	pipe(ends);
	child = fork();
	if (child == 0) {
		char byte;

		for (int i = 0; i < 256; i += 2)
			pages[i * 4096]++;
		read(ends[0], &byte, 1); /* the parent has written too */
		say_number("child's sum", sum_of(pages));
		_exit(0);
	}
	for (int i = 1; i < 256; i += 2)
		pages[i * 4096] = 0;
	write(ends[1], "x", 1);
	say_end("child", child);
	say_number("parent's sum", sum_of(pages));
}

static void read_then_call(int *pages)
{
	int before = ((volatile int *)pages)[5] + ((volatile int *)pages)[1024];

	syscall(SYS_pipe2, pages, 0);
	syscall(SYS_pipe2, pages + 1024, 0);
	say_number("read before", before);
	say_yes("a page never written", pages[0] > 0 && pages[1] > 0);
	say_yes("a page written", pages[1024] > 0 && pages[1025] > 0);
}

/* The kernel breaks the sharing: what the CPU knows of the page is of the past. */
CASE(the_kernel_writes_where_the_program_has_read)
{
	int *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	pages[1024 + 9] = 1;
	child = fork();
	if (child == 0) {
		read_then_call(pages);
		_exit(0);
	}
	say_end("child", child);
	say_yes("untouched here", !pages[0] && !pages[1024]);
	read_then_call(pages);
}

CASE(generations_keep_their_own_copies)
{
	unsigned char *pages = many_pages();
	int status;

	for (int depth = 0; depth < 4; depth++) {
		pid_t child = fork();

		if (child) {
			waitpid(child, &status, 0);
			if (depth)
				_exit(WEXITSTATUS(status) + (pages[4096] == 1 + depth));
			say_number("right generations", WEXITSTATUS(status));
			say_number("own", pages[4096]);
			return;
		}
		pages[4096]++;
	}
	_exit(pages[4096] == 5);
}

CASE(shared_memory_is_shared)
{
	int *shared = shared_memory(4096);
	pid_t child = fork();

	if (child == 0) {
		shared[0] = 5;
		shared[1023] = 6;
		_exit(0);
	}
	reap(child);
	say_number("first", shared[0]);
	say_number("last", shared[1023]);
}

CASE(a_shared_mapping_of_a_file_is_the_file)
{
	int file = temporary_file();
	char *page, text[6] = "";
	pid_t child;

	ftruncate(file, 4096);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	child = fork();
	if (child == 0) {
		memcpy(page + 10, "child", 5);
		pwrite(file, "write", 5, 100);
		_exit(0);
	}
	reap(child);
	pread(file, text, 5, 10);
	say("read", "%s", text);
	say("mapped", "%.5s", page + 100);
}

CASE(madvise_keeps_pages_from_children)
{
	char *wiped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *absent = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	*wiped = *absent = 7;
	say_result("MADV_WIPEONFORK", madvise(wiped, 4096, MADV_WIPEONFORK));
	say_result("MADV_DONTFORK", madvise(absent, 4096, MADV_DONTFORK));
	child = fork();
	if (child == 0) {
		prctl(PR_SET_DUMPABLE, 0);
		say_number("wiped", *wiped);
		say_number("absent", *absent);
		_exit(0);
	}
	say_end("child", child);
	say_number("here", *wiped + *absent);
}

CASE(file_offsets_are_shared)
{
	int file = temporary_file();
	pid_t child = fork();

	if (child == 0) {
		write(file, "12345", 5);
		_exit(0);
	}
	reap(child);
	say_number("offset", (long)lseek(file, 0, SEEK_CUR));
	write(file, "678", 3);
	say_number("size", (long)lseek(file, 0, SEEK_END));
}

CASE(file_status_flags_are_shared)
{
	pid_t child;

	pipe(ends);
	child = fork();
	if (child == 0) {
		fcntl(ends[0], F_SETFL, O_NONBLOCK);
		fcntl(ends[0], F_SETFD, FD_CLOEXEC);
		_exit(0);
	}
	reap(child);
	say_yes("O_NONBLOCK", fcntl(ends[0], F_GETFL) & O_NONBLOCK);
	say_result("read", read(ends[0], &child, 1));
	say_yes("FD_CLOEXEC", fcntl(ends[0], F_GETFD) & FD_CLOEXEC);
}

CASE(closing_in_the_child_closes_nothing_here)
{
	pid_t child;
	char byte = 0;

	pipe(ends);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		close(ends[1]);
		_exit(0);
	}
	reap(child);
	say_result("write", write(ends[1], "x", 1));
	say_result("read", read(ends[0], &byte, 1));
}

CASE(a_pipe_ends_with_its_last_writer)
{
	pid_t child;
	char byte;

	pipe(ends);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		wait_a_little();
		write(ends[1], "a", 1);
		_exit(0);
	}
	close(ends[1]);
	say_result("read", read(ends[0], &byte, 1));
	say_result("read at the end", read(ends[0], &byte, 1));
	reap(child);
}

CASE(a_megabyte_through_a_pipe)
{
	static unsigned char block[10007];
	unsigned long sum = 0, bytes = 0;
	pid_t child;
	ssize_t count;

	pipe(ends);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		for (size_t i = 0; i < sizeof block; i++)
			block[i] = (unsigned char)(i * 7);
		for (int i = 0; i < 100; i++)
			for (size_t done = 0; done < sizeof block;)
				done += (size_t)write(ends[1], block + done, sizeof block - done);
		_exit(0);
	}
	close(ends[1]);
	while ((count = read(ends[0], block, 4000)) > 0) {
		bytes += (unsigned long)count;
		while (count--)
			sum += block[count];
	}
	say_end("child", child);
	say("bytes", "%lu", bytes);
	say("sum", "%lu", sum);
}

CASE(a_pipeline_of_five)
{
	int from = -1, status;
	char word[16] = "";

	for (int stage = 0; stage < 5; stage++) {
		pipe(ends);
		if (fork() == 0) {
			ssize_t length = 0;

			close(ends[0]);
			if (from >= 0)
				length = read(from, word, sizeof word - 2);
			word[length++] = (char)('a' + stage);
			write(ends[1], word, (size_t)length);
			_exit(stage);
		}
		close(ends[1]);
		close(from);
		from = ends[0];
	}
	read(from, word, sizeof word - 1);
	say("word", "%s", word);
	for (status = 0; wait(NULL) > 0; status++)
		;
	say_number("children", status);
}

static void say_timer(void)
{
	struct itimerval timer;

	getitimer(ITIMER_REAL, &timer);
	say_yes("timer in the child", timer.it_value.tv_sec || timer.it_value.tv_usec);
	say_result("alarm in the child", alarm(0));
}

CASE(a_child_has_no_timers)
{
	alarm(100);
	say_end("child", child_that(say_timer));
	say_yes("alarm here", alarm(0) > 90);
}

static volatile sig_atomic_t calls;

static void count(int signal_number)
{
	(void)signal_number;
	calls++;
}

CASE(each_interval_timer_has_its_signal)
{
	struct itimerval soon = { { 0, 0 }, { 0, 5000 } };

	catch(SIGVTALRM, count, 0);
	setitimer(ITIMER_VIRTUAL, &soon, NULL);
	while (!calls)
		;
	say_number("virtual", calls);
	catch(SIGPROF, count, 0);
	setitimer(ITIMER_PROF, &soon, NULL);
	while (calls < 2)
		;
	say_number("prof", calls);
	catch(SIGALRM, count, 0);
	setitimer(ITIMER_REAL, &soon, NULL);
	while (calls < 3)
		pause();
	say_number("real", calls);
	say_result("unknown one", setitimer(77, &soon, NULL));
	soon.it_value.tv_usec = 1000000;
	say_result("a million microseconds", setitimer(ITIMER_REAL, &soon, NULL));
}

CASE(alarm_returns_what_was_left)
{
	say_result("none before", alarm(50));
	say_yes("fifty", alarm(0) == 50);
	say_result("none after", alarm(0));
}

static void first_handler(void)
{
	say("handler", "first");
}

static void second_handler(void)
{
	say("handler", "second");
	atexit(first_handler);
}

static void third_handler(int status, void *argument)
{
	say("handler", "third with %d and %s", status, (char *)argument);
}

static void exit_with_handlers(void)
{
	atexit(first_handler);
	atexit(second_handler);
	on_exit(third_handler, "a word");
	exit(12);
}

static void exit_without_handlers(void)
{
	atexit(first_handler);
	_exit(13);
}

static void quick_exit_with_handlers(void)
{
	atexit(first_handler);
	at_quick_exit(second_handler);
	quick_exit(14);
}

CASE(exit_runs_handlers_backwards)
{
	say_end("exit", child_that(exit_with_handlers));
	say_end("_exit", child_that(exit_without_handlers));
	say_end("quick_exit", child_that(quick_exit_with_handlers));
}

static void exit_with_buffers(void)
{
	FILE *stream = fdopen(ends[1], "w");

	fputs("buffered", stream);
	exit(0);
}

static void leave_buffers(void)
{
	FILE *stream = fdopen(ends[1], "w");

	fputs("lost", stream);
	_exit(0);
}

CASE(exit_writes_buffers)
{
	char text[32] = "";

	pipe(ends);
	say_end("_exit", child_that(leave_buffers));
	say_end("exit", child_that(exit_with_buffers));
	close(ends[1]);
	read(ends[0], text, sizeof text - 1);
	say("text", "%s", text);
}

CASE(names_of_a_process)
{
	char name[17] = "";

	say_result("set", prctl(PR_SET_NAME, "a name that is too long"));
	prctl(PR_GET_NAME, name);
	say("name", "%s", name);
	say_result("bad address", prctl(PR_SET_NAME, 8l));
	say_result("unknown option", prctl(0x7777));
	if (fork() == 0) {
		memset(name, 0, sizeof name);
		prctl(PR_GET_NAME, name);
		say("name in the child", "%s", name);
		_exit(0);
	}
	wait(NULL);
}

CASE(personality_is_inherited)
{
	int before = personality(0xffffffff);
	pid_t child;

	say_yes("set", personality((unsigned long)before | ADDR_NO_RANDOMIZE) == before);
	child = fork();
	if (child == 0)
		_exit((personality(0xffffffff) & ADDR_NO_RANDOMIZE) != 0);
	say_end("child", child);
}

static void check_limits(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	say_number("in the child", (long)limit.rlim_cur);
	say_result("dup beyond it", dup2(0, 60));
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 30, 50 });
}

CASE(limits_are_copied)
{
	struct rlimit limit;

	say_result("set", setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 50, 60 }));
	say_end("child", child_that(check_limits));
	getrlimit(RLIMIT_NOFILE, &limit);
	say_number("here", (long)limit.rlim_cur);
	say_result("soft above hard", setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 70, 60 }));
	say_result("unknown limit", setrlimit(77, &limit));
}

static void limit_processes(void)
{
	if (!getuid() && setresuid(65533, 65533, 65533))
		say_result("setresuid", -1);
	setrlimit(RLIMIT_NPROC, &(struct rlimit){ 0, 0 });
	say_result("fork", fork());
}

CASE(the_number_of_processes_is_limited)
{
	say_end("child", child_that(limit_processes));
}

static void lock_and_sleep(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	lock.l_start = 0;
	if (fcntl(number, F_GETLK, &lock))
		say_result("F_GETLK", -1);
	say_yes("the child sees the parent's lock", lock.l_type == F_WRLCK && lock.l_pid == getppid());
	lock.l_type = F_WRLCK;
	say_result("lock", fcntl(number, F_SETLK, &lock));
}

CASE(record_locks_are_not_inherited)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	number = temporary_file();
	fcntl(number, F_SETLK, &lock);
	say_end("child", child_that(lock_and_sleep));
}

CASE(pids_are_not_used_again_at_once)
{
	pid_t first, second;

	first = fork();
	if (first == 0)
		_exit(0);
	reap(first);
	second = fork();
	if (second == 0)
		_exit(0);
	reap(second);
	say_yes("another", first != second);
}

CASE(a_hundred_children_in_a_row)
{
	int status, sum = 0;

	for (int i = 0; i < 100; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(i);
		waitpid(child, &status, 0);
		sum += WEXITSTATUS(status);
	}
	say_number("sum", sum);
}
