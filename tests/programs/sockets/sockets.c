#include "sockets.h"

#include <dirent.h>
#include <net/if.h>

static char place[64];

/* A network of its own, so that runs at the same time do not take each other's names and ports. */
__attribute__((constructor)) static void be_alone(void)
{
	struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int some;

	if (unshare(CLONE_NEWNET))
		return;
	some = socket(AF_INET, SOCK_DGRAM, 0);
	ioctl(some, SIOCSIFFLAGS, &loopback);
	close(some);
}

void in_new_directory(void (*function)(void))
{
	char command[96];

	strcpy(place, "/tmp/emu-sockets-XXXXXX");
	if (!mkdtemp(place) || chdir(place)) {
		say_result("directory", -1);
		return;
	}
	function();
	if (chdir("/"))
		return;
	DIR *directory = opendir(place);
	struct dirent *entry;
	while (directory && (entry = readdir(directory))) {
		snprintf(command, sizeof command, "%s/%.20s", place, entry->d_name);
		unlink(command);
	}
	if (directory)
		closedir(directory);
	rmdir(place);
}

void pair(int type, int ends[2])
{
	if (socketpair(AF_UNIX, type, 0, ends))
		say_result("socketpair", -1);
}

socklen_t named(struct sockaddr_un *address, const char *name)
{
	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	strncpy(address->sun_path, name, sizeof address->sun_path - 1);
	if (*name != '@')
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1);
	address->sun_path[0] = 0;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
}

int bind_to(int socket, const char *name)
{
	struct sockaddr_un address;
	socklen_t length = named(&address, name);

	return bind(socket, (struct sockaddr *)&address, length);
}

int connect_to(int socket, const char *name)
{
	struct sockaddr_un address;
	socklen_t length = named(&address, name);

	return connect(socket, (struct sockaddr *)&address, length);
}

int server(int type, const char *name, int backlog)
{
	int made = socket(AF_UNIX, type, 0);

	if (bind_to(made, name))
		say_result("bind", -1);
	if (backlog >= 0 && listen(made, backlog))
		say_result("listen", -1);
	return made;
}

int client(int type, const char *name)
{
	int made = socket(AF_UNIX, type, 0);

	if (connect_to(made, name))
		say_result("connect", -1);
	return made;
}

void say_received(const char *what, int socket, int flags)
{
	char data[64] = "";
	ssize_t received = recv(socket, data, sizeof data - 1, flags | MSG_DONTWAIT);

	if (received < 0)
		say_result(what, -1);
	else
		say(what, "%zd '%s'", received, data);
}

void say_address(const char *what, const struct sockaddr_un *address, socklen_t length)
{
	if (length <= offsetof(struct sockaddr_un, sun_path))
		say(what, "no name, %u bytes, family %d", length, length ? address->sun_family : -1);
	else if (address->sun_path[0])
		say(what, "%s, %u bytes", address->sun_path, length);
	else
		say(what, "@%.*s, %u bytes", (int)length - 3, address->sun_path + 1, length);
}

void say_name(const char *what, int socket, int peer)
{
	struct sockaddr_un address = { 0 };
	socklen_t length = sizeof address;
	int result = peer ? getpeername(socket, (struct sockaddr *)&address, &length)
			  : getsockname(socket, (struct sockaddr *)&address, &length);

	if (result)
		say_result(what, -1);
	else
		say_address(what, &address, length);
}

void say_poll(const char *what, int file)
{
	static const struct { int bit; const char *name; } names[] = {
		{ POLLIN, "IN" }, { POLLPRI, "PRI" }, { POLLOUT, "OUT" }, { POLLERR, "ERR" },
		{ POLLHUP, "HUP" }, { POLLRDHUP, "RDHUP" }, { POLLNVAL, "NVAL" },
	};
	struct pollfd wanted = { file, POLLIN | POLLPRI | POLLOUT | POLLRDHUP, 0 };
	char text[64] = "";

	poll(&wanted, 1, 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (wanted.revents & names[i].bit) {
			strcat(text, *text ? " " : "");
			strcat(text, names[i].name);
		}
	say(what, "%s", *text ? text : "nothing");
}

void say_option(const char *what, int socket, int option)
{
	int value = -1;
	socklen_t length = sizeof value;

	if (getsockopt(socket, SOL_SOCKET, option, &value, &length))
		say_result(what, -1);
	else
		say(what, "%d, %u bytes", value, length);
}

int set_option(int socket, int option, int value)
{
	return setsockopt(socket, SOL_SOCKET, option, &value, sizeof value);
}

struct msghdr *message_of(struct message *message, const char *text)
{
	memset(message, 0, sizeof *message);
	strcpy(message->data, text);
	message->piece = (struct iovec){ message->data, strlen(text) };
	message->header.msg_iov = &message->piece;
	message->header.msg_iovlen = 1;
	return &message->header;
}

struct msghdr *message_for(struct message *message, size_t room)
{
	memset(message, 0, sizeof *message);
	message->piece = (struct iovec){ message->data, sizeof message->data - 1 };
	message->header.msg_iov = &message->piece;
	message->header.msg_iovlen = 1;
	message->header.msg_control = room ? message->control : NULL;
	message->header.msg_controllen = room;
	return &message->header;
}

void add_control(struct message *message, int type, const void *data, size_t size)
{
	struct cmsghdr *header;

	message->header.msg_control = message->control;
	header = (struct cmsghdr *)(message->control + message->header.msg_controllen);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = type;
	header->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(header), data, size);
	message->header.msg_controllen += CMSG_SPACE(size);
}

void *control_of(struct message *message, int type)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(&message->header);

	for (; header; header = CMSG_NXTHDR(&message->header, header))
		if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == type)
			return CMSG_DATA(header);
	return NULL;
}

void say_message(const char *what, struct message *message, ssize_t received)
{
	char text[256];
	int length;
	struct cmsghdr *header;
	struct msghdr *m = &message->header;

	if (received < 0) {
		say_result(what, -1);
		return;
	}
	length = snprintf(text, sizeof text, "%zd '%.*s'", received, (int)received, message->data);
	if (m->msg_flags & MSG_TRUNC)
		length += snprintf(text + length, sizeof text - length, " TRUNC");
	if (m->msg_flags & MSG_CTRUNC)
		length += snprintf(text + length, sizeof text - length, " CTRUNC");
	if (m->msg_flags & MSG_OOB)
		length += snprintf(text + length, sizeof text - length, " OOB");
	for (header = CMSG_FIRSTHDR(m); header; header = CMSG_NXTHDR(m, header))
		length += snprintf(text + length, sizeof text - length, " [%s %d: %d bytes]",
				   header->cmsg_level == SOL_SOCKET ? "SOCKET" : "other",
				   header->cmsg_type,
				   (int)(header->cmsg_len - CMSG_LEN(0)));
	say(what, "%s", text);
}

int open_descriptors(void)
{
	int count = 0;

	for (int file = 0; file < 64; file++)
		count += fcntl(file, F_GETFD) >= 0;
	return count;
}

void leave_descriptors(int free)
{
	struct rlimit limit;
	int copies[8];

	for (int i = 0; i < free; i++)
		copies[i] = dup(0);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)copies[free - 1] + 1;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < free; i++)
		close(copies[i]);
}
