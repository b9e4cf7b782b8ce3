/* Options of the level SOL_SOCKET, and readiness. */
#include "sockets.h"

CASE(buffer_sizes)
{
	int ends[2];

	pair(SOCK_STREAM, ends);
	say_option("send", ends[0], SO_SNDBUF);
	say_option("receive", ends[0], SO_RCVBUF);
	say_result("set", set_option(ends[0], SO_SNDBUF, 10000));
	say_option("is twice that", ends[0], SO_SNDBUF);
	set_option(ends[0], SO_RCVBUF, 0);
	say_option("least", ends[0], SO_RCVBUF);
	say_result("a huge one", set_option(ends[0], SO_RCVBUF, 1 << 30));
	say_result("a negative one", set_option(ends[0], SO_SNDBUF, -1));
	say_option("low water", ends[0], SO_SNDLOWAT);
	say_result("cannot be set", set_option(ends[0], SO_SNDLOWAT, 5));
}

CASE(on_or_off)
{
	static const struct { int option; const char *name; } options[] = {
		{ SO_REUSEADDR, "SO_REUSEADDR" }, { SO_BROADCAST, "SO_BROADCAST" },
		{ SO_KEEPALIVE, "SO_KEEPALIVE" }, { SO_OOBINLINE, "SO_OOBINLINE" },
		{ SO_DONTROUTE, "SO_DONTROUTE" }, { SO_PASSCRED, "SO_PASSCRED" },
		{ SO_TIMESTAMP, "SO_TIMESTAMP" }, { SO_NO_CHECK, "SO_NO_CHECK" },
		{ SO_DEBUG, "SO_DEBUG" },
	};
	int ends[2];

	pair(SOCK_STREAM, ends);
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		say_option(options[i].name, ends[0], options[i].option);
		say_result("set to 5", set_option(ends[0], options[i].option, 5));
		say_option("is", ends[0], options[i].option);
	}
}

CASE(lingering)
{
	int ends[2];
	struct linger value = { 1, 30 }, told = { -1, -1 };
	socklen_t length = sizeof told;

	pair(SOCK_STREAM, ends);
	say_result("set", setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &value, sizeof value));
	say_result("get", getsockopt(ends[0], SOL_SOCKET, SO_LINGER, &told, &length));
	say("told", "%d %d, %u bytes", told.l_onoff, told.l_linger, length);
	say_result("short", setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &value, 4));
	length = 4;
	getsockopt(ends[0], SOL_SOCKET, SO_LINGER, &told, &length);
	say_number("cut", length);
}

CASE(lengths_of_values)
{
	int ends[2], value = 1;
	socklen_t length = 1;
	char byte = 'x';

	pair(SOCK_STREAM, ends);
	say_result("short", setsockopt(ends[0], SOL_SOCKET, SO_REUSEADDR, &value, 3));
	say_result("long", setsockopt(ends[0], SOL_SOCKET, SO_REUSEADDR, &value, 8));
	say_result("negative", setsockopt(ends[0], SOL_SOCKET, SO_REUSEADDR, &value, -1));
	say_result("bad memory", setsockopt(ends[0], SOL_SOCKET, SO_REUSEADDR, (void *)8, 4));
	say_result("get one byte", getsockopt(ends[0], SOL_SOCKET, SO_TYPE, &byte, &length));
	say_number("told", length);
	length = (socklen_t)-1;
	say_result("negative room", getsockopt(ends[0], SOL_SOCKET, SO_TYPE, &value, &length));
	length = 100;
	getsockopt(ends[0], SOL_SOCKET, SO_TYPE, &value, &length);
	say_number("larger room", length);
	say_result("no length", getsockopt(ends[0], SOL_SOCKET, SO_TYPE, &value, NULL));
}

CASE(unknown_options)
{
	int ends[2], value = 0;
	socklen_t length = sizeof value;

	pair(SOCK_STREAM, ends);
	say_result("set", set_option(ends[0], 9999, 1));
	say_result("get", getsockopt(ends[0], SOL_SOCKET, 9999, &value, &length));
	say_result("another level", setsockopt(ends[0], 6, 1, &value, sizeof value));
	say_result("get of another level", getsockopt(ends[0], 6, 1, &value, &length));
	say_result("only to be read", set_option(ends[0], SO_TYPE, 1));
	say_result("error cannot be set", set_option(ends[0], SO_ERROR, 1));
	say_result("reuse of ports", set_option(ends[0], SO_REUSEPORT, 1));
	say_result("no filter", set_option(ends[0], SO_DETACH_FILTER, 0));
}

CASE(error_is_told_once)
{
	int ends[2], value = -1;
	socklen_t length = sizeof value;

	pair(SOCK_STREAM, ends);
	write(ends[0], "x", 1);
	close(ends[1]);
	getsockopt(ends[0], SOL_SOCKET, SO_ERROR, &value, &length);
	say_result("error", as_result(value));
	say_option("then", ends[0], SO_ERROR);
}

CASE(priorities)
{
	int ends[2];

	pair(SOCK_STREAM, ends);
	say_option("at first", ends[0], SO_PRIORITY);
	say_result("six", set_option(ends[0], SO_PRIORITY, 6));
	say_option("is", ends[0], SO_PRIORITY);
	setresuid(1000, 1000, 1000);
	say_result("seven by a user", set_option(ends[0], SO_PRIORITY, 7));
	say_result("mark by a user", set_option(ends[0], SO_MARK, 7));
	say_result("force by a user", set_option(ends[0], SO_SNDBUFFORCE, 7));
	say_result("debug by a user", set_option(ends[0], SO_DEBUG, 1));
}

CASE(new_and_old_timeouts)
{
	int ends[2];
	struct timeval limit = { 7, 0 };
	int64_t wide[2] = { 9, 0 };
	socklen_t length = sizeof wide;

	pair(SOCK_STREAM, ends);
	setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	say_result("set new", setsockopt(ends[0], SOL_SOCKET, 67, wide, sizeof wide));
	say_result("get new", getsockopt(ends[0], SOL_SOCKET, 66, wide, &length));
	say("new", "%d s, %u bytes", (int)wide[0], length);
	length = sizeof limit;
	say_result("get old", getsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &limit, &length));
	say("old", "%d s", (int)limit.tv_sec);
	limit = (struct timeval){ -5, 0 };
	say_result("negative", setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
	say_result("reads", read(ends[0], wide, 1));
}

CASE(cookies)
{
	int ends[2];
	uint64_t first = 0, second = 0;
	socklen_t length = sizeof first;

	pair(SOCK_STREAM, ends);
	say_result("first", getsockopt(ends[0], SOL_SOCKET, 57, &first, &length));
	say_result("second", getsockopt(ends[1], SOL_SOCKET, 57, &second, &length));
	say_yes("differ", first != second);
	length = 4;
	say_result("short", getsockopt(ends[0], SOL_SOCKET, 57, &first, &length));
}

CASE(nonblocking_by_ioctl)
{
	int ends[2];

	pair(SOCK_STREAM, ends);
	say_result("FIONBIO", ioctl(ends[0], FIONBIO, &(int){ 1 }));
	say_result("read", read(ends[0], &(char){ 0 }, 1));
	say_yes("told by fcntl", fcntl(ends[0], F_GETFL) & O_NONBLOCK);
}

CASE(owner)
{
	int ends[2], value = 0;

	pair(SOCK_STREAM, ends);
	say_number("nobody", syscall(SYS_fcntl, ends[0], F_GETOWN, 0));
	value = getpid();
	say_result("FIOSETOWN", ioctl(ends[0], FIOSETOWN, &value));
	say_yes("by fcntl", syscall(SYS_fcntl, ends[0], F_GETOWN, 0) == getpid());
	value = 0;
	say_result("SIOCGPGRP", ioctl(ends[0], SIOCGPGRP, &value));
	say_yes("by ioctl", value == getpid());
}

static int waits_on;

static void write_later(void)
{
	wait_a_little();
	write(waits_on, "x", 1);
}

CASE(poll_wakes)
{
	int ends[2];
	struct pollfd wanted;

	pair(SOCK_STREAM, ends);
	waits_on = ends[0];
	wanted = (struct pollfd){ ends[1], POLLIN, 0 };
	pid_t child = child_that(write_later);
	say_result("poll", poll(&wanted, 1, 5000));
	say_yes("input", wanted.revents == POLLIN);
	reap(child);
}

CASE(edges)
{
	int ends[2], waiter = epoll_create1(0);
	struct epoll_event event = { EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, { 0 } };

	pair(SOCK_STREAM, ends);
	epoll_ctl(waiter, EPOLL_CTL_ADD, ends[1], &event);
	say_result("first", epoll_wait(waiter, &event, 1, 0));
	say("events", "%#x", event.events);
	say_result("nothing new", epoll_wait(waiter, &event, 1, 0));
	write(ends[0], "a", 1);
	say_result("input", epoll_wait(waiter, &event, 1, 0));
	say("events", "%#x", event.events);
	write(ends[0], "b", 1);
	say_result("more input", epoll_wait(waiter, &event, 1, 0));
	say_result("told once", epoll_wait(waiter, &event, 1, 0));
	close(ends[0]);
	say_result("end", epoll_wait(waiter, &event, 1, 0));
	say("events", "%#x", event.events);
}

SOCKET_CASE(epoll_of_a_listener)
{
	int listener = server(SOCK_STREAM, "here", 4), waiter = epoll_create1(0);
	struct epoll_event event = { EPOLLIN, { 0 } };

	epoll_ctl(waiter, EPOLL_CTL_ADD, listener, &event);
	say_result("nobody", epoll_wait(waiter, &event, 1, 0));
	client(SOCK_STREAM, "here");
	say_result("a client", epoll_wait(waiter, &event, 1, 0));
	close(accept(listener, NULL, NULL));
	say_result("accepted", epoll_wait(waiter, &event, 1, 0));
}

CASE(time_stamps)
{
	int ends[2];
	struct timeval stamp;

	pair(SOCK_DGRAM, ends);
	struct message message;
	struct timespec now;

	say_result("none", ioctl(ends[1], SIOCGSTAMP_OLD, &stamp));
	say_result("ask", set_option(ends[1], SO_TIMESTAMP, 1));
	send(ends[0], "x", 1, 0);
	message_for(&message, sizeof message.control);
	recvmsg(ends[1], &message.header, 0);
	clock_gettime(CLOCK_REALTIME, &now);
	void *told = control_of(&message, SCM_TIMESTAMP);
	if (told)
		memcpy(&stamp, told, sizeof stamp);
	say_yes("stamped", told && now.tv_sec - stamp.tv_sec < 5 && stamp.tv_sec <= now.tv_sec);
	set_option(ends[1], SO_TIMESTAMPNS, 1);
	say_option("the other is off", ends[1], SO_TIMESTAMP);
}
