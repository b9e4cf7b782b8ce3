/* AF_UNIX datagrams and sequenced packets. */
#include "sockets.h"

CASE(whole_messages)
{
	int ends[2];
	char data[4] = "";

	pair(SOCK_DGRAM, ends);
	say_result("send", send(ends[0], "one", 3, 0));
	send(ends[0], "two", 3, 0);
	send(ends[0], "", 0, 0);
	send(ends[0], "long message", 12, 0);
	send(ends[0], "last", 4, 0);
	say_received("first", ends[1], 0);
	say_received("second", ends[1], 0);
	say_received("empty", ends[1], 0);
	say_result("three of twelve", recv(ends[1], data, 3, 0));
	say_received("the next", ends[1], 0);
	say_received("no more", ends[1], 0);
}

CASE(true_length)
{
	int ends[2];
	char data[4] = "";
	struct message message;

	pair(SOCK_DGRAM, ends);
	send(ends[0], "long message", 12, 0);
	say_result("peek", recv(ends[1], data, 3, MSG_PEEK | MSG_TRUNC));
	message_for(&message, 0);
	message.piece.iov_len = 3;
	say_message("take", &message, recvmsg(ends[1], &message.header, 0) );
	say_received("gone", ends[1], 0);
}

SOCKET_CASE(to_a_name)
{
	int receiver = server(SOCK_DGRAM, "here", -1), sender = server(SOCK_DGRAM, "@emu-from", -1);
	int nameless = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un address, from;
	socklen_t length = named(&address, "here"), size = sizeof from;
	char data[8] = "";

	say_result("sendto", sendto(sender, "a", 1, 0, (struct sockaddr *)&address, length));
	say_result("recvfrom", recvfrom(receiver, data, 8, 0, (struct sockaddr *)&from, &size));
	say_address("from", &from, size);
	sendto(nameless, "b", 1, 0, (struct sockaddr *)&address, length);
	size = sizeof from;
	recvfrom(receiver, data, 8, 0, (struct sockaddr *)&from, &size);
	say_number("length of no name", size);
	say_result("nowhere", send(nameless, "x", 1, 0));
	length = named(&address, "nobody");
	say_result("to nobody", sendto(nameless, "x", 1, 0, (struct sockaddr *)&address, length));
	close(receiver);
	length = named(&address, "here");
	say_result("to a closed one", sendto(nameless, "x", 1, 0, (struct sockaddr *)&address, length));
}

SOCKET_CASE(connected_datagrams)
{
	int receiver = server(SOCK_DGRAM, "here", -1), sender = socket(AF_UNIX, SOCK_DGRAM, 0);
	int third = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	say_result("connect", connect_to(sender, "here"));
	say_name("peer", sender, 1);
	say_name("not the other way", receiver, 1);
	say_result("send", send(sender, "x", 1, 0));
	say_received("received", receiver, 0);
	bind_to(sender, "sender");
	say_result("receiver chooses too", connect_to(receiver, "sender"));
	say_result("a third", connect_to(third, "here"));
	say_result("disconnect", connect(sender, &nobody, sizeof nobody));
	say_name("peer then", sender, 1);
	say_result("send then", send(sender, "x", 1, 0));
}

SOCKET_CASE(peer_that_is_closed)
{
	int receiver = server(SOCK_DGRAM, "here", -1), sender = socket(AF_UNIX, SOCK_DGRAM, 0);

	connect_to(sender, "here");
	close(receiver);
	say_poll("poll", sender);
	say_result("first", send(sender, "x", 1, 0));
	say_result("then", send(sender, "x", 1, 0));
	say_name("peer", sender, 1);
}

SOCKET_CASE(queue_of_datagrams)
{
	int receiver = server(SOCK_DGRAM, "here", -1);
	int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), count = 0;

	connect_to(sender, "here");
	while (send(sender, "x", 1, 0) == 1 && count < 2000)
		count++;
	say_result("full", -1);
	say_yes("ten or more", count >= 10);
	say_poll("full", sender);
	say_received("take one", receiver, 0);
	say_result("room", send(sender, "x", 1, 0));
	while (count-- > 0)
		recv(receiver, &(char){ 0 }, 1, MSG_DONTWAIT);
	say_poll("empty", sender);
}

static int waits_to_send;

static void send_one(void)
{
	_exit(send(waits_to_send, "x", 1, 0) == 1 ? 7 : 1);
}

SOCKET_CASE(senders_wait_for_room)
{
	int receiver = server(SOCK_DGRAM, "here", -1), count = 0;

	waits_to_send = socket(AF_UNIX, SOCK_DGRAM, 0);
	connect_to(waits_to_send, "here");
	while (send(waits_to_send, "x", 1, MSG_DONTWAIT) == 1)
		count++;
	pid_t child = child_that(send_one);
	wait_a_little();
	wait_a_little();
	say_received("take one", receiver, 0);
	say_end("the sender", child);
}

CASE(too_long_a_message)
{
	int ends[2];
	static char block[1 << 20];

	pair(SOCK_DGRAM | SOCK_NONBLOCK, ends);
	say_result("a million", send(ends[0], block, sizeof block, 0));
	set_option(ends[0], SO_SNDBUF, 4096);
	say_result("more than the buffer", send(ends[0], block, 9000, 0));
	say_result("what fits", send(ends[0], block, 4000, 0));
}

CASE(datagram_half_close)
{
	int ends[2];

	pair(SOCK_DGRAM, ends);
	signal(SIGPIPE, SIG_IGN);
	send(ends[1], "waits", 5, 0);
	say_result("shutdown", shutdown(ends[0], SHUT_RD));
	say_received("what was there", ends[0], 0);
	say_received("then", ends[0], 0);
	say_result("send to it", send(ends[1], "x", 1, 0));
	say_result("writing", shutdown(ends[0], SHUT_WR));
	say_result("send", send(ends[0], "x", 1, 0));
	say_poll("poll", ends[0]);
	say_poll("the other", ends[1]);
}

static volatile sig_atomic_t signals;

static void count(int number)
{
	(void)number;
	signals++;
}

CASE(no_signal_for_datagrams)
{
	int ends[2];

	catch(SIGPIPE, count, 0);
	pair(SOCK_DGRAM, ends);
	shutdown(ends[1], SHUT_RD);
	say_result("send", send(ends[0], "x", 1, 0));
	say_number("signals", signals);
	close(ends[1]);
	say_result("to a closed one", send(ends[0], "x", 1, 0));
	say_number("signals then", signals);
}

CASE(size_of_the_first)
{
	int ends[2], number = -1;

	pair(SOCK_DGRAM, ends);
	ioctl(ends[1], FIONREAD, &number);
	say_number("nothing", number);
	send(ends[0], "abc", 3, 0);
	send(ends[0], "de", 2, 0);
	ioctl(ends[1], FIONREAD, &number);
	say_number("first", number);
}

CASE(urgent_datagrams)
{
	int ends[2];

	pair(SOCK_DGRAM, ends);
	say_result("send", send(ends[0], "x", 1, MSG_OOB));
	say_received("receive", ends[1], MSG_OOB);
}

CASE(packets_of_a_connection)
{
	int ends[2];
	char data[4];

	pair(SOCK_SEQPACKET, ends);
	send(ends[0], "one", 3, 0);
	send(ends[0], "longer", 6, 0);
	send(ends[0], "last", 4, MSG_EOR);
	say_received("one", ends[1], 0);
	say_result("three of six", recv(ends[1], data, 3, 0));
	say_received("last", ends[1], 0);
	close(ends[0]);
	say_received("end", ends[1], 0);
	say_poll("poll", ends[1]);
}

SOCKET_CASE(packets_by_a_listener)
{
	int listener = server(SOCK_SEQPACKET, "here", 1), asks = client(SOCK_SEQPACKET, "here");
	int answers = accept(listener, NULL, NULL), lone = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	say_result("send", send(asks, "x", 1, 0));
	say_received("received", answers, 0);
	say_result("to an address", sendto(asks, "y", 1, 0, (struct sockaddr *)&(struct sockaddr_un){ AF_UNIX, "no" }, 5));
	say_received("went to the peer", answers, 0);
	say_result("unconnected send", send(lone, "x", 1, 0));
	say_received("unconnected receive", lone, 0);
	say_result("stream to it", connect_to(socket(AF_UNIX, SOCK_STREAM, 0), "here"));
}

CASE(packet_to_nobody)
{
	int ends[2];

	catch(SIGPIPE, count, 0);
	pair(SOCK_SEQPACKET, ends);
	close(ends[1]);
	say_result("send", send(ends[0], "x", 1, 0));
	say_number("signals", signals);
}

CASE(lost_by_reconnecting)
{
	int receiver = server(SOCK_DGRAM, "@emu-lost", -1), ends[2];
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	pair(SOCK_DGRAM, ends);
	send(ends[0], "x", 1, 0);
	say_result("disconnect", connect(ends[1], &nobody, sizeof nobody));
	say_received("lost", ends[1], 0);
	say_received("sender learns", ends[0], 0);
	(void)receiver;
}
