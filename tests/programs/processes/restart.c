/* Which calls a signal handler interrupts, and which go on afterwards. */
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>

#include "harness.h"

static volatile sig_atomic_t ticks;
static volatile int finishing; /* what the handler writes to after a few ticks */

static void tick_handler(int number)
{
	int error = errno;

	(void)number;
	if (++ticks >= 3 && finishing)
		write(finishing, "x", 1);
	errno = error;
}

/* Ticks go on until the end, so that one of them meets the call whenever it sleeps. */
static void interrupt(int flags)
{
	catch(SIGALRM, tick_handler, flags);
	tick(10);
}

static void make_pipe(int *ends)
{
	if (pipe(ends))
		say_result("pipe", -1);
}

static void say_read(int flags)
{
	int ends[2];
	char byte;

	make_pipe(ends);
	if (flags & SA_RESTART)
		finishing = ends[1];
	interrupt(flags);
	say_result("read", read(ends[0], &byte, 1));
	say_yes("ticks", ticks >= (flags & SA_RESTART ? 3 : 1));
}

CASE(read_of_a_pipe_is_interrupted)
{
	say_read(0);
}

CASE(read_of_a_pipe_is_restarted)
{
	say_read(SA_RESTART);
}

static void fill(int file)
{
	static char block[4096];

	fcntl(file, F_SETFL, O_NONBLOCK);
	while (write(file, block, sizeof block) > 0)
		;
	fcntl(file, F_SETFL, 0);
}

CASE(write_to_a_full_pipe_is_interrupted)
{
	int ends[2];

	make_pipe(ends);
	fill(ends[1]);
	interrupt(0);
	say_result("write", write(ends[1], "x", 1));
}

CASE(write_of_a_part_is_not_restarted)
{
	static char block[1 << 20];
	int ends[2];
	ssize_t count;

	make_pipe(ends);
	interrupt(SA_RESTART);
	count = write(ends[1], block, sizeof block);
	say_yes("a part was written", count > 0 && count < (ssize_t)sizeof block);
}

static volatile pid_t child_to_end;

static void end_child(int number)
{
	(void)number;
	if (++ticks == 3)
		kill(child_to_end, SIGKILL);
}

static void sleep_for_ever(void)
{
	for (;;)
		pause();
}

CASE(wait_is_interrupted)
{
	child_to_end = child_that(sleep_for_ever);
	interrupt(0);
	say_result("waitpid", waitpid(child_to_end, NULL, 0));
	say_result("waitid", waitid(P_ALL, 0, NULL, WEXITED));
	kill(child_to_end, SIGKILL);
	reap(child_to_end);
}

CASE(wait_is_restarted)
{
	int status = 0;

	child_to_end = child_that(sleep_for_ever);
	catch(SIGALRM, end_child, SA_RESTART);
	tick(10);
	say_yes("waitpid", waitpid(child_to_end, &status, 0) == child_to_end);
	say_status("status", status);
	say_yes("ticks", ticks >= 3);
}

static void say_nanosleep(int flags)
{
	struct timespec left = { 0 };

	interrupt(flags);
	say_result("nanosleep", nanosleep(&(struct timespec){ 100, 0 }, &left));
	say_yes("time is left", left.tv_sec >= 80 && left.tv_sec < 100);
}

CASE(nanosleep_is_interrupted)
{
	say_nanosleep(0);
}

CASE(nanosleep_is_interrupted_even_with_sa_restart)
{
	say_nanosleep(SA_RESTART);
}

CASE(clock_nanosleep_to_a_time_is_never_restarted)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_sec += 100;
	interrupt(SA_RESTART);
	say_result("clock_nanosleep",
		   as_result(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL)));
}

CASE(poll_is_never_restarted)
{
	int ends[2];

	make_pipe(ends);
	interrupt(SA_RESTART);
	say_result("poll", poll(&(struct pollfd){ ends[0], POLLIN, 0 }, 1, -1));
	say_result("poll with a timeout", poll(&(struct pollfd){ ends[0], POLLIN, 0 }, 1, 100000));
	say_result("ppoll", ppoll(&(struct pollfd){ ends[0], POLLIN, 0 }, 1, NULL, NULL));
}

CASE(select_is_never_restarted)
{
	fd_set set;
	int ends[2];

	make_pipe(ends);
	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	interrupt(SA_RESTART);
	say_result("select", select(ends[0] + 1, &set, NULL, NULL, NULL));
	say_yes("the set is as it was", FD_ISSET(ends[0], &set));
	say_result("pselect", pselect(ends[0] + 1, &set, NULL, NULL, NULL, NULL));
}

CASE(epoll_wait_is_never_restarted)
{
	struct epoll_event event;
	int queue = epoll_create1(0);

	interrupt(SA_RESTART);
	say_result("epoll_wait", epoll_wait(queue, &event, 1, -1));
}

CASE(pause_and_sigsuspend_are_never_restarted)
{
	sigset_t none;

	sigemptyset(&none);
	interrupt(SA_RESTART);
	say_result("pause", pause());
	say_result("sigsuspend", sigsuspend(&none));
}

static int word;

static void wake_word(int number)
{
	(void)number;
	if (++ticks < 3)
		return;
	word = 1;
	syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

CASE(futex_wait_is_interrupted)
{
	interrupt(0);
	say_result("futex", syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0));
}

CASE(futex_wait_is_restarted)
{
	catch(SIGALRM, wake_word, SA_RESTART);
	tick(10);
	/* The third tick wakes nobody: it comes while the handler runs. The restarted call sees
	 * that the word has changed. */
	say_result("futex", syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0));
	say_yes("ticks", ticks >= 3);
}

CASE(futex_wait_with_a_timeout_is_interrupted)
{
	struct timespec time = { 100, 0 };

	interrupt(SA_RESTART);
	say_result("futex", syscall(SYS_futex, &word, FUTEX_WAIT, 0, &time, NULL, 0));
}

static char fifo_path[64];

static void open_writer(int number)
{
	int error = errno;

	(void)number;
	if (++ticks == 3)
		finishing = open(fifo_path, O_RDWR | O_NONBLOCK);
	errno = error;
}

static void say_open(int flags)
{
	char folder[] = "/tmp/emu-fifo-XXXXXX";
	int file;

	if (!mkdtemp(folder))
		say_result("folder", -1);
	snprintf(fifo_path, sizeof fifo_path, "%s/fifo", folder);
	if (mkfifo(fifo_path, 0600))
		say_result("mkfifo", -1);
	catch(SIGALRM, flags ? open_writer : tick_handler, flags);
	tick(10);
	file = open(fifo_path, O_RDONLY);
	if (file < 0)
		say_result("open", -1);
	else
		say_yes("open", 1);
	unlink(fifo_path);
	rmdir(folder);
}

CASE(open_of_a_fifo_is_interrupted)
{
	say_open(0);
}

CASE(open_of_a_fifo_is_restarted)
{
	say_open(SA_RESTART);
}

static void hold_lock(int file, int *ends)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	fcntl(file, F_SETLK, &lock);
	write(ends[1], "x", 1);
	sleep_for_ever();
}

static void say_lock(int flags)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int file = temporary_file(), ends[2];
	char byte;

	make_pipe(ends);
	child_to_end = fork();
	if (child_to_end == 0)
		hold_lock(file, ends);
	read(ends[0], &byte, 1);
	catch(SIGALRM, flags ? end_child : tick_handler, flags);
	tick(10);
	say_result("F_SETLKW", fcntl(file, F_SETLKW, &lock));
	kill(child_to_end, SIGKILL);
	reap(child_to_end);
}

CASE(waiting_for_a_record_lock_is_interrupted)
{
	say_lock(0);
}

CASE(waiting_for_a_record_lock_is_restarted)
{
	say_lock(SA_RESTART);
}

static void say_flock(int flags)
{
	char path[] = "/tmp/emu-flock-XXXXXX";
	int file = mkstemp(path), ends[2];
	char byte;

	make_pipe(ends);
	child_to_end = fork();
	if (child_to_end == 0) {
		flock(open(path, O_RDWR), LOCK_EX);
		write(ends[1], "x", 1);
		sleep_for_ever();
	}
	read(ends[0], &byte, 1);
	catch(SIGALRM, flags ? end_child : tick_handler, flags);
	tick(10);
	say_result("flock", flock(file, LOCK_EX));
	kill(child_to_end, SIGKILL);
	reap(child_to_end);
	unlink(path);
}

CASE(waiting_for_flock_is_interrupted)
{
	say_flock(0);
}

CASE(waiting_for_flock_is_restarted)
{
	say_flock(SA_RESTART);
}

/* Stops the child again and again while it is in its call: without a handler no call may end. */
static void stop_and_continue(pid_t child, int rounds)
{
	int status;

	while (rounds--) {
		wait_a_little();
		kill(child, SIGSTOP);
		waitpid(child, &status, WUNTRACED);
		if (!WIFSTOPPED(status)) {
			say_status("ended too early", status);
			return;
		}
		kill(child, SIGCONT);
	}
}

static int read_end;

static void call_read(void)
{
	char byte;

	say_result("read", read(read_end, &byte, 1));
}

CASE(read_goes_on_after_a_stop)
{
	int ends[2];
	pid_t child;

	make_pipe(ends);
	read_end = ends[0];
	child = child_that(call_read);
	stop_and_continue(child, 5);
	write(ends[1], "x", 1);
	say_end("child", child);
}

static void call_poll(void)
{
	say_result("poll", poll(&(struct pollfd){ read_end, POLLIN, 0 }, 1, 100000));
}

CASE(poll_goes_on_after_a_stop)
{
	int ends[2];
	pid_t child;

	make_pipe(ends);
	read_end = ends[0];
	child = child_that(call_poll);
	stop_and_continue(child, 5);
	write(ends[1], "x", 1);
	say_end("child", child);
}

static void call_nanosleep(void)
{
	struct timespec before, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	say_result("nanosleep", nanosleep(&(struct timespec){ 0, 100000000 }, NULL));
	clock_gettime(CLOCK_MONOTONIC, &after);
	say_yes("it took that long", (after.tv_sec - before.tv_sec) * 1000000000ll +
						     after.tv_nsec - before.tv_nsec >= 100000000);
}

CASE(nanosleep_goes_on_after_a_stop)
{
	pid_t child = child_that(call_nanosleep);

	kill(child, SIGSTOP);
	waitpid(child, NULL, WUNTRACED);
	kill(child, SIGCONT);
	say_end("child", child);
}

static int *shared_word;

static void call_futex(void)
{
	struct timespec time = { 100, 0 };

	say_result("futex", syscall(SYS_futex, shared_word, FUTEX_WAIT, 0, &time, NULL, 0));
}

CASE(futex_wait_goes_on_after_a_stop)
{
	pid_t child;

	shared_word = shared_memory(sizeof *shared_word);
	child = child_that(call_futex);
	stop_and_continue(child, 5);
	until(syscall(SYS_futex, shared_word, FUTEX_WAKE, 1, NULL, NULL, 0) == 1);
	say_end("child", child);
}

static void call_sigsuspend(void)
{
	sigset_t set;

	sigfillset(&set);
	sigdelset(&set, SIGUSR1);
	sigdelset(&set, SIGCONT);
	catch(SIGUSR1, tick_handler, 0);
	say_result("sigsuspend", sigsuspend(&set));
	say_number("ticks", ticks);
}

CASE(sigsuspend_goes_on_after_a_stop)
{
	pid_t child;

	block(SIGUSR1);
	child = child_that(call_sigsuspend);
	stop_and_continue(child, 5);
	kill(child, SIGUSR1);
	say_end("child", child);
}

CASE(an_ignored_signal_interrupts_nothing)
{
	int ends[2];
	char byte;
	pid_t child;

	make_pipe(ends);
	signal(SIGUSR1, SIG_IGN);
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 5; i++) {
			wait_a_little();
			kill(getppid(), SIGUSR1);
		}
		write(ends[1], "x", 1);
		_exit(0);
	}
	say_result("read", read(ends[0], &byte, 1));
	reap(child);
}

static sigjmp_buf out;

static void jump_out(int number)
{
	siglongjmp(out, number);
}

CASE(siglongjmp_leaves_a_sleeping_call)
{
	int ends[2];
	char byte;

	make_pipe(ends);
	catch(SIGALRM, jump_out, SA_RESTART);
	if (sigsetjmp(out, 1)) {
		tick(0);
		say_yes("jumped", 1);
	} else {
		tick(10);
		read(ends[0], &byte, 1);
		say_yes("read came back", 1);
	}
	write(ends[1], "x", 1);
	say_result("the next read", read(ends[0], &byte, 1));
}
