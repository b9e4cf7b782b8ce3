/* AF_UNIX streams. */
#include "sockets.h"

CASE(bytes_in_order)
{
	int ends[2];

	pair(SOCK_STREAM, ends);
	say_result("write", write(ends[0], "one", 3));
	say_result("send", send(ends[0], "two", 3, 0));
	say_result("writev", writev(ends[0], (struct iovec[]){ { "th", 2 }, { "ree", 3 } }, 2));
	say_received("all of it", ends[1], 0);
	say_received("nothing", ends[1], 0);
}

CASE(parts_of_what_was_sent)
{
	int ends[2];
	char data[8] = "";

	pair(SOCK_STREAM, ends);
	write(ends[0], "abcdef", 6);
	say_result("two", read(ends[1], data, 2));
	say("data", "%s", data);
	say_received("the rest", ends[1], 0);
	say_result("read nothing", read(ends[1], data, 0));
}

CASE(peeking)
{
	int ends[2];

	pair(SOCK_STREAM, ends);
	write(ends[0], "abc", 3);
	write(ends[0], "def", 3);
	say_received("peek", ends[1], MSG_PEEK);
	say_received("again", ends[1], MSG_PEEK);
	say_received("take", ends[1], 0);
}

CASE(peek_offset)
{
	int ends[2];
	char data[8] = "";

	pair(SOCK_STREAM, ends);
	say_option("offset", ends[1], SO_PEEK_OFF);
	say_result("set", set_option(ends[1], SO_PEEK_OFF, 1));
	write(ends[0], "abcdef", 6);
	say_result("two", recv(ends[1], data, 2, MSG_PEEK));
	say("data", "%s", data);
	say_option("offset now", ends[1], SO_PEEK_OFF);
	say_received("peek the rest", ends[1], MSG_PEEK);
	say_result("take three", read(ends[1], data, 3));
	say_option("offset after taking", ends[1], SO_PEEK_OFF);
}

static int other;

static void write_slowly(void)
{
	for (const char *c = "slowly"; *c; c++) {
		write(other, c, 1);
		wait_a_little();
	}
}

CASE(wait_for_all)
{
	int ends[2];
	char data[8] = "";

	pair(SOCK_STREAM, ends);
	other = ends[0];
	pid_t child = child_that(write_slowly);
	say_result("recv", recv(ends[1], data, 6, MSG_WAITALL));
	say("data", "%s", data);
	reap(child);
	write(ends[0], "end", 3);
	close(ends[0]);
	say_result("at the end", recv(ends[1], data, 6, MSG_WAITALL));
}

CASE(low_water_mark)
{
	int ends[2];
	char data[8] = "";

	pair(SOCK_STREAM, ends);
	say_option("mark", ends[1], SO_RCVLOWAT);
	say_result("set", set_option(ends[1], SO_RCVLOWAT, 4));
	other = ends[0];
	pid_t child = child_that(write_slowly);
	say_yes("four at least", recv(ends[1], data, sizeof data, 0) >= 4);
	reap(child);
	say_result("set to 0", set_option(ends[1], SO_RCVLOWAT, 0));
	say_option("is", ends[1], SO_RCVLOWAT);
	say_result("negative", set_option(ends[1], SO_RCVLOWAT, -1));
	say_option("is at most", ends[1], SO_RCVLOWAT);
}

CASE(end_of_stream)
{
	int ends[2];

	pair(SOCK_STREAM, ends);
	write(ends[0], "last", 4);
	close(ends[0]);
	say_poll("poll", ends[1]);
	say_received("data", ends[1], 0);
	say_received("end", ends[1], 0);
	say_received("end again", ends[1], 0);
	say_poll("poll at the end", ends[1]);
	say_name("peer", ends[1], 1);
}

CASE(reset_by_unread_data)
{
	int ends[2];

	pair(SOCK_STREAM, ends);
	write(ends[0], "unread", 6);
	close(ends[1]);
	say_poll("poll", ends[0]);
	say_received("first", ends[0], 0);
	say_received("then", ends[0], 0);
}

static volatile sig_atomic_t signals;

static void count(int number)
{
	(void)number;
	signals++;
}

CASE(broken_pipe)
{
	int ends[2];

	catch(SIGPIPE, count, 0);
	pair(SOCK_STREAM, ends);
	close(ends[1]);
	say_result("write", write(ends[0], "x", 1));
	say_number("signals", signals);
	say_result("send", send(ends[0], "x", 1, MSG_NOSIGNAL));
	say_number("signals without", signals);
	say_result("nothing", send(ends[0], "", 0, MSG_NOSIGNAL));
}

CASE(half_close)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	pair(SOCK_STREAM, ends);
	write(ends[1], "back", 4);
	say_result("shutdown", shutdown(ends[0], SHUT_WR));
	say_poll("this end", ends[0]);
	say_poll("that end", ends[1]);
	say_result("write", write(ends[0], "x", 1));
	say_received("read", ends[0], 0);
	say_received("other reads", ends[1], 0);
	say_result("other writes", write(ends[1], "still", 5));
	say_received("is read", ends[0], 0);
	say_result("again", shutdown(ends[0], SHUT_WR));
	say_result("direction 3", shutdown(ends[0], 3));
	say_result("direction -1", shutdown(ends[0], -1));
	say_result("reading", shutdown(ends[0], SHUT_RD));
	say_poll("closed both ways", ends[0]);
	say_poll("other end", ends[1]);
	say_result("other writes to it", write(ends[1], "x", 1));
}

CASE(shutdown_of_unconnected)
{
	int made = socket(AF_UNIX, SOCK_STREAM, 0);

	signal(SIGPIPE, SIG_IGN);
	say_poll("new", made);
	say_result("write", write(made, "x", 1));
	say_received("read", made, 0);
	say_name("peer", made, 1);
	say_name("name", made, 0);
	say_result("shutdown", shutdown(made, SHUT_RDWR));
	say_poll("after it", made);
	say_result("connect to itself", connect_to(made, "@nobody has this"));
}

CASE(sending_to_an_address)
{
	int ends[2], lone = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un address;
	socklen_t length = named(&address, "@x");

	pair(SOCK_STREAM, ends);
	say_result("connected", sendto(ends[0], "x", 1, 0, (struct sockaddr *)&address, length));
	say_result("not connected", sendto(lone, "x", 1, 0, (struct sockaddr *)&address, length));
	say_result("address of no length", sendto(ends[0], "x", 1, 0, (struct sockaddr *)&address, 0));
}

CASE(full_buffer)
{
	int ends[2];
	static char block[4096];
	long sent = 0, got = 0, part;

	pair(SOCK_STREAM | SOCK_NONBLOCK, ends);
	say_poll("empty", ends[0]);
	while ((part = write(ends[0], block, sizeof block)) > 0)
		sent += part;
	say_result("full", part);
	say_yes("took 64 KiB or more", sent >= 65536);
	say_yes("took 1 MiB or less", sent <= 1 << 20);
	say_poll("poll when full", ends[0]);
	while ((part = read(ends[1], block, sizeof block)) > 0)
		got += part;
	say_yes("nothing lost", got == sent);
	say_poll("poll when empty", ends[0]);
}

static void read_all(void)
{
	static char block[1000];
	long total = 0, part;

	while ((part = read(other, block, sizeof block)) > 0)
		total += part;
	_exit(total == 1 << 20 ? 7 : 1);
}

CASE(writers_wait_for_readers)
{
	int ends[2];
	char *block = calloc(1, 1 << 20);

	pair(SOCK_STREAM, ends);
	other = ends[1];
	pid_t child = fork();
	if (!child) {
		close(ends[0]);
		read_all();
	}
	close(ends[1]);
	say_result("write", write(ends[0], block, 1 << 20));
	close(ends[0]);
	say_end("reader", child);
}

CASE(small_send_buffer)
{
	int ends[2];
	static char block[100];
	int count = 0;

	pair(SOCK_STREAM | SOCK_NONBLOCK, ends);
	say_result("set", set_option(ends[0], SO_SNDBUF, 1));
	say_option("least", ends[0], SO_SNDBUF);
	while (write(ends[0], block, sizeof block) > 0)
		count++;
	say_yes("some, not many", count > 1 && count < 60);
}

static void nothing(int number)
{
	(void)number;
}

CASE(receive_timeout)
{
	int ends[2];
	char byte;
	struct timeval limit = { 0, 30000 }, told;
	socklen_t length = sizeof told;

	pair(SOCK_STREAM, ends);
	say_result("set", setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
	say_result("get", getsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &told, &length));
	say("told", "%ld s, %ld us or a tick more, %u bytes less", (long)told.tv_sec,
	    (long)(told.tv_usec / 10000 * 10000), length - (unsigned)sizeof told);
	say_result("read", read(ends[0], &byte, 1));
	catch(SIGALRM, nothing, SA_RESTART);
	tick(5);
	limit.tv_sec = 10;
	setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	say_result("a signal, with a timeout", read(ends[0], &byte, 1));
	limit = (struct timeval){ 0, 1000000 };
	say_result("microseconds", setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
	say_result("short", setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, 4));
}

CASE(send_timeout)
{
	int ends[2];
	static char block[65536];
	struct timeval limit = { 0, 20000 };
	long part;

	pair(SOCK_STREAM, ends);
	setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	while ((part = write(ends[0], block, sizeof block)) == sizeof block)
		;
	say_yes("a part or none", part == -1 || part < (long)sizeof block);
	say_result("then", write(ends[0], block, sizeof block));
}

CASE(interrupted_receive)
{
	int ends[2];
	char byte;

	pair(SOCK_STREAM, ends);
	catch(SIGALRM, nothing, 0);
	tick(5);
	say_result("read", read(ends[0], &byte, 1));
	say_result("recv for all", recv(ends[0], &byte, 1, MSG_WAITALL));
}

CASE(bytes_that_wait)
{
	int ends[2], number = -1;

	pair(SOCK_STREAM, ends);
	write(ends[0], "abc", 3);
	write(ends[0], "de", 2);
	say_result("FIONREAD", ioctl(ends[1], FIONREAD, &number));
	say_number("in", number);
	say_result("SIOCOUTQ", ioctl(ends[0], TIOCOUTQ, &number));
	say_yes("out", number > 0);
	read(ends[1], &number, 4);
	ioctl(ends[1], FIONREAD, &number);
	say_number("in after four", number);
	read(ends[1], &number, 4);
	ioctl(ends[0], TIOCOUTQ, &number);
	say_number("out when read", number);
	say_result("no such command", ioctl(ends[0], 0x1234, &number));
	say_result("terminal's", ioctl(ends[0], TIOCGWINSZ, &number));
}

CASE(bad_memory)
{
	int ends[2];

	pair(SOCK_STREAM, ends);
	say_result("write", write(ends[0], (void *)8, 4));
	write(ends[0], "abcd", 4);
	say_result("read", read(ends[1], (void *)8, 4));
	say_received("still there", ends[1], 0);
}

CASE(sendfile_and_splice)
{
	int ends[2], file = temporary_file(), pipes[2];

	pair(SOCK_STREAM, ends);
	write(file, "from a file", 11);
	say_result("sendfile", sendfile(ends[0], file, &(off_t){ 5 }, 6));
	say_received("received", ends[1], 0);
	pipe(pipes);
	write(pipes[1], "from a pipe", 11);
	say_result("splice in", splice(pipes[0], NULL, ends[0], NULL, 100, 0));
	say_result("splice out", splice(ends[1], NULL, pipes[1], NULL, 100, 0));
	char data[16] = "";
	say_result("read", read(pipes[0], data, 15));
	say("data", "%s", data);
	say_result("sendfile from a socket", sendfile(file, ends[0], NULL, 1));
}

CASE(closed_while_another_reads)
{
	int ends[2], copy;

	pair(SOCK_STREAM, ends);
	copy = dup(ends[0]);
	close(ends[0]);
	say_poll("a copy is open", ends[1]);
	say_result("write", write(copy, "x", 1));
	say_received("read", ends[1], 0);
	close(copy);
	say_poll("no copy is open", ends[1]);
}
