/* Sessions, process groups, and what happens to groups that nobody controls any more. */
#include <termios.h>

#include "harness.h"

static int ends[2];

static void sleep_for_ever(void)
{
	for (;;)
		pause();
}

/* The parent reads one byte when the child has got so far. */
static void tell_ready(void)
{
	write(ends[1], "x", 1);
}

static void wait_until_ready(void)
{
	char byte;

	read(ends[0], &byte, 1);
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	reap(child);
}

static void lead_a_session(void)
{
	say_yes("setsid", setsid() == getpid());
	say_yes("session", getsid(0) == getpid());
	say_yes("group", getpgrp() == getpid());
	say_result("setsid again", setsid());
	say_result("setpgid of the leader", setpgid(0, 0));
	say_result("terminal", open("/dev/tty", O_RDWR));
}

CASE(setsid_makes_a_session)
{
	say_end("end", child_that(lead_a_session));
}

CASE(a_group_leader_cannot_setsid)
{
	say_yes("leader", getpgrp() == getpid());
	say_result("setsid", setsid());
}

static void say_ids(void)
{
	say_yes("parent's group", getpgrp() == getppid());
	say_yes("parent's session", getsid(0) == getsid(getppid()));
}

CASE(a_child_inherits_group_and_session)
{
	say_end("end", child_that(say_ids));
}

CASE(setpgid_makes_and_joins_groups)
{
	pid_t first = child_that(sleep_for_ever), second = child_that(sleep_for_ever);

	say_result("make", setpgid(first, 0));
	say_yes("made", getpgid(first) == first);
	say_result("join", setpgid(second, first));
	say_yes("joined", getpgid(second) == first);
	say_result("again", setpgid(second, first));
	say_result("back", setpgid(second, getpgrp()));
	say_yes("is back", getpgid(second) == getpgrp());
	end(first);
	end(second);
}

static void start_a_session(void)
{
	setsid();
	tell_ready();
	sleep_for_ever();
}

CASE(errors_of_setpgid)
{
	pid_t child = child_that(sleep_for_ever), other;

	pipe(ends);
	other = child_that(start_a_session);
	wait_until_ready();
	say_result("nobody", setpgid(0x3fffffff, 0));
	say_result("negative group", setpgid(child, -1));
	say_result("group of nobody", setpgid(child, 0x3fffffff));
	say_result("no child", setpgid(getppid(), 0));
	say_result("a session's leader", setpgid(other, 0));
	say_result("group of another session", setpgid(child, other));
	say_result("getpgid of nobody", getpgid(0x3fffffff));
	say_result("getsid of nobody", getsid(0x3fffffff));
	say_yes("getsid of another", getsid(other) == other);
	end(child);
	end(other);
}

static volatile sig_atomic_t hangups, continuations;

static void count(int number)
{
	if (number == SIGHUP)
		hangups++;
	else
		continuations++;
}

static void stop_and_report(void)
{
	sigset_t none;

	catch(SIGHUP, count, 0);
	catch(SIGCONT, count, 0);
	block(SIGHUP);
	block(SIGCONT);
	setpgid(0, 0);
	tell_ready();
	raise(SIGSTOP);
	sigemptyset(&none);
	while (!hangups || !continuations)
		sigsuspend(&none);
	_exit(20 + 2 * hangups + continuations);
}

static void leave_a_stopped_group(void)
{
	pid_t child;

	setsid();
	child = child_that(stop_and_report);
	wait_until_ready();
	waitpid(child, NULL, WUNTRACED);
}

CASE(a_stopped_group_that_becomes_orphaned_is_hung_up)
{
	int status = 0;

	pipe(ends);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	say_end("parent", child_that(leave_a_stopped_group));
	say_yes("one more", wait(&status) > 0);
	say_status("the orphan", status);
}

static void run_and_report(void)
{
	signal(SIGHUP, SIG_DFL);
	setpgid(0, 0);
	tell_ready();
	until(getppid() != getsid(0));
	_exit(22);
}

static void leave_a_running_group(void)
{
	setsid();
	child_that(run_and_report);
	wait_until_ready();
}

CASE(a_running_group_that_becomes_orphaned_goes_on)
{
	int status = 0;

	pipe(ends);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	say_end("parent", child_that(leave_a_running_group));
	say_yes("one more", wait(&status) > 0);
	say_status("the orphan", status);
}

static void stop_in_an_orphaned_group(void)
{
	setsid(); /* its parent is in another session: orphaned */
	raise(SIGTSTP);
	raise(SIGTTIN);
	raise(SIGTTOU);
	tell_ready();
	raise(SIGSTOP);
	_exit(5);
}

CASE(an_orphaned_group_is_stopped_by_sigstop_only)
{
	int status = 0;
	pid_t child;

	pipe(ends);
	child = child_that(stop_in_an_orphaned_group);
	waitpid(child, &status, WUNTRACED);
	say_status("first", status);
	kill(child, SIGCONT);
	say_end("end", child);
}

static void stop_in_background(void)
{
	raise(SIGTSTP);
	_exit(8);
}

CASE(a_stopped_job_is_continued)
{
	int status = 0;
	pid_t first = child_that(stop_in_background), second;

	setpgid(first, first);
	second = fork();
	if (second == 0) {
		setpgid(0, first);
		stop_in_background();
	}
	setpgid(second, first);
	waitpid(first, &status, WUNTRACED);
	say_status("first", status);
	waitpid(second, &status, WUNTRACED);
	say_status("second", status);
	say_result("continue both", kill(-first, SIGCONT));
	say_end("end of the first", first);
	say_end("end of the second", second);
}

CASE(a_job_is_stopped_and_killed_as_a_group)
{
	int status = 0;
	pid_t first = child_that(sleep_for_ever), second = child_that(sleep_for_ever);

	setpgid(first, first);
	setpgid(second, first);
	kill(-first, SIGSTOP);
	for (int i = 0; i < 2; i++) {
		waitpid(-first, &status, WUNTRACED);
		say_status("stopped", status);
	}
	kill(-first, SIGKILL);
	for (int i = 0; i < 2; i++) {
		waitpid(-first, &status, 0);
		say_status("killed", status);
	}
	say_result("then none", waitpid(-first, NULL, 0));
}

static void leave_the_group_behind(void)
{
	pid_t inner = fork();

	if (inner == 0) {
		tell_ready();
		sleep_for_ever();
	}
}

CASE(a_group_outlives_its_leader)
{
	int status = 0;
	pid_t child;

	pipe(ends);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	child = fork();
	if (child == 0) {
		setpgid(0, 0);
		leave_the_group_behind();
		_exit(0);
	}
	reap(child);
	wait_until_ready();
	say_result("signal to the group", kill(-child, 0));
	say_result("the leader", kill(child, 0));
	say_result("kill the group", kill(-child, SIGTERM));
	say_yes("the member was killed", waitpid(-child, &status, 0) > 0);
	say_status("status", status);
	say_result("the group now", kill(-child, 0));
}

static void count_the_terminal_signals(void)
{
	signal(SIGTTOU, SIG_DFL);
	say_result("tcgetpgrp", tcgetpgrp(0));
	say_result("tcsetpgrp", tcsetpgrp(0, getpgrp()));
	say_result("tcgetsid", tcgetsid(0));
}

CASE(without_a_terminal_there_is_no_foreground_group)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	say_end("end", child_that(count_the_terminal_signals));
}
