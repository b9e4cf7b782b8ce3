/* Options of TCP and IP, and what TCP_INFO tells. */
#include "inet.h"

CASE(defaults_of_tcp)
{
	int made = socket(AF_INET, SOCK_STREAM, 0);

	say_option("TCP_NODELAY", made, IPPROTO_TCP, TCP_NODELAY);
	say_option("TCP_CORK", made, IPPROTO_TCP, TCP_CORK);
	say_option("TCP_MAXSEG", made, IPPROTO_TCP, TCP_MAXSEG);
	say_option("TCP_KEEPIDLE", made, IPPROTO_TCP, TCP_KEEPIDLE);
	say_option("TCP_KEEPINTVL", made, IPPROTO_TCP, TCP_KEEPINTVL);
	say_option("TCP_KEEPCNT", made, IPPROTO_TCP, TCP_KEEPCNT);
	say_option("TCP_SYNCNT", made, IPPROTO_TCP, TCP_SYNCNT);
	say_option("TCP_LINGER2", made, IPPROTO_TCP, TCP_LINGER2);
	say_option("TCP_DEFER_ACCEPT", made, IPPROTO_TCP, TCP_DEFER_ACCEPT);
	say_option("TCP_USER_TIMEOUT", made, IPPROTO_TCP, TCP_USER_TIMEOUT);
	say_option("TCP_QUICKACK", made, IPPROTO_TCP, TCP_QUICKACK);
	say_option("SO_SNDBUF", made, SOL_SOCKET, SO_SNDBUF);
	say_option("SO_RCVBUF", made, SOL_SOCKET, SO_RCVBUF);
	say_option("unknown", made, IPPROTO_TCP, 200);
}

CASE(options_of_tcp_are_kept)
{
	int made = socket(AF_INET, SOCK_STREAM, 0);

	say_result("TCP_NODELAY", set_option(made, IPPROTO_TCP, TCP_NODELAY, 5));
	say_option("is", made, IPPROTO_TCP, TCP_NODELAY);
	say_result("TCP_KEEPIDLE", set_option(made, IPPROTO_TCP, TCP_KEEPIDLE, 10));
	say_option("is", made, IPPROTO_TCP, TCP_KEEPIDLE);
	say_result("TCP_KEEPIDLE of 0", set_option(made, IPPROTO_TCP, TCP_KEEPIDLE, 0));
	say_result("TCP_KEEPIDLE too long", set_option(made, IPPROTO_TCP, TCP_KEEPIDLE, 40000));
	say_result("TCP_KEEPCNT too many", set_option(made, IPPROTO_TCP, TCP_KEEPCNT, 128));
	say_result("TCP_MAXSEG too small", set_option(made, IPPROTO_TCP, TCP_MAXSEG, 10));
	say_result("TCP_MAXSEG", set_option(made, IPPROTO_TCP, TCP_MAXSEG, 1000));
	say_option("is", made, IPPROTO_TCP, TCP_MAXSEG);
	say_result("TCP_USER_TIMEOUT", set_option(made, IPPROTO_TCP, TCP_USER_TIMEOUT, 3000));
	say_option("is", made, IPPROTO_TCP, TCP_USER_TIMEOUT);
	say_result("unknown", set_option(made, IPPROTO_TCP, 200, 1));
	say_result("short", setsockopt(made, IPPROTO_TCP, TCP_NODELAY, "x", 1));
	say_result("bad pointer", setsockopt(made, IPPROTO_TCP, TCP_NODELAY, (void *)8, 4));
}

CASE(options_of_ip_are_kept)
{
	int made = socket(AF_INET, SOCK_DGRAM, 0);
	unsigned char byte = 7;
	socklen_t size = 1;

	say_option("IP_TTL", made, IPPROTO_IP, IP_TTL);
	say_option("IP_TOS", made, IPPROTO_IP, IP_TOS);
	say_option("IP_MTU_DISCOVER", made, IPPROTO_IP, IP_MTU_DISCOVER);
	say_option("IP_MULTICAST_TTL", made, IPPROTO_IP, IP_MULTICAST_TTL);
	say_option("IP_MULTICAST_LOOP", made, IPPROTO_IP, IP_MULTICAST_LOOP);
	say_option("IP_MTU", made, IPPROTO_IP, IP_MTU);
	say_result("TTL of 0", set_option(made, IPPROTO_IP, IP_TTL, 0));
	say_result("TTL of 256", set_option(made, IPPROTO_IP, IP_TTL, 256));
	say_result("TTL of -1", set_option(made, IPPROTO_IP, IP_TTL, -1));
	say_result("TTL as a byte", setsockopt(made, IPPROTO_IP, IP_TTL, &byte, 1));
	say_result("read as a byte", getsockopt(made, IPPROTO_IP, IP_TTL, &byte, &size));
	say_number("is", byte);
	say_number("size", size);
	say_result("TOS", set_option(made, IPPROTO_IP, IP_TOS, 0x10));
	say_option("is", made, IPPROTO_IP, IP_TOS);
	say_result("IP_HDRINCL", set_option(made, IPPROTO_IP, IP_HDRINCL, 1));
	say_result("IPV6 on IPv4", set_option(made, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	say_result("unknown", set_option(made, IPPROTO_IP, 150, 1));
	say_result("unknown level", set_option(made, 99, 1, 1));
}

CASE(options_of_ipv6_are_kept)
{
	int made = socket(AF_INET6, SOCK_DGRAM, 0);

	say_option("IPV6_V6ONLY", made, IPPROTO_IPV6, IPV6_V6ONLY);
	say_option("IPV6_UNICAST_HOPS", made, IPPROTO_IPV6, IPV6_UNICAST_HOPS);
	say_option("IPV6_MULTICAST_HOPS", made, IPPROTO_IPV6, IPV6_MULTICAST_HOPS);
	say_option("IPV6_TCLASS", made, IPPROTO_IPV6, IPV6_TCLASS);
	say_result("hops", set_option(made, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9));
	say_option("is", made, IPPROTO_IPV6, IPV6_UNICAST_HOPS);
	say_result("too many hops", set_option(made, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 256));
	say_result("the default again", set_option(made, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -1));
	say_option("is", made, IPPROTO_IPV6, IPV6_UNICAST_HOPS);
	say_result("V6ONLY", set_option(made, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	bind_to(made, ipv6("::1", 0));
	say_result("V6ONLY when bound", set_option(made, IPPROTO_IPV6, IPV6_V6ONLY, 0));
	say_result("IP_TTL on IPv6", set_option(made, IPPROTO_IP, IP_TTL, 9));
	say_option("is", made, IPPROTO_IP, IP_TTL);
}

CASE(states_of_a_connection)
{
	int listening = listener(AF_INET, 3), pair[2];
	struct tcp_info information;
	socklen_t size = sizeof information;

	say_state("new", socket(AF_INET, SOCK_STREAM, 0));
	say_state("listening", listening);
	client_of(listening);
	getsockopt(listening, IPPROTO_TCP, TCP_INFO, &information, &size);
	say_number("waiting to be accepted", information.tcpi_unacked);
	say_number("backlog", information.tcpi_sacked);
	connected(pair);
	send(pair[0], "12345", 5, 0);
	wait_for(pair[1], POLLIN);
	getsockopt(pair[1], IPPROTO_TCP, TCP_INFO, &information, &size);
	say_state("connected", pair[0]);
	say_number("advertised mss", information.tcpi_advmss);
	say_number("mss", information.tcpi_snd_mss);
	size = 4;
	say_result("a part of it", getsockopt(pair[0], IPPROTO_TCP, TCP_INFO, &information, &size));
	say_number("size", size);
	shutdown(pair[0], SHUT_WR);
	wait_for(pair[1], POLLRDHUP);
	until(state_of(pair[0]) == 5);
	say_state("half closed", pair[0]);
	say_state("its peer", pair[1]);
}

CASE(mss_and_mtu_of_a_connection)
{
	int pair[2];

	connected(pair);
	say_option("TCP_MAXSEG", pair[0], IPPROTO_TCP, TCP_MAXSEG);
	say_option("IP_MTU", pair[0], IPPROTO_IP, IP_MTU);
	connected_of(AF_INET6, pair);
	say_option("IPV6_MTU", pair[0], IPPROTO_IPV6, IPV6_MTU);
}
