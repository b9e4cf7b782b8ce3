/* Signals to the owner of a file that can be read or written: O_ASYNC, F_SETOWN, F_SETSIG. */
#include <sys/ioctl.h>
#include <termios.h>

#include "harness.h"

static volatile sig_atomic_t times, number, code, band, descriptor;

static void note(int signal_number, siginfo_t *information, void *context)
{
	(void)context;
	times++;
	number = signal_number;
	code = information->si_code;
	band = (int)information->si_band;
	descriptor = information->si_fd;
}

static void say_note(const char *what)
{
	say_number(what, times);
	times = 0;
}

static void watch_reader(int ends[2], pid_t owner)
{
	pipe(ends);
	catch_information(SIGIO, note, 0);
	say_result("owner", fcntl(ends[0], F_SETOWN, owner));
	say_result("async", fcntl(ends[0], F_SETFL, O_ASYNC));
}

CASE(a_pipe_tells_its_reader)
{
	int ends[2];
	char bytes[8];

	watch_reader(ends, getpid());
	say_yes("flag", !!(fcntl(ends[0], F_GETFL) & O_ASYNC));
	write(ends[1], "abc", 3);
	say_note("written");
	say_yes("from the kernel", code == SI_KERNEL);
	read(ends[0], bytes, sizeof bytes);
	say_note("read");
	close(ends[1]);
	say_note("closed");
	fcntl(ends[0], F_SETFL, 0);
	say_yes("flag", !!(fcntl(ends[0], F_GETFL) & O_ASYNC));
}

CASE(a_pipe_tells_its_writer)
{
	int ends[2];
	char bytes[4096] = "";

	pipe(ends);
	catch_information(SIGIO, note, 0);
	fcntl(ends[1], F_SETOWN, getpid());
	fcntl(ends[1], F_SETFL, O_ASYNC | O_NONBLOCK);
	while (write(ends[1], bytes, sizeof bytes) > 0)
		;
	say_note("filled");
	read(ends[0], bytes, sizeof bytes);
	say_note("room");
	close(ends[0]);
	say_note("closed");
}

CASE(another_signal_says_more)
{
	int ends[2];

	pipe(ends);
	catch_information(SIGRTMIN + 3, note, 0);
	say_result("no such signal", fcntl(ends[0], F_SETSIG, 4711));
	say_result("signal", fcntl(ends[0], F_SETSIG, SIGRTMIN + 3));
	say_yes("which", fcntl(ends[0], F_GETSIG) == SIGRTMIN + 3);
	fcntl(ends[0], F_SETOWN, getpid());
	fcntl(ends[0], F_SETFL, O_ASYNC);
	write(ends[1], "abc", 3);
	say_note("written");
	say_signal("signal", number);
	say_yes("code", code == POLL_IN);
	say_number("band", band);
	say_yes("descriptor", descriptor == ends[0]);
	fcntl(ends[0], F_SETSIG, SIGUSR1);
	catch_information(SIGUSR1, note, 0);
	write(ends[1], "abc", 3);
	say_note("SIGUSR1");
	say_yes("code", code == POLL_IN);
	fcntl(ends[0], F_SETSIG, SIGCHLD);
	catch_information(SIGCHLD, note, 0);
	write(ends[1], "abc", 3);
	say_note("SIGCHLD");
	say_number("code", code);
	fcntl(ends[0], F_SETSIG, 0);
	catch_information(SIGIO, note, 0);
	write(ends[1], "abc", 3);
	say_signal("back", number);
}

CASE(owners)
{
	struct { int type; pid_t pid; } owner = { -1, -1 };
	int ends[2];

	pipe(ends);
	say_number("at first", fcntl(ends[0], F_GETOWN));
	say_result("nobody", fcntl(ends[0], F_SETOWN, 4194303));
	say_result("a group", fcntl(ends[0], F_SETOWN, -getpgrp()));
	say_yes("told", fcntl(ends[0], F_GETOWN) == -getpgrp());
	say_result("more", fcntl(ends[0], 16, &owner));
	say_number("kind", owner.type);
	say_yes("group", owner.pid == getpgrp());
	owner.type = 0;
	owner.pid = (pid_t)syscall(SYS_gettid);
	say_result("a thread", fcntl(ends[0], 15, &owner));
	say_yes("told", fcntl(ends[0], F_GETOWN) == getpid());
	owner.type = 7;
	say_result("no such kind", fcntl(ends[0], 15, &owner));
	owner.type = 1;
	owner.pid = 4194303;
	say_result("nobody", fcntl(ends[0], 15, &owner));
	say_result("take it back", fcntl(ends[0], F_SETOWN, 0));
	say_number("then", fcntl(ends[0], F_GETOWN));
}

static void count_in_child(void)
{
	catch_information(SIGIO, note, 0);
	while (!times)
		pause();
	_exit(7);
}

CASE(a_group_owns_it)
{
	int ends[2];
	pid_t child;

	block(SIGIO);
	child = child_that(count_in_child);
	unblock(SIGIO);
	watch_reader(ends, -getpgrp());
	kill(child, 0);
	(void)child;
	write(ends[1], "abc", 3);
	say_note("ours");
	kill(child, SIGKILL);
	reap(child);
}

CASE(fioasync)
{
	int ends[2], on = 1, file = temporary_file();

	pipe(ends);
	catch_information(SIGIO, note, 0);
	fcntl(ends[0], F_SETOWN, getpid());
	say_result("on", ioctl(ends[0], FIOASYNC, &on));
	say_yes("flag", !!(fcntl(ends[0], F_GETFL) & O_ASYNC));
	write(ends[1], "abc", 3);
	say_note("written");
	on = 0;
	say_result("off", ioctl(ends[0], FIOASYNC, &on));
	write(ends[1], "abc", 3);
	say_note("written");
	on = 1;
	say_result("a regular file", ioctl(file, FIOASYNC, &on));
	say_result("its flag", fcntl(file, F_SETFL, O_ASYNC));
	say_yes("set", !!(fcntl(file, F_GETFL) & O_ASYNC));
}

CASE(a_terminal_tells_of_input)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	grantpt(master);
	unlockpt(master);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	catch_information(SIGRTMIN, note, 0);
	fcntl(slave, F_SETSIG, SIGRTMIN);
	fcntl(slave, F_SETFL, O_ASYNC | O_RDWR);
	say_yes("owner", fcntl(slave, F_GETOWN) == getpid());
	write(master, "line\n", 5);
	for (int i = 0; i < 500 && !times; i++)
		wait_a_little();
	say_yes("told", times > 0);
	say_yes("code", code == POLL_IN);
	say_yes("descriptor", descriptor == slave);
}

CASE(a_closed_file_tells_nobody)
{
	int ends[2];

	watch_reader(ends, getpid());
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	write(ends[1], "abc", 3);
	say_note("written");
}
