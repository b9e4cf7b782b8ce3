/* Urgent bytes of AF_UNIX streams. */
#include "sockets.h"

CASE(urgent_byte)
{
	int ends[2];

	pair(SOCK_STREAM, ends);
	say_received("none yet", ends[1], MSG_OOB);
	write(ends[0], "before", 6);
	say_result("send", send(ends[0], "!", 1, MSG_OOB));
	write(ends[0], "after", 5);
	say_poll("poll", ends[1]);
	say_received("peek at it", ends[1], MSG_OOB | MSG_PEEK);
	say_received("the byte", ends[1], MSG_OOB);
	say_received("again", ends[1], MSG_OOB);
	say_poll("poll without it", ends[1]);
	say_received("before it", ends[1], 0);
	say_received("after it", ends[1], 0);
}

CASE(reads_stop_at_the_mark)
{
	int ends[2], mark = -1;

	pair(SOCK_STREAM, ends);
	write(ends[0], "before", 6);
	send(ends[0], "!", 1, MSG_OOB);
	write(ends[0], "after", 5);
	ioctl(ends[1], SIOCATMARK, &mark);
	say_number("at the mark", mark);
	say_received("before it", ends[1], 0);
	ioctl(ends[1], SIOCATMARK, &mark);
	say_number("at the mark now", mark);
	say_received("skips it", ends[1], 0);
	say_received("it is lost", ends[1], MSG_OOB);
}

CASE(urgent_in_line)
{
	int ends[2];

	pair(SOCK_STREAM, ends);
	set_option(ends[1], SO_OOBINLINE, 1);
	write(ends[0], "ab", 2);
	send(ends[0], "!", 1, MSG_OOB);
	write(ends[0], "cd", 2);
	say_received("with MSG_OOB", ends[1], MSG_OOB);
	say_received("first", ends[1], 0);
	say_received("then", ends[1], 0);
}

CASE(urgent_last_byte)
{
	int ends[2];

	pair(SOCK_STREAM, ends);
	say_result("three bytes", send(ends[0], "abc", 3, MSG_OOB));
	say_received("the last", ends[1], MSG_OOB);
	say_received("the others", ends[1], 0);
	say_result("none", send(ends[0], "", 0, MSG_OOB));
}

static volatile sig_atomic_t urgent;

static void note(int number)
{
	urgent = number;
}

CASE(signal_for_urgent_bytes)
{
	int ends[2];

	catch(SIGURG, note, 0);
	pair(SOCK_STREAM, ends);
	send(ends[0], "!", 1, MSG_OOB);
	say_number("nobody asked", urgent);
	say_result("owner", fcntl(ends[1], F_SETOWN, getpid()));
	send(ends[0], "!", 1, MSG_OOB);
	say_signal("signal", urgent);
}

CASE(signal_for_input)
{
	int ends[2];

	catch(SIGIO, note, 0);
	pair(SOCK_STREAM, ends);
	fcntl(ends[1], F_SETOWN, getpid());
	write(ends[0], "x", 1);
	say_number("without O_ASYNC", urgent);
	say_result("O_ASYNC", fcntl(ends[1], F_SETFL, O_ASYNC));
	write(ends[0], "x", 1);
	say_signal("with it", urgent);
	urgent = 0;
	say_result("off", ioctl(ends[1], FIOASYNC, &(int){ 0 }));
	write(ends[0], "x", 1);
	say_number("then", urgent);
}
