/* Sends to the outside by every way there is: `leaks ADDRESS`. Prints each way's error, or "sent". */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void told(const char *way, int failed)
{
	printf("%s: %s\n", way, failed ? strerrorname_np(errno) : "sent");
}

static struct sockaddr_in at(const char *address, int port)
{
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_aton(address, &there.sin_addr);
	return there;
}

static void stream(const char *address, int port)
{
	struct sockaddr_in there = at(address, port);
	int made = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = 0;
	struct pollfd ready = { made, POLLOUT, 0 };
	socklen_t size = sizeof error;
	char way[32];

	if (connect(made, (struct sockaddr *)&there, sizeof there) && errno != EINPROGRESS)
		error = errno;
	else if (poll(&ready, 1, 500) == 1)
		getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &size);
	else
		error = ETIMEDOUT;
	snprintf(way, sizeof way, "tcp %d", port);
	errno = error;
	told(way, error);
	close(made);
}

static void datagram(const char *address, int port)
{
	struct sockaddr_in there = at(address, port);
	int made = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	char way[64];

	setsockopt(made, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
	snprintf(way, sizeof way, "udp %s %d", address, port);
	told(way, sendto(made, "leak", 4, 0, (struct sockaddr *)&there, sizeof there) < 0);
	close(made);
}

static void datagram6(const char *address)
{
	struct sockaddr_in6 there = { .sin6_family = AF_INET6, .sin6_port = htons(7777) };
	int made = socket(AF_INET6, SOCK_DGRAM, 0);
	char way[64];

	inet_pton(AF_INET6, address, &there.sin6_addr);
	there.sin6_scope_id = 2;
	snprintf(way, sizeof way, "udp6 %s", address);
	told(way, sendto(made, "leak", 4, 0, (struct sockaddr *)&there, sizeof there) < 0);
	close(made);
}

static void ping(const char *address)
{
	struct sockaddr_in there = at(address, 0);
	struct icmphdr echo = { .type = ICMP_ECHO, .checksum = htons(0xf7ff) };
	int made = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	told("icmp", sendto(made, &echo, sizeof echo, 0, (struct sockaddr *)&there, sizeof there) < 0);
	close(made);
}

/* A frame to everybody by each interface there is, the loopback too. */
static void frames(void)
{
	static const unsigned char frame[60] = { 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 0 };
	struct if_nameindex *all = if_nameindex();
	int made = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	for (struct if_nameindex *one = all; one && one->if_index; one++) {
		struct sockaddr_ll there = {
			.sll_family = AF_PACKET, .sll_ifindex = one->if_index,
			.sll_protocol = htons(ETH_P_IP), .sll_halen = 6,
		};
		char way[64];

		snprintf(way, sizeof way, "frame %s", one->if_name);
		told(way, sendto(made, frame, sizeof frame, 0, (struct sockaddr *)&there, sizeof there) < 0);
	}
	close(made);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	stream(argv[1], 7777);
	stream(argv[1], 7778);
	datagram(argv[1], 7777);
	datagram(argv[1], 7778);
	datagram("255.255.255.255", 7777);
	datagram("224.0.0.1", 7777);
	datagram6("ff02::1");
	datagram6("2001:db8::1");
	ping(argv[1]);
	frames();
	told("tun", open("/dev/net/tun", O_RDWR) < 0);
	return 0;
}
