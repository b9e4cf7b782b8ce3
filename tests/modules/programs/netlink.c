/* Talks to the sample modules netlink_echo, ticker and thermostat, as programs of any ABI do. */
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ECHO = 31, TICKER = 30 };
enum { GET = 1, SET, RESET, ALARM };
enum { ROOM = 1, CELSIUS, LIMITS };

static char buffer[8192] __attribute__((aligned(8)));
static struct nlmsghdr *const header = (void *)buffer;

static int opened(int protocol)
{
	int made = socket(AF_NETLINK, SOCK_RAW, protocol), one = 1;
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	struct timeval limit = { 5, 0 };

	if (made < 0 || bind(made, (struct sockaddr *)&any, sizeof any))
		printf("protocol %d: %s\n", protocol, strerrorname_np(errno));
	setsockopt(made, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
	setsockopt(made, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
	setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	return made;
}

static struct nlattr *find(void *first, int length, int type)
{
	struct nlattr *place = first;

	for (; length >= NLA_HDRLEN; length -= NLA_ALIGN(place->nla_len),
	     place = (void *)((char *)place + NLA_ALIGN(place->nla_len)))
		if ((place->nla_type & NLA_TYPE_MASK) == type)
			return place;
	return NULL;
}

static void begin(int type, int flags, int command)
{
	struct genlmsghdr *generic = NLMSG_DATA(header);

	memset(buffer, 0, 512);
	header->nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	header->nlmsg_seq = 5;
	generic->cmd = command;
	generic->version = 1;
}

static void put(int type, const void *data, size_t size)
{
	struct nlattr *place = (void *)(buffer + NLMSG_ALIGN(header->nlmsg_len));

	place->nla_type = type;
	place->nla_len = NLA_HDRLEN + size;
	memcpy(place + 1, data, size);
	header->nlmsg_len = NLMSG_ALIGN(header->nlmsg_len) + NLA_ALIGN(place->nla_len);
}

static void put_text(int type, const char *text)
{
	put(type, text, strlen(text) + 1);
}

static int received(int from)
{
	int length = recv(from, buffer, sizeof buffer, 0);

	if (length < 0)
		printf("recv: %s\n", strerrorname_np(errno));
	return length;
}

/* Sends the request and says how it ended, with the kernel's words. */
static void ask(int to, const char *what)
{
	struct nlmsgerr *error = NLMSG_DATA(header);
	struct nlattr *text;

	send(to, buffer, header->nlmsg_len, 0);
	if (received(to) < 0 || header->nlmsg_type != NLMSG_ERROR) {
		printf("%s: answer of type %s\n", what, header->nlmsg_type > 16 ? "the family" : "other");
		return;
	}
	text = find(error + 1, header->nlmsg_len - NLMSG_HDRLEN - sizeof *error, NLMSGERR_ATTR_MSG);
	printf("%s: %s%s%s\n", what, error->error ? strerrorname_np(-error->error) : "0",
	       text ? ", " : "", text ? (char *)(text + 1) : "");
}

static void echo(void)
{
	int to = opened(ECHO);
	const char *texts[] = { "hello", "a longer text" };

	for (int i = 0; i < 2; i++) {
		memset(buffer, 0, 64);
		header->nlmsg_len = NLMSG_LENGTH(strlen(texts[i]) + 1);
		header->nlmsg_seq = 40 + i;
		strcpy(NLMSG_DATA(header), texts[i]);
		send(to, buffer, header->nlmsg_len, 0);
		received(to);
		printf("echo: %s, sequence %u\n", (char *)NLMSG_DATA(header), header->nlmsg_seq);
	}
}

static void listen_to_ticker(void)
{
	int from = opened(TICKER), group = 1;
	unsigned last = 0;
	char text[16] = "";

	if (setsockopt(from, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group))
		printf("join: %s\n", strerrorname_np(errno));
	for (int i = 0; i < 3; i++) {
		int length = received(from);
		struct nlattr *count, *word;

		if (length < 0)
			return;
		count = find(NLMSG_DATA(header), length - NLMSG_HDRLEN, 1);
		word = find(NLMSG_DATA(header), length - NLMSG_HDRLEN, 2);
		if (last && *(uint32_t *)(count + 1) != last + 1)
			printf("ticker: a count is missing\n");
		last = *(uint32_t *)(count + 1);
		printf("ticker: %s\n", !strcmp((char *)(word + 1), last % 2 ? "tick" : "tock") ? "told" : "wrong");
	}
	int file = open("/sys/kernel/ticker/ticks", O_RDONLY);
	if (read(file, text, sizeof text - 1) > 0)
		printf("the file: %s\n", atoi(text) >= (int)last ? "asked" : "behind");
}

static int family, alarms;

static void find_family(int to)
{
	struct nlattr *found, *groups, *one;
	int length;

	begin(GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY);
	put_text(CTRL_ATTR_FAMILY_NAME, "thermostat");
	send(to, buffer, header->nlmsg_len, 0);
	length = received(to) - NLMSG_HDRLEN - GENL_HDRLEN;
	found = find((char *)NLMSG_DATA(header) + GENL_HDRLEN, length, CTRL_ATTR_FAMILY_ID);
	groups = find((char *)NLMSG_DATA(header) + GENL_HDRLEN, length, CTRL_ATTR_MCAST_GROUPS);
	family = *(uint16_t *)(found + 1);
	one = find(groups + 1, groups->nla_len - NLA_HDRLEN, 1);
	found = find(one + 1, one->nla_len - NLA_HDRLEN, CTRL_ATTR_MCAST_GRP_ID);
	alarms = *(uint32_t *)(found + 1);
	found = find(one + 1, one->nla_len - NLA_HDRLEN, CTRL_ATTR_MCAST_GRP_NAME);
	printf("family: %s, group %s\n", family > 16 ? "found" : "not found", (char *)(found + 1));
}

static void set(int to, const char *room, int32_t celsius, const char *what)
{
	begin(family, NLM_F_ACK, SET);
	put_text(ROOM, room);
	put(CELSIUS, &celsius, sizeof celsius);
	ask(to, what);
}

static void say_room(const char *what, struct nlmsghdr *message)
{
	char *first = (char *)NLMSG_DATA(message) + GENL_HDRLEN;
	int length = message->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
	struct nlattr *room = find(first, length, ROOM), *celsius = find(first, length, CELSIUS);
	struct nlattr *limits = find(first, length, LIMITS);

	printf("%s: %s has %d", what, (char *)(room + 1), *(int32_t *)(celsius + 1));
	if (limits)
		printf(" of %d to %d",
		       *(int32_t *)(find(limits + 1, limits->nla_len - NLA_HDRLEN, 1) + 1),
		       *(int32_t *)(find(limits + 1, limits->nla_len - NLA_HDRLEN, 2) + 1));
	printf("\n");
}

static void thermostat(void)
{
	int to = opened(NETLINK_GENERIC), hears = opened(NETLINK_GENERIC), length, done = 0;

	find_family(to);
	if (setsockopt(hears, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &alarms, sizeof alarms))
		printf("join: %s\n", strerrorname_np(errno));
	set(to, "kitchen", 21, "set");
	set(to, "kitchen", 99, "too hot");
	set(to, "a room with a long name", 20, "long name");
	set(to, "oven", 35, "hot");
	received(hears);
	say_room("alarm", header);
	begin(family, 0, GET);
	put_text(ROOM, "kitchen");
	send(to, buffer, header->nlmsg_len, 0);
	received(to);
	say_room("get", header);
	begin(family, 0, GET);
	put_text(ROOM, "cellar");
	ask(to, "unknown room");
	begin(family, 0, SET);
	ask(to, "nothing said");
	begin(family, 0, 77);
	ask(to, "unknown command");
	begin(family, 0, GET);
	put(77, "x", 1);
	ask(to, "unknown attribute");
	begin(family, NLM_F_DUMP, GET);
	send(to, buffer, header->nlmsg_len, 0);
	while (!done && (length = received(to)) > 0) {
		struct nlmsghdr *one = header;
		for (; NLMSG_OK(one, (unsigned)length); one = NLMSG_NEXT(one, length))
			if (one->nlmsg_type == NLMSG_DONE)
				done = 1;
			else
				say_room("dump", one);
	}
	if (setresuid(1000, 1000, 1000))
		return;
	begin(family, NLM_F_ACK, RESET);
	ask(to, "reset by a user");
}

int main(void)
{
	echo();
	listen_to_ticker();
	thermostat();
	return 0;
}
