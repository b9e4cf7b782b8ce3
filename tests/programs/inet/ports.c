/* Binding: conflicts, reuse, ephemeral ports, both families. */
#include "inet.h"

CASE(two_listeners_do_not_share_a_port)
{
	int first = listener(AF_INET, 1), second = socket(AF_INET, SOCK_STREAM, 0);
	union address address = own_address(first);

	say_result("the same address", bind_to(second, address));
	address.in.sin_addr.s_addr = htonl(INADDR_ANY);
	say_result("any address", bind_to(second, address));
	address.in.sin_addr.s_addr = htonl(0x7f000002);
	say_result("another address", bind_to(second, address));
}

CASE(reuse_of_addresses)
{
	int first = socket(AF_INET, SOCK_STREAM, 0), second = socket(AF_INET, SOCK_STREAM, 0);
	union address address;

	set_option(first, SOL_SOCKET, SO_REUSEADDR, 1);
	bind_to(first, ipv4("127.0.0.1", 0));
	address = own_address(first);
	say_result("only one has it", bind_to(second, address));
	set_option(second, SOL_SOCKET, SO_REUSEADDR, 1);
	say_result("both have it", bind_to(second, address));
	say_result("the first listens", listen(first, 1));
	say_result("the second listens", listen(second, 1));
	second = socket(AF_INET, SOCK_STREAM, 0);
	set_option(second, SOL_SOCKET, SO_REUSEADDR, 1);
	say_result("another binds while one listens", bind_to(second, address));
}

CASE(a_port_can_be_listened_at_while_connections_last)
{
	int first = listener(AF_INET, 1), second = socket(AF_INET, SOCK_STREAM, 0), made;
	union address address = own_address(first);

	client_of(first);
	made = accept(first, NULL, NULL);
	close(first);
	say_result("bind without reuse", bind_to(second, address));
	set_option(second, SOL_SOCKET, SO_REUSEADDR, 1);
	say_result("bind with reuse", bind_to(second, address));
	set_option(made, SOL_SOCKET, SO_REUSEADDR, 1);
	say_result("when all have it", bind_to(second, address));
}

CASE(reuse_of_ports)
{
	int sockets[3];
	union address address;

	for (int i = 0; i < 3; i++) {
		sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (i < 2)
			set_option(sockets[i], SOL_SOCKET, SO_REUSEPORT, 1);
	}
	bind_to(sockets[0], ipv4("127.0.0.1", 0));
	address = own_address(sockets[0]);
	say_result("the second binds", bind_to(sockets[1], address));
	say_result("one without it", bind_to(sockets[2], address));
	say_result("listen", listen(sockets[0], 50));
	say_result("listen, too", listen(sockets[1], 50));
	for (int i = 0; i < 20; i++)
		client_of(sockets[0]);
	say_yes("one of them has a connection",
		wait_for(sockets[0], POLLIN) || wait_for(sockets[1], POLLIN));
}

CASE(binding_twice)
{
	int made = socket(AF_INET, SOCK_STREAM, 0);

	say_result("first", bind_to(made, ipv4("127.0.0.1", 0)));
	say_result("second", bind_to(made, ipv4("127.0.0.1", 0)));
}

CASE(binding_to_bad_addresses)
{
	int made = socket(AF_INET, SOCK_STREAM, 0), six = socket(AF_INET6, SOCK_STREAM, 0);
	union address address = ipv4("127.0.0.1", 0);

	say_result("not of this machine", bind_to(made, ipv4("198.51.100.1", 0)));
	say_result("short", bind(made, &address.any, 15));
	address.any.sa_family = AF_INET6;
	say_result("of another family", bind(made, &address.any, sizeof address.in));
	address.any.sa_family = AF_UNSPEC;
	say_result("of no family", bind(made, &address.any, sizeof address.in));
	address.in.sin_addr.s_addr = 0;
	say_result("of no family, any address", bind(made, &address.any, sizeof address.in));
	say_result("IPv6 not of this machine", bind_to(six, ipv6("2001:db8::1", 0)));
	say_result("IPv6 short", bind(six, &address.any, 20));
	say_result("link-local without a device", bind_to(six, ipv6("fe80::1", 0)));
	say_result("multicast for a stream", bind_to(six, ipv6("ff02::1", 0)));
	address = ipv4("127.0.0.1", 0);
	say_result("IPv4 for IPv6", bind(six, &address.any, sizeof address.in6));
}

CASE(ephemeral_ports_are_in_their_range)
{
	int made = listener(AF_INET, 1);
	union address address = own_address(made);

	say_yes("in 32768 to 60999", port_of(&address) >= 32768 && port_of(&address) <= 60999);
	made = client_of(made);
	address = own_address(made);
	say_yes("a client's, too", port_of(&address) >= 32768 && port_of(&address) <= 60999);
}

CASE(listening_without_a_bind)
{
	int made = socket(AF_INET, SOCK_STREAM, 0);
	union address address;

	say_result("listen", listen(made, 1));
	address = own_address(made);
	say("address", "%s", as_text(&address));
	say_result("of datagrams", listen(socket(AF_INET, SOCK_DGRAM, 0), 1));
}

CASE(both_families_share_a_port)
{
	int six = socket(AF_INET6, SOCK_STREAM, 0), four = socket(AF_INET, SOCK_STREAM, 0), made;
	union address address, peer = { .in = { 0 } };
	socklen_t size = sizeof peer;

	bind_to(six, ipv6("::", 0));
	listen(six, 1);
	address = own_address(six);
	say_result("IPv4 binds, too", bind_to(four, ipv4("0.0.0.0", port_of(&address))));
	say_result("IPv4 connects", connect_to(four, ipv4("127.0.0.1", port_of(&address))));
	made = accept(six, &peer.any, &size);
	say("peer", "%s", as_text(&peer));
	peer = own_address(made);
	say("own", "%s", as_text(&peer));
	say_result("sent", send(four, "four", 4, 0));
	say_received("received", made, 0);
}

CASE(only_ipv6)
{
	int six, four = socket(AF_INET, SOCK_STREAM, 0);
	union address address;
	long bound = -1;

	/* A connection that is still closing may have the same port by chance, but not each time. */
	for (int tries = 0; bound && tries < 3; tries++) {
		six = socket(AF_INET6, SOCK_STREAM, 0);
		set_option(six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		bind_to(six, ipv6("::", 0));
		listen(six, 1);
		address = own_address(six);
		if (!tries)
			say_result("IPv4 connects",
				   connect_to(four, ipv4("127.0.0.1", port_of(&address))));
		four = socket(AF_INET, SOCK_STREAM, 0);
		bound = bind_to(four, ipv4("0.0.0.0", port_of(&address)));
	}
	say_result("IPv4 binds", bound);
	six = socket(AF_INET6, SOCK_STREAM, 0);
	set_option(six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	say_result("mapped bind", bind_to(six, ipv6("::ffff:127.0.0.1", 0)));
	say_result("mapped connect", connect_to(six, ipv6("::ffff:127.0.0.1", 9)));
}

CASE(a_mapped_address)
{
	int four = listener(AF_INET, 1), six = socket(AF_INET6, SOCK_STREAM, 0);
	union address address = own_address(four);

	say_result("connect", connect_to(six, ipv6("::ffff:127.0.0.1", port_of(&address))));
	address = own_address(six);
	say("own", "%s", as_text(&address));
	six = socket(AF_INET6, SOCK_STREAM, 0);
	say_result("bind", bind_to(six, ipv6("::ffff:127.0.0.1", 0)));
	address = own_address(six);
	say("bound to", "%s", as_text(&address));
}

CASE(datagram_ports)
{
	int first = datagram_socket(AF_INET), second = socket(AF_INET, SOCK_DGRAM, 0);
	union address address = own_address(first);

	say_result("taken", bind_to(second, address));
	set_option(second, SOL_SOCKET, SO_REUSEADDR, 1);
	say_result("only one has it", bind_to(second, address));
	set_option(first, SOL_SOCKET, SO_REUSEADDR, 1);
	say_result("both have it", bind_to(second, address));
	send(datagram_socket(AF_INET), "", 0, 0);
	say_result("sent", sendto(first, "x", 1, 0, &address.any, sizeof address.in));
	say_received("the last bound gets it", second, MSG_DONTWAIT);
}
