/* Sends bytes from one machine to another: `cable serve`, `cable send ADDRESS BYTES`.
 *
 * The server answers with a checksum of what came, and both end with 0 if it is the client's.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 7000 };

static uint32_t add(uint32_t sum, const unsigned char *bytes, size_t count)
{
	while (count--)
		sum = sum * 31 + *bytes++;
	return sum;
}

static int serve(void)
{
	struct sockaddr_in6 here = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	int listening = socket(AF_INET6, SOCK_STREAM, 0), made;
	static unsigned char block[8192];
	uint32_t sum = 0;
	ssize_t count;

	if (bind(listening, (struct sockaddr *)&here, sizeof here) || listen(listening, 1))
		return 1;
	made = accept(listening, NULL, NULL);
	while ((count = read(made, block, sizeof block)) > 0)
		sum = add(sum, block, count);
	sum = htonl(sum);
	return count < 0 || write(made, &sum, sizeof sum) != sizeof sum;
}

static int send_to(const char *address, long bytes)
{
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int made = socket(AF_INET, SOCK_STREAM, 0);
	static unsigned char block[5000];
	uint32_t sum = 0, answer;

	inet_aton(address, &there.sin_addr);
	if (connect(made, (struct sockaddr *)&there, sizeof there))
		return 1;
	for (long sent = 0; sent < bytes; sent += sizeof block) {
		for (size_t i = 0; i < sizeof block; i++)
			block[i] = sent + i * i;
		sum = add(sum, block, sizeof block);
		if (send(made, block, sizeof block, 0) != sizeof block)
			return 2;
	}
	shutdown(made, SHUT_WR);
	if (recv(made, &answer, sizeof answer, MSG_WAITALL) != sizeof answer)
		return 3;
	return ntohl(answer) == sum ? 0 : 4;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "serve"))
		return serve();
	return argc == 4 ? send_to(argv[2], atol(argv[3])) : 9;
}
