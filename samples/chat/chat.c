/* A chat over AF_UNIX between two processes, whatever instruction sets they are made of.
 *
 *   chat listen PATH          waits for the other side, speaks second
 *   chat call PATH            connects, speaks first
 *
 * Each side says who the other is by SO_PEERCRED, and passes a pipe at the end: the last word goes
 * through the descriptor that came with a message, from one instruction set to the other.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__aarch64__)
static const char *const me = "arm64";
#elif defined(__mips__)
static const char *const me = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? "mips" : "mipsel";
#elif defined(__riscv)
static const char *const me = "riscv";
#elif defined(__arm__)
static const char *const me = "arm";
#else
static const char *const me = "x86";
#endif

static int meet(const char *how, struct sockaddr_un *address)
{
	int made = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	if (!strcmp(how, "listen")) {
		int listener = made;
		if (bind(listener, (struct sockaddr *)address, sizeof *address) || listen(listener, 1))
			return -1;
		made = accept(listener, NULL, NULL);
		close(listener);
		return made;
	}
	for (int tries = 0; tries < 1000; tries++) {
		if (!connect(made, (struct sockaddr *)address, sizeof *address))
			return made;
		usleep(1000);
	}
	return -1;
}

static void tell(int to, const char *words)
{
	char line[128];
	int length = snprintf(line, sizeof line, "%s (%d-bit, %s): %s", me, (int)sizeof(long) * 8,
			      __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? "big-endian" : "little-endian", words);

	send(to, line, length, 0);
}

static void hear(int from)
{
	char line[129] = "";

	if (recv(from, line, sizeof line - 1, 0) > 0)
		printf("%s hears %s\n", me, line);
	fflush(stdout);
}

/* One message with a descriptor, or the descriptor that came with one. */
static int pass(int socket, int file)
{
	char byte = '!';
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec piece = { &byte, 1 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof control };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	if (file >= 0) {
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof file);
		memcpy(CMSG_DATA(header), &file, sizeof file);
		return (int)sendmsg(socket, &message, 0);
	}
	if (recvmsg(socket, &message, 0) != 1 || !(header = CMSG_FIRSTHDR(&message)))
		return -1;
	memcpy(&file, CMSG_DATA(header), sizeof file);
	return file;
}

static void introduce(int other)
{
	struct ucred who;
	socklen_t length = sizeof who;

	if (!getsockopt(other, SOL_SOCKET, SO_PEERCRED, &who, &length))
		printf("%s talks to user %u, %s\n", me, who.uid,
		       who.pid == getpid() ? "itself" : "another process");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int other, pipes[2];
	char word[32] = "";

	if (argc != 3)
		return 2;
	strncpy(address.sun_path, argv[2], sizeof address.sun_path - 1);
	other = meet(argv[1], &address);
	if (other < 0) {
		perror("chat");
		return 1;
	}
	if (!strcmp(argv[1], "call")) {
		introduce(other);
		tell(other, "hello?");
		hear(other);
		tell(other, "here is a pipe, write to it");
		pipe(pipes);
		pass(other, pipes[1]);
		close(pipes[1]);
		while (read(pipes[0], word + strlen(word), sizeof word - 1 - strlen(word)) > 0)
			;
		printf("%s reads '%s' from its pipe\n", me, word);
	} else {
		hear(other);
		introduce(other);
		tell(other, "hello, who is there?");
		hear(other);
		pipes[1] = pass(other, -1);
		dprintf(pipes[1], "written by %s", me);
		close(pipes[1]);
	}
	return 0;
}
