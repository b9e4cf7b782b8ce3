/* What sockets cost: `sockets NAME COUNT`.
 *
 *   unix, tcp, udp     a byte to another process and back, COUNT times
 *   unix-bulk, tcp-bulk  COUNT megabytes to another process, 64 KiB at a time
 *   epoll              a byte and back through epoll, beside COUNT idle connections, 2,000 times
 *   connect            COUNT connections, one after the other
 *   hold               COUNT connections at once
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 2000, BLOCK = 1 << 16 };

static void check(int truth, const char *what)
{
	if (!truth) {
		perror(what);
		exit(1);
	}
}

static int bound(int type, struct sockaddr_in *address)
{
	int made = socket(AF_INET, type, 0);
	socklen_t size = sizeof *address;

	*address = (struct sockaddr_in){ .sin_family = AF_INET };
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	check(!bind(made, (struct sockaddr *)address, sizeof *address), "bind");
	getsockname(made, (struct sockaddr *)address, &size);
	return made;
}

static int listener(struct sockaddr_in *address)
{
	int made = bound(SOCK_STREAM, address);

	check(!listen(made, 4096), "listen");
	return made;
}

static int connected(const struct sockaddr_in *address)
{
	int made = socket(AF_INET, SOCK_STREAM, 0);

	check(!connect(made, (struct sockaddr *)address, sizeof *address), "connect");
	return made;
}

static void make_pair(const char *kind, int pair[2])
{
	struct sockaddr_in one, other;

	if (!strncmp(kind, "unix", 4)) {
		check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	} else if (!strcmp(kind, "udp")) {
		pair[0] = bound(SOCK_DGRAM, &one);
		pair[1] = bound(SOCK_DGRAM, &other);
		check(!connect(pair[0], (struct sockaddr *)&other, sizeof other), "connect");
		check(!connect(pair[1], (struct sockaddr *)&one, sizeof one), "connect");
	} else {
		int listening = listener(&one);

		pair[0] = connected(&one);
		pair[1] = accept(listening, NULL, NULL);
		close(listening);
	}
}

static void ping_pong(const char *kind, long count)
{
	char byte = 'x';
	int pair[2];

	make_pair(kind, pair);
	if (!fork()) {
		for (long i = 0; i < count; i++)
			check(read(pair[1], &byte, 1) == 1 && write(pair[1], &byte, 1) == 1, "pong");
		_exit(0);
	}
	for (long i = 0; i < count; i++)
		check(write(pair[0], &byte, 1) == 1 && read(pair[0], &byte, 1) == 1, "ping");
	wait(NULL);
}

static void bulk(const char *kind, long megabytes)
{
	static char block[BLOCK];
	int pair[2];

	make_pair(kind, pair);
	if (!fork()) {
		close(pair[0]);
		while (read(pair[1], block, BLOCK) > 0)
			;
		_exit(0);
	}
	close(pair[1]);
	for (long left = megabytes << 20; left > 0; left -= BLOCK)
		check(write(pair[0], block, BLOCK) == BLOCK, "write");
	close(pair[0]);
	wait(NULL);
}

static void many(long count, int *ends)
{
	struct rlimit files = { 2 * count + 100, 2 * count + 100 };
	struct sockaddr_in address;
	int listening;

	setrlimit(RLIMIT_NOFILE, &files);
	listening = listener(&address);
	for (long i = 0; i < count; i++) {
		ends[2 * i] = connected(&address);
		ends[2 * i + 1] = accept(listening, NULL, NULL);
		check(ends[2 * i + 1] >= 0, "accept");
	}
	close(listening);
}

static void beside_idle_ones(long count)
{
	int *ends = calloc(2 * count, sizeof *ends), watching = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN };
	char byte = 'x';
	int pair[2];

	many(count, ends);
	make_pair("tcp", pair);
	for (long i = 0; i < count; i++) {
		event.data.fd = ends[2 * i];
		check(!epoll_ctl(watching, EPOLL_CTL_ADD, ends[2 * i], &event), "epoll_ctl");
	}
	event.data.fd = pair[0];
	check(!epoll_ctl(watching, EPOLL_CTL_ADD, pair[0], &event), "epoll_ctl");
	for (int i = 0; i < ROUNDS; i++) {
		check(write(pair[1], &byte, 1) == 1, "write");
		check(epoll_wait(watching, &event, 1, -1) == 1, "epoll_wait");
		check(read(event.data.fd, &byte, 1) == 1, "read");
	}
}

static void connections(long count)
{
	struct sockaddr_in address;
	int listening = listener(&address);

	for (long i = 0; i < count; i++) {
		int made = connected(&address), other = accept(listening, NULL, NULL);

		close(other);
		close(made);
	}
}

int main(int argc, char **argv)
{
	long count = argc == 3 ? atol(argv[2]) : 0;

	if (argc != 3)
		return 2;
	if (strstr(argv[1], "-bulk"))
		bulk(argv[1], count);
	else if (!strcmp(argv[1], "epoll"))
		beside_idle_ones(count);
	else if (!strcmp(argv[1], "connect"))
		connections(count);
	else if (!strcmp(argv[1], "hold"))
		many(count, calloc(2 * count, sizeof(int)));
	else
		ping_pong(argv[1], count);
	return 0;
}
