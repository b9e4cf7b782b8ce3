/* How TCP connections begin: listen, connect, accept, and what goes wrong. */
#include "inet.h"

CASE(bytes_go_both_ways)
{
	int pair[2];

	connected(pair);
	say_result("sent", send(pair[0], "hello", 5, 0));
	say_received("received", pair[1], 0);
	say_result("answered", send(pair[1], "world!", 6, 0));
	say_received("received back", pair[0], 0);
}

CASE(bytes_go_both_ways_over_ipv6)
{
	int pair[2];

	connected_of(AF_INET6, pair);
	say_result("sent", send(pair[0], "hello", 5, 0));
	say_received("received", pair[1], 0);
}

CASE(nobody_listens)
{
	int listening = listener(AF_INET, 1), socket_ = socket(AF_INET, SOCK_STREAM, 0);
	union address address = own_address(listening);

	close(listening);
	say_result("connect", connect_to(socket_, address));
	say_error("SO_ERROR", socket_);
	say_events("events", socket_, POLLIN | POLLOUT);
	say_state("state", socket_);
	say_result("again", connect_to(socket_, address));
	listening = listener(AF_INET, 1);
	say_result("where somebody does", connect_to(socket_, own_address(listening)));
}

CASE(nobody_listens_and_the_socket_does_not_block)
{
	int listening = listener(AF_INET, 1);
	int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	union address address = own_address(listening);

	close(listening);
	say_result("connect", connect_to(socket_, address) < 0 ? -1 : 0);
	wait_for(socket_, POLLOUT);
	say_events("events", socket_, POLLIN | POLLOUT | POLLRDHUP);
	say_error("SO_ERROR", socket_);
	say_error("and then", socket_);
}

CASE(a_connect_that_does_not_wait)
{
	int listening = listener(AF_INET, 1);
	int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int result = connect_to(socket_, own_address(listening));

	say_yes("at once or in progress", result == 0 || errno == EINPROGRESS);
	wait_for(socket_, POLLOUT);
	say_events("events", socket_, POLLIN | POLLOUT);
	say_error("SO_ERROR", socket_);
	result = connect_to(socket_, own_address(listening));
	say_yes("done or connected", result == 0 || errno == EISCONN);
	say_result("once more", connect_to(socket_, own_address(listening)));
	say_state("state", socket_);
}

CASE(the_names_of_both_ends)
{
	int listening = listener(AF_INET, 1), pair[2];
	union address here, there, peer = { .in = { 0 } };
	socklen_t size = sizeof peer;

	pair[0] = client_of(listening);
	pair[1] = accept(listening, &peer.any, &size);
	here = own_address(pair[0]);
	there = own_address(pair[1]);
	say_number("size of the peer's", size);
	say_yes("accept tells the client's", !memcmp(&peer.in, &here.in, sizeof here.in));
	size = sizeof peer;
	say_result("getpeername", getpeername(pair[0], &peer.any, &size));
	say_yes("the server's", !memcmp(&peer.in, &there.in, sizeof there.in));
	say("own", "%s", as_text(&here));
	here = own_address(listening);
	say_yes("the listener's port", port_of(&here) == port_of(&there));
	say_result("peer of the listener", getpeername(listening, &peer.any, &size));
}

CASE(a_name_longer_than_its_room)
{
	int listening = listener(AF_INET6, 1);
	union address address;
	socklen_t size = 8;

	memset(&address, 0xAA, sizeof address);
	say_result("getsockname", getsockname(listening, &address.any, &size));
	say_number("size", size);
	say_yes("the rest is untouched", ((unsigned char *)&address)[8] == 0xAA);
}

CASE(accept_without_a_connection)
{
	int listening = listener(AF_INET, 1), other = socket(AF_INET, SOCK_STREAM, 0);

	fcntl(listening, F_SETFL, O_NONBLOCK);
	say_result("accept", accept(listening, NULL, NULL));
	say_events("events", listening, POLLIN | POLLOUT);
	say_result("of one that does not listen", accept(other, NULL, NULL));
	close(client_of(listening));
	say_events("events then", listening, POLLIN | POLLOUT);
}

CASE(accept4_sets_flags)
{
	int listening = listener(AF_INET, 4), made;

	client_of(listening);
	client_of(listening);
	made = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	say_yes("non-blocking", fcntl(made, F_GETFL) & O_NONBLOCK);
	say_yes("close-on-exec", fcntl(made, F_GETFD) & FD_CLOEXEC);
	fcntl(listening, F_SETFL, O_NONBLOCK);
	made = accept(listening, NULL, NULL);
	say_yes("inherits non-blocking", fcntl(made, F_GETFL) & O_NONBLOCK);
	say_result("unknown flag", accept4(listening, NULL, NULL, 0x40));
}

CASE(accepted_sockets_inherit_options)
{
	int listening = listener(AF_INET, 1), made;

	set_option(listening, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(listening, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(listening, IPPROTO_TCP, TCP_KEEPIDLE, 77);
	set_option(listening, IPPROTO_IP, IP_TTL, 33);
	client_of(listening);
	made = accept(listening, NULL, NULL);
	say_option("SO_KEEPALIVE", made, SOL_SOCKET, SO_KEEPALIVE);
	say_option("TCP_NODELAY", made, IPPROTO_TCP, TCP_NODELAY);
	say_option("TCP_KEEPIDLE", made, IPPROTO_TCP, TCP_KEEPIDLE);
	say_option("IP_TTL", made, IPPROTO_IP, IP_TTL);
	say_option("SO_ACCEPTCONN", made, SOL_SOCKET, SO_ACCEPTCONN);
	say_option("SO_ACCEPTCONN of the listener", listening, SOL_SOCKET, SO_ACCEPTCONN);
}

CASE(connections_wait_in_the_backlog)
{
	int listening = listener(AF_INET, 2), clients[3];
	char byte;

	for (int i = 0; i < 3; i++) {
		clients[i] = client_of(listening);
		send(clients[i], &"abc"[i], 1, 0);
	}
	for (int i = 0; i < 3; i++) {
		int made = accept(listening, NULL, NULL);

		recv(made, &byte, 1, 0);
		say("in order", "%c", byte);
	}
}

CASE(a_full_backlog_makes_connections_wait)
{
	int listening = listener(AF_INET, 0), first = client_of(listening);
	int second = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	say_yes("the first is connected", first >= 0);
	say_result("the second", connect_to(second, own_address(listening)));
	say_state("is", second);
	say_events("events", second, POLLIN | POLLOUT);
	say_result("again", connect_to(second, own_address(listening)));
}

CASE(connect_of_what_listens_or_is_connected)
{
	int listening = listener(AF_INET, 1), pair[2];

	say_result("a listener", connect_to(listening, own_address(listening)));
	connected(pair);
	say_result("a connected one", connect_to(pair[0], own_address(listening)));
	say_result("listen of a connected one", listen(pair[0], 1));
	say_result("bind of a connected one", bind_to(pair[0], ipv4("127.0.0.1", 0)));
}

CASE(connect_to_bad_addresses)
{
	int socket_ = socket(AF_INET, SOCK_STREAM, 0);
	union address address = ipv4("127.0.0.1", 1);

	say_result("short", connect(socket_, &address.any, 8));
	address.any.sa_family = AF_INET6;
	say_result("of another family", connect(socket_, &address.any, sizeof address.in));
	say_result("multicast", connect_to(socket_, ipv4("224.0.0.1", 1)));
	say_result("no route", connect_to(socket_, ipv4("198.51.100.1", 1)));
	say_result("negative size", connect(socket_, &address.any, -1));
	say_result("bad pointer", connect(socket_, (void *)8, sizeof address.in));
}

CASE(connect_to_the_unspecified_address_is_to_this_machine)
{
	int listening = listener(AF_INET, 1), socket_ = socket(AF_INET, SOCK_STREAM, 0);
	union address address = own_address(listening);
	socklen_t size = sizeof address;

	address.in.sin_addr.s_addr = INADDR_ANY;
	say_result("connect", connect_to(socket_, address));
	getpeername(socket_, &address.any, &size);
	say("peer", "%s", as_text(&address));
}

CASE(a_dissolved_connection_can_be_made_again)
{
	int listening = listener(AF_INET, 2), socket_ = client_of(listening);
	union address none = { .any = { .sa_family = AF_UNSPEC } };
	int made = accept(listening, NULL, NULL);
	socklen_t size = sizeof none;

	say_result("dissolve", connect(socket_, &none.any, sizeof none.in));
	say_state("state", socket_);
	say_received("at the other end", made, 0);
	say_result("getpeername", getpeername(socket_, &none.any, &size));
	say_result("connect again", connect_to(socket_, own_address(listening)));
	say_state("state then", socket_);
}

CASE(two_sockets_connect_to_each_other)
{
	int one = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_STREAM, 0);

	bind_to(one, ipv4("127.0.0.1", 0));
	bind_to(other, ipv4("127.0.0.1", 0));
	say_result("one refuses", connect_to(one, own_address(other)));
}

CASE(a_socket_connects_to_itself)
{
	int socket_ = socket(AF_INET, SOCK_STREAM, 0);

	bind_to(socket_, ipv4("127.0.0.1", 0));
	say_result("connect", connect_to(socket_, own_address(socket_)));
	say_state("state", socket_);
	say_result("sent", send(socket_, "echo", 4, 0));
	say_received("received", socket_, 0);
}

CASE(kinds_of_sockets)
{
	say_yes("stream", socket(AF_INET, SOCK_STREAM, 0) >= 0);
	say_yes("TCP", socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) >= 0);
	say_yes("UDP", socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP) >= 0);
	say_result("stream of UDP", socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
	say_result("datagrams of TCP", socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
	say_result("seqpacket", socket(AF_INET, SOCK_SEQPACKET, 0));
	say_result("raw of nothing", socket(AF_INET, SOCK_RAW, 0));
	say_result("rdm", socket(AF_INET6, SOCK_RDM, 0));
	say_result("negative protocol", socket(AF_INET, SOCK_STREAM, -1));
	say_option("SO_TYPE is a stream", socket(AF_INET, SOCK_STREAM, 0), SOL_SOCKET, SO_ERROR);
	say_option("SO_PROTOCOL", socket(AF_INET, SOCK_STREAM, 0), SOL_SOCKET, SO_PROTOCOL);
	say_option("SO_PROTOCOL of UDP", socket(AF_INET6, SOCK_DGRAM, 0), SOL_SOCKET, SO_PROTOCOL);
	say_option("SO_DOMAIN", socket(AF_INET6, SOCK_DGRAM, 0), SOL_SOCKET, SO_DOMAIN);
}
