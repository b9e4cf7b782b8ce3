/* How TCP connections live and end: shutdown, close, resets, buffers, flags of send and recv. */
#include "inet.h"

CASE(half_a_close)
{
	int pair[2];

	connected(pair);
	say_result("shutdown", shutdown(pair[0], SHUT_WR));
	say_received("the other end", pair[1], 0);
	say_state("it is", pair[1]);
	say_result("it still sends", send(pair[1], "late", 4, 0));
	say_received("which arrives", pair[0], 0);
	say_state("the first is", pair[0]);
	say_events("events of the first", pair[0], POLLIN | POLLOUT | POLLRDHUP);
	say_events("events of the other", pair[1], POLLIN | POLLOUT | POLLRDHUP);
	say_result("the first sends", send(pair[0], "x", 1, MSG_NOSIGNAL));
}

CASE(both_close)
{
	union address peer;
	socklen_t size = sizeof peer;
	int pair[2];

	connected(pair);
	shutdown(pair[0], SHUT_WR);
	close(pair[1]);
	say_received("end of the stream", pair[0], 0);
	wait_a_little();
	say_state("state", pair[0]);
	say_events("events", pair[0], POLLIN | POLLOUT | POLLRDHUP);
	say_result("shutdown", shutdown(pair[0], SHUT_RDWR));
	say_result("getpeername", getpeername(pair[0], &peer.any, &size));
}

CASE(shutdown_for_reading)
{
	int pair[2];

	connected(pair);
	say_result("shutdown", shutdown(pair[0], SHUT_RD));
	say_received("nothing there", pair[0], 0);
	say_result("sent all the same", send(pair[1], "data", 4, 0));
	say_received("received all the same", pair[0], 0);
	say_events("events", pair[0], POLLIN | POLLOUT | POLLRDHUP);
	say_result("bad direction", shutdown(pair[0], 3));
	say_result("not connected", shutdown(socket(AF_INET, SOCK_STREAM, 0), SHUT_RD));
}

CASE(shutdown_of_a_listener)
{
	int listening = listener(AF_INET, 1);

	say_result("for writing", shutdown(listening, SHUT_WR));
	say_state("state", listening);
	say_result("for reading", shutdown(listening, SHUT_RD));
	say_state("state then", listening);
	say_result("accept", accept(listening, NULL, NULL));
	say_result("listen again", listen(listening, 1));
}

CASE(unread_data_makes_a_close_a_reset)
{
	int pair[2];

	connected(pair);
	send(pair[0], "unread", 6, 0);
	wait_for(pair[1], POLLIN);
	close(pair[1]);
	say_received("at the other end", pair[0], 0);
	say_received("and then", pair[0], 0);
	say_state("state", pair[0]);
	say_result("send", send(pair[0], "x", 1, MSG_NOSIGNAL));
}

CASE(linger_of_no_time_resets)
{
	struct linger linger = { 1, 0 };
	int pair[2];

	connected(pair);
	say_result("set", setsockopt(pair[1], SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
	close(pair[1]);
	say_events("events", pair[0], POLLIN | POLLOUT | POLLRDHUP);
	say_error("SO_ERROR", pair[0]);
	say_received("received", pair[0], 0);
}

CASE(sending_to_who_has_closed)
{
	int pair[2];

	connected(pair);
	close(pair[1]);
	say_result("the first goes out", send(pair[0], "a", 1, 0));
	wait_for(pair[0], POLLERR);
	say_result("the second does not", send(pair[0], "b", 1, MSG_NOSIGNAL));
	say_received("received", pair[0], 0);
}

static volatile sig_atomic_t pipes;

static void count_pipe(int number)
{
	(void)number;
	pipes++;
}

CASE(a_broken_connection_is_a_broken_pipe)
{
	int pair[2];

	catch(SIGPIPE, count_pipe, 0);
	connected(pair);
	shutdown(pair[0], SHUT_WR);
	say_result("write", write(pair[0], "x", 1));
	say_number("SIGPIPE", pipes);
	say_result("with MSG_NOSIGNAL", send(pair[0], "x", 1, MSG_NOSIGNAL));
	say_number("SIGPIPE then", pipes);
	say_result("never connected", send(socket(AF_INET, SOCK_STREAM, 0), "x", 1, MSG_NOSIGNAL));
}

CASE(receiving_without_a_connection)
{
	say_received("recv", socket(AF_INET, SOCK_STREAM, 0), 0);
	say_received("of a listener", listener(AF_INET, 1), 0);
	say_events("events of a new one", socket(AF_INET, SOCK_STREAM, 0), POLLIN | POLLOUT);
}

CASE(peeking)
{
	int pair[2];

	connected(pair);
	send(pair[0], "abc", 3, 0);
	send(pair[0], "def", 3, 0);
	wait_for(pair[1], POLLIN);
	say_received("peek", pair[1], MSG_PEEK);
	say_received("peek again", pair[1], MSG_PEEK | MSG_DONTWAIT);
	say_received("take", pair[1], 0);
	say_received("nothing left", pair[1], MSG_DONTWAIT);
	say_received("nothing to peek", pair[1], MSG_PEEK | MSG_DONTWAIT);
}

static int to_write;

static void write_in_parts(void)
{
	for (int i = 0; i < 4; i++) {
		send(to_write, "part", 4, 0);
		wait_a_little();
	}
}

CASE(waiting_for_all)
{
	char text[17] = "";
	pid_t child;
	int pair[2];

	connected(pair);
	to_write = pair[0];
	child = child_that(write_in_parts);
	say_result("received", recv(pair[1], text, 16, MSG_WAITALL));
	say("text", "%s", text);
	reap(child);
	send(pair[0], "end", 3, 0);
	shutdown(pair[0], SHUT_WR);
	say_result("at the end of the stream", recv(pair[1], text, 16, MSG_WAITALL));
}

CASE(throwing_data_away)
{
	int pair[2];

	connected(pair);
	send(pair[0], "abcdef", 6, 0);
	wait_for(pair[1], POLLIN);
	say_result("thrown away", recv(pair[1], NULL, 4, MSG_TRUNC));
	say_received("the rest", pair[1], 0);
}

CASE(the_low_water_mark)
{
	int pair[2];

	connected(pair);
	say_result("set", set_option(pair[1], SOL_SOCKET, SO_RCVLOWAT, 4));
	send(pair[0], "abc", 3, 0);
	wait_a_little();
	say_events("below", pair[1], POLLIN);
	send(pair[0], "d", 1, 0);
	wait_for(pair[1], POLLIN);
	say_events("at", pair[1], POLLIN);
	say_received("received", pair[1], 0);
}

CASE(a_receive_timeout)
{
	struct timeval time = { 0, 20000 };
	static char block[1 << 20];
	int pair[2];

	connected(pair);
	say_result("set", setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
	say_received("received", pair[0], 0);
	setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
	while (send(pair[0], block, sizeof block, MSG_DONTWAIT) > 0)
		;
	say_result("sent", send(pair[0], block, sizeof block, 0) < 0 ? -1 : 0);
}

CASE(a_full_connection_does_not_take_more)
{
	static char block[65536];
	long total = 0, read_ = 0;
	ssize_t count;
	int pair[2];

	connected(pair);
	set_option(pair[0], SOL_SOCKET, SO_SNDBUF, 20000);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	fcntl(pair[1], F_SETFL, O_NONBLOCK);
	for (int calm = 0; calm < 5; calm++, wait_a_little())
		while ((count = send(pair[0], block, sizeof block, 0)) > 0)
			total += count, calm = 0;
	say_yes("more than the sender's buffer", total > 20000);
	while (read_ < total && wait_for(pair[1], POLLIN))
		while ((count = recv(pair[1], block, sizeof block, 0)) > 0)
			read_ += count;
	say_yes("all arrives", read_ == total);
	wait_for(pair[0], POLLOUT);
	say_events("events then", pair[0], POLLOUT);
}

static void read_slowly(void)
{
	static char block[10000];
	unsigned sum = 0;
	ssize_t count;

	while ((count = recv(to_write, block, sizeof block, 0)) > 0)
		for (ssize_t i = 0; i < count; i++)
			sum = sum * 31 + (unsigned char)block[i];
	_exit(sum % 251);
}

CASE(a_large_block_arrives_in_order)
{
	enum { SIZE = 3000000 };
	char *block = malloc(SIZE);
	unsigned sum = 0;
	int pair[2], status;
	pid_t child;

	for (int i = 0; i < SIZE; i++)
		sum = sum * 31 + (unsigned char)(block[i] = i * i >> 3);
	connected(pair);
	to_write = pair[1];
	child = fork();
	if (!child) {
		close(pair[0]);
		read_slowly();
	}
	close(pair[1]);
	say_result("sent", send(pair[0], block, SIZE, 0));
	close(pair[0]);
	waitpid(child, &status, 0);
	say_yes("as it was sent", WEXITSTATUS(status) == (int)(sum % 251));
}

CASE(sizes_of_queues)
{
	int pair[2], number;

	connected(pair);
	send(pair[0], "12345", 5, 0);
	wait_for(pair[1], POLLIN);
	say_result("FIONREAD", ioctl(pair[1], FIONREAD, &number));
	say_number("bytes", number);
	say_result("TIOCOUTQ", ioctl(pair[0], TIOCOUTQ, &number));
	say_number("bytes unsent", number);
	say_result("of a listener", ioctl(listener(AF_INET, 1), FIONREAD, &number));
}

CASE(gathering_and_scattering)
{
	struct iovec parts[3] = { { "ab", 2 }, { "", 0 }, { "cde", 3 } };
	char one[3] = "", two[5] = "";
	struct iovec places[2] = { { one, 2 }, { two, 4 } };
	int pair[2];

	connected(pair);
	say_result("writev", writev(pair[0], parts, 3));
	wait_for(pair[1], POLLIN);
	say_result("readv", readv(pair[1], places, 2));
	say("parts", "%s %s", one, two);
}

CASE(a_cork_holds_short_segments_back)
{
	int pair[2];

	connected(pair);
	set_option(pair[0], IPPROTO_TCP, TCP_CORK, 1);
	send(pair[0], "ab", 2, 0);
	send(pair[0], "cd", 2, 0);
	wait_a_little();
	say_received("corked", pair[1], MSG_DONTWAIT);
	set_option(pair[0], IPPROTO_TCP, TCP_CORK, 0);
	wait_for(pair[1], POLLIN);
	say_received("uncorked", pair[1], MSG_DONTWAIT);
}

CASE(more_is_to_come)
{
	int pair[2];

	connected(pair);
	send(pair[0], "head ", 5, MSG_MORE);
	wait_a_little();
	say_received("held back", pair[1], MSG_DONTWAIT);
	send(pair[0], "body", 4, 0);
	wait_for(pair[1], POLLIN);
	say_received("together", pair[1], MSG_DONTWAIT);
}

CASE(urgent_data_is_out_of_the_stream)
{
	int pair[2], at;

	connected(pair);
	send(pair[0], "abc", 3, 0);
	send(pair[0], "X", 1, MSG_OOB);
	send(pair[0], "def", 3, 0);
	wait_for(pair[1], POLLPRI);
	say_events("events", pair[1], POLLIN | POLLPRI);
	ioctl(pair[1], SIOCATMARK, &at);
	say_number("at the mark", at);
	say_received("before the mark", pair[1], 0);
	ioctl(pair[1], SIOCATMARK, &at);
	say_number("at the mark then", at);
	say_received("the urgent byte", pair[1], MSG_OOB);
	say_received("once more", pair[1], MSG_OOB);
	say_received("behind the mark", pair[1], 0);
	ioctl(pair[1], SIOCATMARK, &at);
	say_number("at the mark at last", at);
}

CASE(urgent_data_inline)
{
	int pair[2];

	connected(pair);
	set_option(pair[1], SOL_SOCKET, SO_OOBINLINE, 1);
	send(pair[0], "abX", 3, MSG_OOB);
	wait_for(pair[1], POLLPRI);
	say_received("up to the mark", pair[1], 0);
	say_received("MSG_OOB", pair[1], MSG_OOB);
	say_received("the mark and on", pair[1], 0);
}

CASE(urgent_data_that_is_not_there)
{
	int pair[2];

	connected(pair);
	say_received("none", pair[1], MSG_OOB);
	send(pair[0], "a", 1, 0);
	wait_for(pair[1], POLLIN);
	say_received("still none", pair[1], MSG_OOB);
}

static volatile sig_atomic_t urgent_signals;

static void count_urgent(int number)
{
	(void)number;
	urgent_signals++;
}

CASE(urgent_data_sends_sigurg)
{
	int pair[2];

	catch(SIGURG, count_urgent, 0);
	connected(pair);
	fcntl(pair[1], F_SETOWN, getpid());
	send(pair[0], "!", 1, MSG_OOB);
	until(urgent_signals);
	say_number("SIGURG", urgent_signals);
}

CASE(a_signal_breaks_a_receive)
{
	int pair[2];

	connected(pair);
	catch(SIGALRM, count_pipe, 0);
	tick(5);
	say_received("received", pair[0], 0);
}
