/* The outside as a guest sees it: `net_host connect ADDRESS PORT`, `udp ADDRESS PORT`, `serve PORT`.
 *
 * connect and udp send "ping" and print the answer, or what connect(2) says. serve answers one
 * connection with what it gets.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int failed(const char *what)
{
	printf("%s: %s\n", what, strerrorname_np(errno));
	return 1;
}

static int ask(int type, const char *address, int port)
{
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct timeval patience = { 5, 0 };
	int made = socket(AF_INET, type, 0);
	char answer[64];
	ssize_t count;

	inet_aton(address, &there.sin_addr);
	setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(made, (struct sockaddr *)&there, sizeof there))
		return failed("connect");
	if (send(made, "ping", 4, 0) != 4)
		return failed("send");
	if (type == SOCK_STREAM)
		shutdown(made, SHUT_WR);
	count = recv(made, answer, sizeof answer, 0);
	if (count < 0)
		return failed("recv");
	printf("%.*s\n", (int)count, answer);
	return 0;
}

static int serve(int port)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(port) };
	int listening = socket(AF_INET, SOCK_STREAM, 0), made;
	char block[4096];
	ssize_t count;

	if (bind(listening, (struct sockaddr *)&here, sizeof here) || listen(listening, 1))
		return failed("listen");
	puts("listening");
	fflush(stdout);
	made = accept(listening, NULL, NULL);
	while ((count = read(made, block, sizeof block)) > 0)
		write(made, block, count);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return serve(atoi(argv[2]));
	return ask(strcmp(argv[1], "udp") ? SOCK_STREAM : SOCK_DGRAM, argv[2], atoi(argv[3]));
}
