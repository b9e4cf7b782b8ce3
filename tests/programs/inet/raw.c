/* Raw sockets, ICMP, and packet sockets: for root. */
#include "inet.h"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>

static unsigned short checksum(const void *data, size_t size)
{
	const unsigned char *bytes = data;
	unsigned long sum = 0;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	if (size & 1)
		sum += bytes[size - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return htons(~sum & 0xFFFF);
}

static size_t echo(unsigned char *packet, int type, const char *text)
{
	struct icmphdr header = { .type = type };
	size_t size = sizeof header + strlen(text);

	header.un.echo.id = htons(0x1234);
	header.un.echo.sequence = htons(1);
	memcpy(packet, &header, sizeof header);
	memcpy(packet + sizeof header, text, strlen(text));
	header.checksum = checksum(packet, size);
	memcpy(packet, &header, sizeof header);
	return size;
}

CASE(an_echo_is_answered)
{
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	union address to = ipv4("127.0.0.1", 0);
	unsigned char packet[128];
	size_t size = echo(packet, ICMP_ECHO, "ping");

	say_yes("a raw socket", raw >= 0);
	say_result("sent", sendto(raw, packet, size, 0, &to.any, sizeof to.in));
	for (int i = 0; i < 2 && wait_for(raw, POLLIN); i++) {
		struct iphdr *ip = (struct iphdr *)packet;
		struct icmphdr *icmp = (struct icmphdr *)(packet + 20);
		ssize_t count = recv(raw, packet, sizeof packet, 0);

		say("a packet", "%zd bytes, version %d, header %d, protocol %d, type %d, '%.4s'",
		    count, ip->version, ip->ihl, ip->protocol, icmp->type, packet + 28);
		say_yes("its checksum is right", checksum(packet + 20, count - 20) == 0);
		say_yes("the header's, too", checksum(packet, 20) == 0);
	}
}

CASE(an_echo_over_ipv6_is_answered)
{
	int raw = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	unsigned char packet[128] = { 128, 0, 0, 0, 0x12, 0x34, 0, 1, 'p', 'o', 'n', 'g' };
	union address to = ipv6("::1", 0);

	say_result("sent", sendto(raw, packet, 12, 0, &to.any, sizeof to.in6));
	for (int i = 0; i < 2 && wait_for(raw, POLLIN); i++) {
		ssize_t count = recv(raw, packet, sizeof packet, 0);

		say("a message", "%zd bytes, type %d, '%.4s'", count, packet[0], packet + 8);
	}
}

CASE(an_icmp_filter)
{
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	union address to = ipv4("127.0.0.1", 0);
	unsigned char packet[128];
	size_t size = echo(packet, ICMP_ECHO, "ping");
	int filter = 1 << ICMP_ECHO;

	say_result("set", setsockopt(raw, SOL_RAW, 1, &filter, sizeof filter));
	sendto(raw, packet, size, 0, &to.any, sizeof to.in);
	wait_for(raw, POLLIN);
	recv(raw, packet, sizeof packet, 0);
	say_number("the first is the reply", packet[20]);
	say_result("no more", recv(raw, packet, sizeof packet, MSG_DONTWAIT));
	raw = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
	say_result("not for UDP", setsockopt(raw, SOL_RAW, 1, &filter, sizeof filter));
}

CASE(a_raw_socket_sees_udp)
{
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_UDP), one = datagram_socket(AF_INET);
	int other = datagram_socket(AF_INET);
	union address to = own_address(other);
	unsigned char packet[128];
	struct udphdr *udp = (struct udphdr *)(packet + 20);

	sendto(one, "seen", 4, 0, &to.any, sizeof to.in);
	say_result("received", recv(raw, packet, sizeof packet, 0));
	say_yes("the port", udp->dest == to.in.sin_port);
	say_number("length", ntohs(udp->len));
	say("text", "%.4s", packet + 28);
	say_received("the socket gets it, too", other, 0);
}

CASE(a_header_of_ones_own)
{
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW), other = datagram_socket(AF_INET);
	union address to = own_address(other);
	struct { struct iphdr ip; struct udphdr udp; char text[4]; } packet = {
		.ip = { .version = 4, .ihl = 5, .ttl = 9, .protocol = IPPROTO_UDP },
		.udp = { .source = htons(7), .len = htons(12) },
		.text = "mine",
	};

	packet.ip.daddr = to.in.sin_addr.s_addr;
	packet.udp.dest = to.in.sin_port;
	say_option("IP_HDRINCL", raw, IPPROTO_IP, IP_HDRINCL);
	say_result("sent", sendto(raw, &packet, sizeof packet, 0, &to.any, sizeof to.in));
	say_received("received", other, 0);
	say_result("too short", sendto(raw, &packet, 10, 0, &to.any, sizeof to.in));
}

CASE(a_protocol_that_nobody_knows)
{
	int raw = socket(AF_INET, SOCK_RAW, 253), other = socket(AF_INET, SOCK_RAW, 253);
	union address to = ipv4("127.0.0.1", 0);
	unsigned char packet[64];

	say_result("sent", sendto(raw, "odd", 3, 0, &to.any, sizeof to.in));
	say_result("received", recv(other, packet, sizeof packet, MSG_DONTWAIT));
	say("text", "%.3s", packet + 20);
	say_result("the sender, too", recv(raw, packet, sizeof packet, MSG_DONTWAIT));
}

CASE(frames_of_the_loopback)
{
	int frames = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), one = datagram_socket(AF_INET);
	union address to = own_address(datagram_socket(AF_INET));
	struct sockaddr_ll from;
	socklen_t size = sizeof from;
	unsigned char frame[128];

	say_yes("a packet socket", frames >= 0);
	sendto(one, "frame", 5, 0, &to.any, sizeof to.in);
	for (int i = 0; i < 2; i++) {
		ssize_t count = recvfrom(frames, frame, sizeof frame, MSG_DONTWAIT,
					 (struct sockaddr *)&from, &size);

		say("a frame", "%zd bytes, type %02x%02x, '%.5s'", count, frame[12], frame[13],
		    frame + 42);
		say("from", "family %d, protocol %x, hatype %d, pkttype %d, halen %d", from.sll_family,
		    ntohs(from.sll_protocol), from.sll_hatype, from.sll_pkttype, from.sll_halen);
		say_yes("the loopback", from.sll_ifindex == (int)if_nametoindex("lo"));
	}
}

CASE(frames_of_one_protocol)
{
	int frames = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP)), one = datagram_socket(AF_INET);
	union address to = own_address(datagram_socket(AF_INET));
	struct tpacket_stats statistics;
	socklen_t size = sizeof statistics;
	unsigned char frame[128];

	sendto(one, "frame", 5, 0, &to.any, sizeof to.in);
	say_result("without the link header", recv(frames, frame, sizeof frame, MSG_DONTWAIT));
	say_number("IP's version", frame[0] >> 4);
	say_result("only what comes", recv(frames, frame, sizeof frame, MSG_DONTWAIT));
	say_result("statistics", getsockopt(frames, SOL_PACKET, PACKET_STATISTICS, &statistics, &size));
	say("frames", "%u, lost %u", statistics.tp_packets, statistics.tp_drops);
}

CASE(tcp_is_seen_by_packet_sockets)
{
	int frames = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP)), pair[2], seen = 0;
	unsigned char frame[256];
	ssize_t count;

	connected(pair);
	while (recv(frames, frame, sizeof frame, MSG_DONTWAIT) > 0)
		;
	send(pair[0], "visible", 7, 0);
	while ((count = recv(frames, frame, sizeof frame, MSG_DONTWAIT)) > 0) {
		size_t header = (frame[0] & 15) * 4 + (frame[20 + 12] >> 4) * 4;

		if (count > (ssize_t)header) {
			seen++;
			say("data", "%.7s", frame + header);
			say_yes("the checksum of IP is right", checksum(frame, 20) == 0);
		}
	}
	say_number("segments with data", seen);
	say_received("received", pair[1], 0);
}

CASE(packet_sockets_and_bad_arguments)
{
	int frames = socket(AF_PACKET, SOCK_RAW, 0);
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = 999 };

	say_result("unknown device", bind(frames, (struct sockaddr *)&address, sizeof address));
	say_result("short", bind(frames, (struct sockaddr *)&address, 10));
	say_result("no device to send to", send(frames, "0123456789abcdef", 16, 0));
	say_result("connect", connect(frames, (struct sockaddr *)&address, sizeof address));
	say_result("listen", listen(frames, 1));
	say_result("stream", socket(AF_PACKET, SOCK_STREAM, 0));
}

CASE(ping_sockets_need_a_group)
{
	say_result("ping socket", socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
	say_result("of IPv6", socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6));
}
