/* UDP: sending, receiving, connecting, errors that come back, control messages. */
#include "inet.h"

#include <linux/errqueue.h>
#include <netinet/udp.h>

CASE(datagrams_keep_their_borders)
{
	int one = datagram_socket(AF_INET), other = datagram_socket(AF_INET);
	union address to = own_address(other), from = { .in = { 0 } };
	socklen_t size = sizeof from;
	char text[8] = "";

	sendto(one, "first", 5, 0, &to.any, sizeof to.in);
	sendto(one, "", 0, 0, &to.any, sizeof to.in);
	sendto(one, "third", 5, 0, &to.any, sizeof to.in);
	say_result("first", recvfrom(other, text, 3, 0, &from.any, &size));
	say("text", "%s", text);
	say_number("size of the address", size);
	to = own_address(one);
	say_yes("from whom it is", !memcmp(&to.in, &from.in, sizeof to.in));
	say_received("an empty one", other, 0);
	say_result("its length with MSG_TRUNC", recv(other, text, 2, MSG_TRUNC | MSG_PEEK));
	say_received("third", other, 0);
	say_received("none", other, MSG_DONTWAIT);
}

CASE(datagrams_over_ipv6)
{
	int one = datagram_socket(AF_INET6), other = datagram_socket(AF_INET6);
	union address to = own_address(other), from;
	socklen_t size = sizeof from;
	char text[8] = "";

	say_result("sent", sendto(one, "six", 3, 0, &to.any, sizeof to.in6));
	say_result("received", recvfrom(other, text, 8, 0, &from.any, &size));
	say("from", "%s", as_text(&from));
	say_number("size of the address", size);
}

CASE(a_connected_datagram_socket)
{
	int one = datagram_socket(AF_INET), other = datagram_socket(AF_INET);
	int stranger = datagram_socket(AF_INET);
	union address to = own_address(other), here = own_address(one), none = { 0 };
	socklen_t size = sizeof none;

	say_result("connect", connect_to(one, to));
	say_result("send", send(one, "a", 1, 0));
	say_received("received", other, 0);
	sendto(stranger, "b", 1, 0, &here.any, sizeof here.in);
	say_received("nothing from strangers", one, MSG_DONTWAIT);
	sendto(other, "c", 1, 0, &here.any, sizeof here.in);
	say_received("from the peer", one, MSG_DONTWAIT);
	say_result("getpeername", getpeername(one, &none.any, &size));
	memset(&none, 0, sizeof none);
	say_result("dissolve", connect(one, &none.any, sizeof none.in));
	size = sizeof none;
	say_result("getpeername then", getpeername(one, &none.any, &size));
	say_result("send then", send(one, "d", 1, 0));
}

CASE(connecting_chooses_an_address)
{
	int one = socket(AF_INET, SOCK_DGRAM, 0), other = datagram_socket(AF_INET);
	union address none = { .any = { .sa_family = AF_UNSPEC } }, here = own_address(one);

	say("before", "%s", as_text(&here));
	connect_to(one, own_address(other));
	here = own_address(one);
	say("connected", "%s", as_text(&here));
	connect(one, &none.any, sizeof none.in);
	here = own_address(one);
	say("dissolved", "%s", as_text(&here));
}

CASE(nobody_has_the_port)
{
	int one = datagram_socket(AF_INET), other = datagram_socket(AF_INET);
	union address to = own_address(other);

	close(other);
	say_result("unconnected", sendto(one, "x", 1, 0, &to.any, sizeof to.in));
	say_received("nothing is told", one, MSG_DONTWAIT);
	connect_to(one, to);
	say_result("connected", send(one, "x", 1, 0));
	say_events("events", one, POLLIN | POLLOUT);
	say_received("received", one, MSG_DONTWAIT);
	say_received("and then", one, MSG_DONTWAIT);
	send(one, "x", 1, 0);
	say_result("the next send tells it", send(one, "x", 1, 0));
	say_error("SO_ERROR", one);
	send(one, "x", 1, 0);
	say_error("SO_ERROR after a send", one);
}

CASE(bad_destinations)
{
	int one = socket(AF_INET, SOCK_DGRAM, 0);
	union address to = ipv4("127.0.0.1", 9);

	say_result("none", send(one, "x", 1, 0));
	say_result("short", sendto(one, "x", 1, 0, &to.any, 10));
	to.any.sa_family = AF_INET6;
	say_result("of another family", sendto(one, "x", 1, 0, &to.any, sizeof to.in));
	to = ipv4("127.0.0.1", 0);
	say_result("no port", sendto(one, "x", 1, 0, &to.any, sizeof to.in));
	to = ipv4("198.51.100.1", 9);
	say_result("no route", sendto(one, "x", 1, 0, &to.any, sizeof to.in));
	to = ipv4("127.255.255.255", 9);
	say_result("broadcast", sendto(one, "x", 1, 0, &to.any, sizeof to.in));
	set_option(one, SOL_SOCKET, SO_BROADCAST, 1);
	say_result("broadcast allowed", sendto(one, "x", 1, 0, &to.any, sizeof to.in));
	say_result("MSG_OOB", sendto(one, "x", 1, MSG_OOB, &to.any, sizeof to.in));
}

CASE(the_largest_datagram)
{
	static char block[70000];
	int one = datagram_socket(AF_INET), other = datagram_socket(AF_INET);
	union address to = own_address(other);

	say_result("65507", sendto(one, block, 65507, 0, &to.any, sizeof to.in));
	say_result("arrives", recv(other, block, sizeof block, MSG_DONTWAIT));
	say_result("65508", sendto(one, block, 65508, 0, &to.any, sizeof to.in));
	say_result("65536", sendto(one, block, 65536, 0, &to.any, sizeof to.in));
}

CASE(a_receive_buffer_fills_up)
{
	static char block[1000];
	int one = datagram_socket(AF_INET), other = datagram_socket(AF_INET), got = 0;
	union address to = own_address(other);

	set_option(other, SOL_SOCKET, SO_RCVBUF, 4096);
	for (int i = 0; i < 50; i++)
		sendto(one, block, sizeof block, 0, &to.any, sizeof to.in);
	while (recv(other, block, sizeof block, MSG_DONTWAIT) > 0)
		got++;
	say_yes("some are kept", got > 0);
	say_yes("not all", got < 50);
}

CASE(a_shut_down_datagram_socket)
{
	int one = datagram_socket(AF_INET);

	say_result("not connected", shutdown(one, SHUT_RD));
	say_received("all the same", one, MSG_DONTWAIT);
	connect_to(one, own_address(one));
	say_result("connected", shutdown(one, SHUT_WR));
	say_result("send", send(one, "x", 1, MSG_NOSIGNAL));
	say_events("events", one, POLLIN | POLLOUT | POLLRDHUP);
}

CASE(a_datagram_in_parts)
{
	int one = datagram_socket(AF_INET), other = datagram_socket(AF_INET);

	connect_to(one, own_address(other));
	send(one, "one ", 4, MSG_MORE);
	say_received("not yet", other, MSG_DONTWAIT);
	send(one, "two", 3, 0);
	say_received("together", other, MSG_DONTWAIT);
	say_result("UDP_CORK", set_option(one, IPPROTO_UDP, UDP_CORK, 1));
	send(one, "three ", 6, 0);
	send(one, "four", 4, 0);
	say_received("corked", other, MSG_DONTWAIT);
	set_option(one, IPPROTO_UDP, UDP_CORK, 0);
	say_received("uncorked", other, MSG_DONTWAIT);
}

CASE(the_size_of_the_next_datagram)
{
	int one = datagram_socket(AF_INET), other = datagram_socket(AF_INET), number = -1;

	connect_to(one, own_address(other));
	ioctl(other, FIONREAD, &number);
	say_number("none", number);
	send(one, "12345", 5, 0);
	send(one, "123", 3, 0);
	ioctl(other, FIONREAD, &number);
	say_number("the first", number);
}

static struct msghdr message(struct iovec *part, void *text, size_t size, void *control, size_t room)
{
	*part = (struct iovec){ text, size };
	return (struct msghdr){ .msg_iov = part, .msg_iovlen = 1, .msg_control = control,
				.msg_controllen = room };
}

CASE(how_a_datagram_came)
{
	int one = datagram_socket(AF_INET), other = datagram_socket(AF_INET), number;
	char text[8], control[256];
	struct iovec part;
	struct msghdr header = message(&part, text, sizeof text, control, sizeof control);

	set_option(other, IPPROTO_IP, IP_PKTINFO, 1);
	set_option(other, IPPROTO_IP, IP_RECVTTL, 1);
	set_option(other, IPPROTO_IP, IP_RECVTOS, 1);
	set_option(one, IPPROTO_IP, IP_TTL, 42);
	set_option(one, IPPROTO_IP, IP_TOS, 0x20);
	connect_to(one, own_address(other));
	send(one, "x", 1, 0);
	say_result("received", recvmsg(other, &header, 0));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
		if (c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo information;

			memcpy(&information, CMSG_DATA(c), sizeof information);
			say_yes("on a device", information.ipi_ifindex == (int)if_nametoindex("lo"));
			say("to", "%s", inet_ntoa(information.ipi_addr));
			say("specific", "%s", inet_ntoa(information.ipi_spec_dst));
		} else if (c->cmsg_type == IP_TTL) {
			memcpy(&number, CMSG_DATA(c), sizeof number);
			say_number("TTL", number);
		} else if (c->cmsg_type == IP_TOS) {
			say_number("TOS", *CMSG_DATA(c));
			say_number("its size", c->cmsg_len - CMSG_LEN(0));
		}
	}
}

CASE(how_a_datagram_came_over_ipv6)
{
	int one = datagram_socket(AF_INET6), other = datagram_socket(AF_INET6), number;
	char text[8], control[256], name[INET6_ADDRSTRLEN];
	struct iovec part;
	struct msghdr header = message(&part, text, sizeof text, control, sizeof control);

	set_option(other, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	set_option(other, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
	set_option(other, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
	set_option(one, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 17);
	connect_to(one, own_address(other));
	send(one, "x", 1, 0);
	say_result("received", recvmsg(other, &header, 0));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
		if (c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo information;

			memcpy(&information, CMSG_DATA(c), sizeof information);
			inet_ntop(AF_INET6, &information.ipi6_addr, name, sizeof name);
			say("to", "%s", name);
		} else {
			memcpy(&number, CMSG_DATA(c), sizeof number);
			say(c->cmsg_type == IPV6_HOPLIMIT ? "hops" : "class", "%d", number);
		}
	}
}

CASE(control_messages_that_do_not_fit)
{
	int one = datagram_socket(AF_INET), other = datagram_socket(AF_INET);
	char text[8], control[CMSG_LEN(4)];
	struct iovec part;
	struct msghdr header = message(&part, text, sizeof text, control, sizeof control);

	set_option(other, IPPROTO_IP, IP_PKTINFO, 1);
	connect_to(one, own_address(other));
	send(one, "x", 1, 0);
	say_result("received", recvmsg(other, &header, 0));
	say_yes("MSG_CTRUNC", header.msg_flags & MSG_CTRUNC);
	say_yes("all room is used", header.msg_controllen == sizeof control);
}

CASE(how_a_datagram_is_to_go)
{
	int one = datagram_socket(AF_INET), other = datagram_socket(AF_INET), ttl = 5;
	union address to = own_address(other);
	char control[CMSG_SPACE(sizeof ttl)] = "", text[8], got[64];
	struct iovec part;
	struct msghdr header = message(&part, "x", 1, control, sizeof control);
	struct cmsghdr *first = CMSG_FIRSTHDR(&header);

	header.msg_name = &to;
	header.msg_namelen = sizeof to.in;
	*first = (struct cmsghdr){ CMSG_LEN(sizeof ttl), IPPROTO_IP, IP_TTL };
	memcpy(CMSG_DATA(first), &ttl, sizeof ttl);
	set_option(other, IPPROTO_IP, IP_RECVTTL, 1);
	say_result("sent", sendmsg(one, &header, 0));
	header = message(&part, text, sizeof text, got, sizeof got);
	recvmsg(other, &header, 0);
	memcpy(&ttl, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof ttl);
	say_number("TTL", ttl);
	header = message(&part, "x", 1, control, sizeof control);
	header.msg_name = &to;
	header.msg_namelen = sizeof to.in;
	CMSG_FIRSTHDR(&header)->cmsg_type = 77;
	say_result("unknown control message", sendmsg(one, &header, 0));
	CMSG_FIRSTHDR(&header)->cmsg_type = IP_TTL;
	ttl = 300;
	memcpy(CMSG_DATA(CMSG_FIRSTHDR(&header)), &ttl, sizeof ttl);
	say_result("TTL of 300", sendmsg(one, &header, 0));
}

CASE(the_queue_of_errors)
{
	int one = datagram_socket(AF_INET), other = datagram_socket(AF_INET);
	union address to = own_address(other), name = { 0 };
	char text[16] = "", control[512];
	struct iovec part;
	struct msghdr header = message(&part, text, sizeof text - 1, control, sizeof control);
	struct sock_extended_err error;
	struct sockaddr_in offender;

	close(other);
	set_option(one, IPPROTO_IP, IP_RECVERR, 1);
	sendto(one, "lost", 4, 0, &to.any, sizeof to.in);
	say_events("events", one, POLLIN | POLLOUT);
	header.msg_name = &name;
	header.msg_namelen = sizeof name;
	say_result("the error's datagram", recvmsg(one, &header, MSG_ERRQUEUE));
	say("text", "%s", text);
	say("flags", "%s", header.msg_flags & MSG_ERRQUEUE ? "MSG_ERRQUEUE" : "none");
	say_yes("where to", name.in.sin_port == to.in.sin_port);
	memcpy(&error, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof error);
	memcpy(&offender, CMSG_DATA(CMSG_FIRSTHDR(&header)) + sizeof error, sizeof offender);
	say("error", "%s", strerrorname_np(error.ee_errno));
	say("origin, type, code", "%d %d %d", error.ee_origin, error.ee_type, error.ee_code);
	say("offender", "%s", inet_ntoa(offender.sin_addr));
	say_result("no more", recvmsg(one, &header, MSG_ERRQUEUE));
	say_error("SO_ERROR", one);
}

CASE(several_messages_in_one_call)
{
	int one = datagram_socket(AF_INET), other = datagram_socket(AF_INET);
	struct iovec parts[3] = { { "a", 1 }, { "bb", 2 }, { "ccc", 3 } };
	struct mmsghdr messages[3] = { 0 };
	char texts[3][8] = { "" };

	connect_to(one, own_address(other));
	for (int i = 0; i < 3; i++)
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	say_result("sent", sendmmsg(one, messages, 3, 0));
	say_number("the last's length", messages[2].msg_len);
	for (int i = 0; i < 3; i++)
		parts[i] = (struct iovec){ texts[i], 7 };
	say_result("received", recvmmsg(other, messages, 3, MSG_DONTWAIT, NULL));
	say("texts", "%s %s %s", texts[0], texts[1], texts[2]);
}

CASE(when_a_datagram_came)
{
	int one = datagram_socket(AF_INET), other = datagram_socket(AF_INET);
	char text[8], control[256];
	struct iovec part;
	struct msghdr header = message(&part, text, sizeof text, control, sizeof control);
	struct timeval stamp;
	struct cmsghdr *first;

	set_option(other, SOL_SOCKET, SO_TIMESTAMP, 1);
	connect_to(one, own_address(other));
	send(one, "x", 1, 0);
	recvmsg(other, &header, 0);
	first = CMSG_FIRSTHDR(&header);
	say_yes("there is a message", first != NULL);
	if (first) {
		memcpy(&stamp, CMSG_DATA(first), sizeof stamp);
		say_yes("of SO_TIMESTAMP", first->cmsg_type == SCM_TIMESTAMP);
		say_yes("just now", stamp.tv_sec + 10 > time(NULL) && stamp.tv_sec <= time(NULL));
	}
}
