/* Every option of the wait calls, what they report, and who inherits whom. */
#include <poll.h>
#include <sys/times.h>

#include "harness.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static int status_wanted;

static void exit_as_wanted(void)
{
	_exit(status_wanted);
}

static void sleep_for_ever(void)
{
	for (;;)
		pause();
}

static void stop_then_exit(void)
{
	raise(SIGSTOP);
	_exit(3);
}

static pid_t zombie(int status)
{
	pid_t child;

	status_wanted = status;
	child = child_that(exit_as_wanted);
	until(!waitid(P_PID, (id_t)child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT));
	return child;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	reap(child);
}

CASE(exit_statuses_are_bytes)
{
	static const int statuses[] = { 0, 1, 127, 128, 255, 256, 257, -1 };

	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
		char what[16];

		status_wanted = statuses[i];
		snprintf(what, sizeof what, "%d", statuses[i]);
		say_end(what, child_that(exit_as_wanted));
	}
}

CASE(wait_without_children)
{
	say_result("wait", wait(NULL));
	say_result("with WNOHANG", waitpid(-1, NULL, WNOHANG));
	say_result("waitid", waitid(P_ALL, 0, NULL, WEXITED));
}

CASE(wnohang_does_not_wait)
{
	siginfo_t information = { .si_pid = 77 };
	pid_t child = child_that(sleep_for_ever);

	say_result("waitpid", waitpid(child, NULL, WNOHANG));
	say_result("waitid", waitid(P_PID, (id_t)child, &information, WEXITED | WNOHANG));
	say_number("si_pid", information.si_pid);
	say_number("si_signo", information.si_signo);
	end(child);
}

CASE(waitpid_chooses_by_pid)
{
	pid_t first = zombie(1), second = zombie(2);
	int status;

	say_yes("second", waitpid(second, &status, 0) == second);
	say_status("its status", status);
	say_yes("any", waitpid(-1, &status, 0) == first);
	say_status("its status then", status);
}

CASE(waitpid_chooses_by_group)
{
	pid_t first = child_that(sleep_for_ever), second = child_that(sleep_for_ever);

	setpgid(second, second);
	kill(first, SIGTERM);
	kill(second, SIGTERM);
	say_yes("that group", waitpid(-second, NULL, 0) == second);
	say_result("that group again", waitpid(-second, NULL, 0));
	say_yes("this group", waitpid(0, NULL, 0) == first);
	say_result("this group again", waitpid(0, NULL, 0));
}

CASE(waitid_chooses)
{
	pid_t first = child_that(sleep_for_ever), second = child_that(sleep_for_ever);
	siginfo_t information;

	setpgid(second, second);
	kill(first, SIGTERM);
	kill(second, SIGTERM);
	say_result("P_PGID", waitid(P_PGID, (id_t)second, &information, WEXITED));
	say_yes("second", information.si_pid == second);
	say_result("P_PGID 0", waitid(P_PGID, 0, &information, WEXITED | WNOWAIT));
	say_yes("first", information.si_pid == first);
	say_result("P_ALL", waitid(P_ALL, 77, &information, WEXITED));
	say_yes("first again", information.si_pid == first);
}

CASE(waitid_describes_an_exit)
{
	siginfo_t information = { 0 };
	pid_t child = zombie(0x1234);

	say_result("waitid", waitid(P_PID, (id_t)child, &information, WEXITED));
	say_signal("si_signo", information.si_signo);
	say_yes("CLD_EXITED", information.si_code == CLD_EXITED);
	say_number("si_status", information.si_status);
	say_yes("si_pid", information.si_pid == child);
	say_yes("si_uid", information.si_uid == getuid());
	say_number("si_errno", information.si_errno);
}

static void dump(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	raise(SIGSEGV);
}

CASE(waitid_describes_a_killing)
{
	siginfo_t information = { 0 };
	pid_t child = child_that(sleep_for_ever);

	kill(child, SIGHUP);
	waitid(P_PID, (id_t)child, &information, WEXITED);
	say_yes("CLD_KILLED", information.si_code == CLD_KILLED);
	say_signal("si_status", information.si_status);
	child = child_that(dump);
	waitid(P_PID, (id_t)child, &information, WEXITED);
	say_yes("CLD_DUMPED without a core", information.si_code == CLD_DUMPED);
	say_signal("si_status then", information.si_status);
}

CASE(waitid_describes_stop_and_continuation)
{
	siginfo_t information = { 0 };
	pid_t child = child_that(stop_then_exit);

	say_result("stopped", waitid(P_PID, (id_t)child, &information, WSTOPPED));
	say_yes("CLD_STOPPED", information.si_code == CLD_STOPPED);
	say_signal("si_status", information.si_status);
	say_result("stopped again", waitid(P_PID, (id_t)child, &information, WSTOPPED | WNOHANG));
	say_number("si_pid", information.si_pid);
	block(SIGCONT);
	kill(child, SIGCONT);
	say_result("continued", waitid(P_PID, (id_t)child, &information, WCONTINUED | WEXITED | WNOWAIT));
	say_yes("CLD_CONTINUED or later", information.si_code == CLD_CONTINUED ||
						   information.si_code == CLD_EXITED);
	say_end("end", child);
}

CASE(a_continuation_is_reported_once)
{
	int status = 0;
	pid_t child = child_that(sleep_for_ever);

	kill(child, SIGSTOP);
	say_yes("stopped", waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
	kill(child, SIGCONT);
	say_yes("continued", waitpid(child, &status, WCONTINUED) == child);
	say_status("status", status);
	say_result("again", waitpid(child, &status, WCONTINUED | WNOHANG));
	end(child);
}

CASE(a_stop_is_not_reported_unasked)
{
	int status;
	pid_t child = child_that(sleep_for_ever);

	kill(child, SIGSTOP);
	until(!waitid(P_PID, (id_t)child, &(siginfo_t){ 0 }, WSTOPPED | WNOWAIT));
	say_result("without WUNTRACED", waitpid(child, &status, WNOHANG));
	say_yes("with it", waitpid(child, &status, WUNTRACED | WNOHANG) == child);
	say_result("with it again", waitpid(child, &status, WUNTRACED | WNOHANG));
	end(child);
}

CASE(wnowait_leaves_it)
{
	siginfo_t information;
	pid_t child = zombie(9);

	for (int i = 0; i < 2; i++) {
		information.si_status = 0;
		waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT);
		say_number("si_status", information.si_status);
	}
	say_end("end", child);
	say_result("afterwards", waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT));
}

CASE(errors_of_the_wait_calls)
{
	siginfo_t information;
	pid_t child = zombie(0);

	say_result("unknown options", waitpid(child, NULL, 0x100));
	say_result("WEXITED for wait4", waitpid(child, NULL, WEXITED));
	say_result("WNOWAIT for wait4", waitpid(child, NULL, WNOWAIT));
	say_result("no kind of event", waitid(P_PID, (id_t)child, &information, WNOHANG));
	say_result("unknown kind of id", waitid(77, (id_t)child, &information, WEXITED));
	say_result("pid 0", waitid(P_PID, 0, &information, WEXITED));
	say_result("another's child", waitpid(getppid(), NULL, 0));
	say_result("lowest pid", waitpid((pid_t)0x80000000, NULL, 0));
	say_result("bad address", syscall(SYS_wait4, child, 8l, 0, NULL));
	say_result("reaped all the same", waitpid(child, NULL, 0));
}

CASE(rusage_of_a_child)
{
	struct rusage usage;
	int status;
	pid_t child;

	memset(&usage, -1, sizeof usage);
	status_wanted = 0;
	child = child_that(exit_as_wanted);
	say_yes("wait4", wait4(child, &status, 0, &usage) == child);
	say_yes("times are not negative", usage.ru_utime.tv_sec >= 0 && usage.ru_utime.tv_usec >= 0 &&
						  usage.ru_stime.tv_sec >= 0 &&
						  usage.ru_stime.tv_usec >= 0);
	say_yes("microseconds are less than a second",
		usage.ru_utime.tv_usec < 1000000 && usage.ru_stime.tv_usec < 1000000);
	say_yes("size is not negative", usage.ru_maxrss >= 0);
	say_yes("faults are not negative", usage.ru_minflt >= 0 && usage.ru_majflt >= 0);
}

static long long user_and_system(int who)
{
	struct rusage usage;

	if (getrusage(who, &usage))
		say_result("getrusage", -1);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000ll + usage.ru_utime.tv_usec +
	       usage.ru_stime.tv_usec;
}

static void burn(void)
{
	while (user_and_system(RUSAGE_SELF) < 40000)
		;
}

CASE(times_of_children_count_once_waited_for)
{
	pid_t child = child_that(burn);

	until(!waitid(P_PID, (id_t)child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT));
	say_yes("before", user_and_system(RUSAGE_CHILDREN) > 0);
	reap(child);
	say_yes("after", user_and_system(RUSAGE_CHILDREN) >= 30000);
	say_yes("own", user_and_system(RUSAGE_SELF) < 1000000);
	say_result("unknown who", getrusage(77, &(struct rusage){ 0 }));
}

CASE(times_counts_ticks)
{
	struct tms before, after;
	clock_t start = times(&before), now;
	pid_t child;

	burn();
	child = child_that(burn);
	reap(child);
	now = times(&after);
	say_yes("result", start != -1 && now >= start);
	say_yes("none at first", before.tms_utime + before.tms_stime < 2);
	say_yes("own", after.tms_utime + after.tms_stime >= 2);
	say_yes("children's", after.tms_cutime + after.tms_cstime >= 2);
	say_number("ticks per second", sysconf(_SC_CLK_TCK));
}

static int ends[2];

static void say_parent(int parent_expected)
{
	char byte;

	until(getppid() != parent_expected);
	byte = (char)(getppid() == parent_expected ? 'o' : 'n');
	write(ends[1], &byte, 1);
}

static void leave_an_orphan(void)
{
	pid_t parent = getpid();

	if (fork() == 0) {
		say_parent(parent);
		_exit(0);
	}
}

CASE(an_orphan_gets_another_parent)
{
	char byte = 0;
	pid_t child;

	pipe(ends);
	child = child_that(leave_an_orphan);
	reap(child);
	close(ends[1]);
	read(ends[0], &byte, 1);
	say_yes("another", byte == 'n');
	say_result("wait", waitpid(-1, NULL, 0));
}

static void orphan_of_a_subreaper(void)
{
	pid_t grandparent = getppid(), parent = getpid();

	if (fork() == 0) {
		until(getppid() != parent);
		_exit(getppid() == grandparent ? 11 : 12);
	}
}

CASE(a_subreaper_inherits_orphans)
{
	int is_one = 0, status = 0;
	pid_t child;

	say_result("prctl", prctl(PR_SET_CHILD_SUBREAPER, 1));
	prctl(PR_GET_CHILD_SUBREAPER, &is_one);
	say_number("is one", is_one);
	child = child_that(orphan_of_a_subreaper);
	say_end("child", child);
	say_yes("one more", wait(&status) > 0);
	say_status("the orphan", status);
}

static void ask_subreaper(void)
{
	int is_one = 77;

	prctl(PR_GET_CHILD_SUBREAPER, &is_one);
	_exit(is_one);
}

CASE(children_are_no_subreapers)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	say_end("child", child_that(ask_subreaper));
}

static void die_after_the_signal_is_set(void)
{
	int ready[2];
	char byte;

	pipe(ready);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGUSR1);
		close(ends[0]);
		write(ready[1], "x", 1);
		sleep_for_ever();
	}
	read(ready[0], &byte, 1);
}

CASE(pdeathsig_comes_when_the_parent_dies)
{
	int status = 0;
	pid_t child;

	pipe(ends);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	child = child_that(die_after_the_signal_is_set);
	say_end("child", child);
	say_yes("one more", wait(&status) > 0);
	say_status("the orphan", status);
}

static void ask_pdeathsig(void)
{
	int number = 77;

	prctl(PR_GET_PDEATHSIG, &number);
	_exit(number);
}

CASE(pdeathsig_is_not_inherited)
{
	int number = 0;

	say_result("set", prctl(PR_SET_PDEATHSIG, SIGTERM));
	prctl(PR_GET_PDEATHSIG, &number);
	say_signal("get", number);
	say_result("bad signal", prctl(PR_SET_PDEATHSIG, 300));
	say_end("child", child_that(ask_pdeathsig));
}

static long pidfd_open(pid_t pid, unsigned int flags)
{
	return syscall(SYS_pidfd_open, pid, flags);
}

static long pidfd_send_signal(int pidfd, int number, siginfo_t *information, unsigned int flags)
{
	return syscall(SYS_pidfd_send_signal, pidfd, number, information, flags);
}

CASE(a_pidfd_tells_the_end)
{
	pid_t child = child_that(sleep_for_ever);
	int pidfd = (int)pidfd_open(child, 0);
	struct pollfd poll_it = { pidfd, POLLIN, 0 };
	siginfo_t information = { 0 };

	say_yes("descriptor", pidfd >= 0);
	if (pidfd < 0) {
		end(child);
		return;
	}
	say_yes("close-on-exec", fcntl(pidfd, F_GETFD) == FD_CLOEXEC);
	say_result("poll while it lives", poll(&poll_it, 1, 0));
	say_result("waitid while it lives", waitid(P_PIDFD, (id_t)pidfd, &information, WEXITED | WNOHANG));
	say_result("signal", pidfd_send_signal(pidfd, SIGTERM, NULL, 0));
	say_result("poll", poll(&poll_it, 1, 5000));
	say_yes("readable", poll_it.revents & POLLIN);
	say_result("waitid", waitid(P_PIDFD, (id_t)pidfd, &information, WEXITED));
	say_yes("si_pid", information.si_pid == child);
	say_signal("si_status", information.si_status);
	say_result("signal once reaped", pidfd_send_signal(pidfd, 0, NULL, 0));
	say_result("waitid once reaped", waitid(P_PIDFD, (id_t)pidfd, &information, WEXITED));
}

CASE(errors_of_pidfds)
{
	pid_t child = zombie(0);
	int pidfd = (int)pidfd_open(child, 0);
	int null = open("/dev/null", O_RDONLY);

	say_yes("of a zombie", pidfd >= 0);
	reap(child);
	say_result("nobody", pidfd_open(child, 0));
	say_result("pid 0", pidfd_open(0, 0));
	say_result("pid -1", pidfd_open(-1, 0));
	say_result("unknown flags", pidfd_open(getpid(), 1));
	say_result("signal to another file", pidfd_send_signal(null, 0, NULL, 0));
	say_result("signal to no file", pidfd_send_signal(-1, 0, NULL, 0));
	pidfd = (int)pidfd_open(getpid(), 0);
	say_result("bad signal", pidfd_send_signal(pidfd, 300, NULL, 0));
	say_result("unknown flags of a signal", pidfd_send_signal(pidfd, 0, NULL, 0x100));
	say_result("wait for another file", waitid(P_PIDFD, (id_t)null, NULL, WEXITED));
	say_result("read", read(pidfd, &child, 1));
}

static siginfo_t seen;

static void remember(int number, siginfo_t *information, void *context)
{
	(void)number;
	(void)context;
	seen = *information;
}

CASE(a_pidfd_carries_a_siginfo)
{
	int pidfd = (int)pidfd_open(getpid(), 0);
	siginfo_t information = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };

	information.si_value.sival_int = 123;
	catch_information(SIGUSR1, remember, 0);
	say_result("signal", pidfd_send_signal(pidfd, SIGUSR1, &information, 0));
	say_number("value", seen.si_value.sival_int);
	say_result("another number in it", pidfd_send_signal(pidfd, SIGUSR2, &information, 0));
	say_result("plainly", pidfd_send_signal(pidfd, SIGUSR1, NULL, 0));
	say_yes("SI_USER", seen.si_code == SI_USER);
}

CASE(pidfd_getfd_takes_a_descriptor)
{
	int pidfd = (int)pidfd_open(getpid(), 0), copy;
	char byte = 0;

	pipe(ends);
	copy = (int)syscall(SYS_pidfd_getfd, pidfd, ends[0], 0);
	say_yes("another number", copy >= 0 && copy != ends[0]);
	write(ends[1], "x", 1);
	say_result("read", read(copy, &byte, 1));
	say_yes("close-on-exec", fcntl(copy, F_GETFD) == FD_CLOEXEC);
	say_result("bad descriptor", syscall(SYS_pidfd_getfd, pidfd, 9999, 0));
	say_result("unknown flags", syscall(SYS_pidfd_getfd, pidfd, ends[0], 1));
}

CASE(many_children_at_once)
{
	int statuses = 0, status, count = 0;

	for (status_wanted = 1; status_wanted <= 40; status_wanted++)
		child_that(exit_as_wanted);
	while (waitpid(-1, &status, 0) > 0) {
		count++;
		statuses += WEXITSTATUS(status);
	}
	say_number("children", count);
	say_number("sum", statuses);
}

CASE(a_chain_of_grandchildren)
{
	int depth = 0, status;
	pid_t child;

	while (depth < 15 && (child = fork()) == 0)
		depth++;
	if (depth == 15)
		_exit(1);
	waitpid(child, &status, 0);
	if (depth)
		_exit(WEXITSTATUS(status) + 1);
	say_number("depth", WEXITSTATUS(status));
}

static void *wait_in_thread(void *argument)
{
	int status = -1;

	waitpid((pid_t)(intptr_t)argument, &status, 0);
	return (void *)(intptr_t)status;
}

CASE(any_thread_may_wait_for_a_child)
{
	pthread_t thread;
	void *status;

	status_wanted = 5;
	pthread_create(&thread, NULL, wait_in_thread, (void *)(intptr_t)child_that(exit_as_wanted));
	pthread_join(thread, &status);
	say_status("status", (int)(intptr_t)status);
}

static void *fork_in_thread(void *argument)
{
	(void)argument;
	return (void *)(intptr_t)child_that(exit_as_wanted);
}

CASE(wnothread_looks_only_at_own_children)
{
	pthread_t thread;
	void *child;
	int status;

	status_wanted = 6;
	pthread_create(&thread, NULL, fork_in_thread, NULL);
	pthread_join(thread, &child);
	child = (void *)(intptr_t)zombie(7);
	say_yes("own", waitpid(-1, &status, __WNOTHREAD) > 0);
	say_yes("all", waitpid(-1, &status, 0) > 0);
}
