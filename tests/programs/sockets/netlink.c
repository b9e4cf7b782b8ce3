/* Netlink sockets: ports, groups, requests, acknowledgements, dumps. */
#include "sockets.h"

#include <mqueue.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK 12
#endif

static int netlink(int protocol)
{
	int made = socket(AF_NETLINK, SOCK_RAW, protocol);
	struct timeval limit = { 2, 0 };

	if (made < 0)
		say_result("socket", -1);
	setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	return made;
}

static int bind_port(int socket, unsigned port, unsigned groups)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_pid = port, .nl_groups = groups };

	return bind(socket, (struct sockaddr *)&address, sizeof address);
}

static unsigned port_of(int socket)
{
	struct sockaddr_nl address = { 0 };
	socklen_t length = sizeof address;

	getsockname(socket, (struct sockaddr *)&address, &length);
	return address.nl_pid;
}

struct request {
	struct nlmsghdr header;
	char data[256];
};

static void begin(struct request *request, int type, int flags, const void *fixed, size_t size)
{
	memset(request, 0, sizeof *request);
	request->header.nlmsg_len = NLMSG_LENGTH(size);
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = NLM_F_REQUEST | flags;
	request->header.nlmsg_seq = 77;
	memcpy(request->data, fixed, size);
}

static void attribute(struct request *request, int type, const void *data, size_t size)
{
	struct nlattr *place = (void *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

	place->nla_type = type;
	place->nla_len = NLA_HDRLEN + size;
	memcpy(place + 1, data, size);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + NLA_ALIGN(place->nla_len);
}

static ssize_t ask(int socket, struct request *request)
{
	return send(socket, request, request->header.nlmsg_len, 0);
}

static char answers[32768] __attribute__((aligned(8)));

/* Says the next answer: an error's name, or its type and flags. */
static struct nlmsghdr *say_answer(const char *what, int socket)
{
	ssize_t got = recv(socket, answers, sizeof answers, 0);
	struct nlmsghdr *header = (void *)answers;

	if (got < 0) {
		say_result(what, -1);
		return NULL;
	}
	if (header->nlmsg_type == NLMSG_ERROR) {
		struct nlmsgerr *error = NLMSG_DATA(header);
		const char *name = error->error ? strerrorname_np(-error->error) : "0";

		say(what, "error %s, %s%s, sequence %u", name ? name : "unknown",
		    header->nlmsg_flags & 0x100 ? "capped" : "whole",
		    header->nlmsg_flags & 0x200 ? ", explained" : "", header->nlmsg_seq);
	} else
		say(what, "type %u, flags %#x, sequence %u", header->nlmsg_type,
		    header->nlmsg_flags, header->nlmsg_seq);
	return header;
}

static const char *explanation(struct nlmsghdr *header)
{
	struct nlmsgerr *error = NLMSG_DATA(header);
	size_t skip = sizeof *error;
	char *place, *end = (char *)header + header->nlmsg_len;

	if (!(header->nlmsg_flags & 0x200))
		return "none";
	if (!(header->nlmsg_flags & 0x100))
		skip += error->msg.nlmsg_len - NLMSG_HDRLEN;
	for (place = (char *)error + NLMSG_ALIGN(skip); place < end;) {
		struct nlattr *found = (void *)place;
		if (found->nla_type == 1)
			return (char *)(found + 1);
		place += NLA_ALIGN(found->nla_len);
	}
	return "no text";
}

CASE(netlink_protocols)
{
	say_yes("route", socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) >= 0);
	say_yes("datagrams", socket(AF_NETLINK, SOCK_DGRAM, NETLINK_GENERIC) >= 0);
	say_result("stream", socket(AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE));
	say_result("protocol 31", socket(AF_NETLINK, SOCK_RAW, 31));
	say_result("protocol 32", socket(AF_NETLINK, SOCK_RAW, 32));
	say_result("protocol -1", socket(AF_NETLINK, SOCK_RAW, -1));
	say_result("pair", socketpair(AF_NETLINK, SOCK_RAW, 0, (int[2]){ 0 }));
}

CASE(ports)
{
	int first = netlink(NETLINK_USERSOCK), second = netlink(NETLINK_USERSOCK);
	int third = netlink(NETLINK_USERSOCK);

	say_number("before", port_of(first));
	say_result("bind to any", bind_port(first, 0, 0));
	say_yes("the process's number", port_of(first) == (unsigned)getpid());
	say_result("taken", bind_port(second, getpid(), 0));
	say_result("another any", bind_port(second, 0, 0));
	say_yes("a negative number", (int)port_of(second) < -4000);
	say_result("a number of our own", bind_port(third, 12345, 0));
	say_result("again", bind_port(third, 12345, 0));
	say_result("another", bind_port(third, 12346, 0));
	say_result("short", bind(third, (struct sockaddr *)&(struct sockaddr_nl){ AF_NETLINK, 0, 0, 0 }, 8));
	say_result("family", bind(third, (struct sockaddr *)&(struct sockaddr_nl){ AF_UNIX, 0, 0, 0 }, 12));
	say_result("listen", listen(first, 1));
	say_result("accept", accept(first, NULL, NULL));
	say_result("shutdown", shutdown(first, SHUT_RD));
}

CASE(between_programs)
{
	int first = netlink(NETLINK_USERSOCK), second = netlink(NETLINK_USERSOCK);
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_pid = 4711 }, from = { 0 };
	socklen_t length = sizeof from;
	char data[16] = "";

	bind_port(second, 4711, 0);
	say_result("send", sendto(first, "hello", 5, 0, (struct sockaddr *)&to, sizeof to));
	say_result("receive", recvfrom(second, data, 15, 0, (struct sockaddr *)&from, &length));
	say("data", "%s", data);
	say_yes("from the other's port", from.nl_pid == port_of(first));
	say_number("length of the name", length);
	to.nl_pid = 4712;
	say_result("to nobody", sendto(first, "x", 1, 0, (struct sockaddr *)&to, sizeof to));
	say_result("to the kernel", send(first, "x", 1, 0));
	say_result("connect", connect(first, (struct sockaddr *)&(struct sockaddr_nl){ AF_NETLINK, 0, 4711, 0 }, sizeof to));
	say_result("send then", send(first, "long message", 12, 0));
	say_result("cut", recv(second, data, 4, MSG_TRUNC));
	say_received("gone", second, 0);
	say_result("nothing", send(first, "", 0, 0));
	say_result("urgent", send(first, "x", 1, MSG_OOB));
}

CASE(groups_of_programs)
{
	int first = netlink(NETLINK_USERSOCK), second = netlink(NETLINK_USERSOCK);
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_groups = 4 }, from = { 0 };
	socklen_t length = sizeof from;
	char data[16] = "";
	int group = 3;

	bind_port(second, 0, 0);
	say_result("join", setsockopt(second, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group));
	say_result("send", sendto(first, "all", 3, 0, (struct sockaddr *)&to, sizeof to));
	say_result("receive", recvfrom(second, data, 15, MSG_DONTWAIT, (struct sockaddr *)&from, &length));
	say("group", "%#x", from.nl_groups);
	say_result("leave", setsockopt(second, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group, sizeof group));
	sendto(first, "all", 3, 0, (struct sockaddr *)&to, sizeof to);
	say_received("nothing more", second, 0);
	group = 0;
	say_result("group 0", setsockopt(second, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group));
	group = 33;
	say_result("group 33", setsockopt(second, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group));
}

CASE(netlink_options)
{
	int made = netlink(NETLINK_ROUTE), value = 1, told = -1, options[] = { 3, 4, 5, 10, 11, 12 };
	socklen_t length = sizeof told;

	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		say_number("option", options[i]);
		say_result("set", setsockopt(made, SOL_NETLINK, options[i], &value, sizeof value));
		getsockopt(made, SOL_NETLINK, options[i], &told, &length);
		say("is", "%d, %u bytes", told, length);
	}
	say_result("unknown", setsockopt(made, SOL_NETLINK, 99, &value, sizeof value));
	say_result("another level", setsockopt(made, 6, 1, &value, sizeof value));
	length = 1;
	say_result("short", getsockopt(made, SOL_NETLINK, 3, &told, &length));
}

CASE(acknowledgements)
{
	int made = netlink(NETLINK_ROUTE), one = 1;
	struct request request;
	struct rtgenmsg generic = { 0 };

	begin(&request, RTM_MAX + 20, 0, &generic, sizeof generic);
	say_result("unknown type", ask(made, &request));
	say_answer("answer", made);
	begin(&request, RTM_MAX + 20, NLM_F_ACK, &generic, sizeof generic);
	setsockopt(made, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
	ask(made, &request);
	say_answer("capped", made);
	begin(&request, NLMSG_NOOP, NLM_F_ACK, "", 0);
	ask(made, &request);
	say_answer("no operation", made);
	request.header.nlmsg_flags = NLM_F_ACK;
	request.header.nlmsg_type = RTM_GETLINK;
	ask(made, &request);
	say_answer("no request", made);
	request.header.nlmsg_flags = 0;
	ask(made, &request);
	say_received("nothing to answer", made, 0);
	request.header.nlmsg_len = 12;
	say_result("short header", send(made, &request, 16, 0));
	say_received("no answer", made, 0);
	request.header.nlmsg_len = 400;
	say_result("longer than sent", send(made, &request, 16, 0));
	say_received("no answer to it", made, 0);
	say_result("four bytes", send(made, &request, 4, 0));
	begin(&request, RTM_GETLINK, NLM_F_ACK, "", 0);
	ask(made, &request);
	say_answer("without a fixed part", made);
}

CASE(several_requests_at_once)
{
	int made = netlink(NETLINK_ROUTE);
	struct request both[2];
	char data[64];

	begin(&both[0], NLMSG_NOOP, NLM_F_ACK, "", 0);
	begin(&both[1], NLMSG_NOOP, NLM_F_ACK, "", 0);
	both[1].header.nlmsg_seq = 78;
	memcpy(data, &both[0], 16);
	memcpy(data + 16, &both[1], 16);
	say_result("send", send(made, data, 32, 0));
	say_answer("first", made);
	say_answer("second", made);
}

static void ask_controller(struct request *request, int command, int flags)
{
	struct genlmsghdr header = { command, 1, 0 };

	begin(request, GENL_ID_CTRL, flags, &header, sizeof header);
}

CASE(controller_by_name)
{
	int made = netlink(NETLINK_GENERIC);
	struct request request;
	struct nlmsghdr *answer;

	ask_controller(&request, CTRL_CMD_GETFAMILY, 0);
	attribute(&request, CTRL_ATTR_FAMILY_NAME, "nlctrl", 7);
	say_result("send", ask(made, &request));
	answer = say_answer("answer", made);
	if (answer) {
		struct genlmsghdr *header = NLMSG_DATA(answer);
		struct nlattr *first = (void *)(header + 1);
		say("command", "%d, version %d", header->cmd, header->version);
		say("first attribute", "%d: %s", first->nla_type, (char *)(first + 1));
	}
	ask_controller(&request, CTRL_CMD_GETFAMILY, 0);
	attribute(&request, CTRL_ATTR_FAMILY_NAME, "nobody", 7);
	ask(made, &request);
	say_answer("unknown name", made);
	ask_controller(&request, CTRL_CMD_GETFAMILY, 0);
	ask(made, &request);
	say_answer("neither name nor number", made);
	ask_controller(&request, 99, 0);
	ask(made, &request);
	say_answer("unknown command", made);
	ask_controller(&request, CTRL_CMD_GETFAMILY, 0);
	request.header.nlmsg_type = 1022;
	ask(made, &request);
	say_answer("unknown family", made);
	request.header.nlmsg_type = GENL_ID_CTRL;
	request.header.nlmsg_len = 18;
	ask(made, &request);
	say_answer("shorter than its header", made);
}

CASE(explained_errors)
{
	int made = netlink(NETLINK_GENERIC), one = 1;
	struct request request;
	struct nlmsghdr *answer;

	setsockopt(made, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
	ask_controller(&request, CTRL_CMD_GETFAMILY, 0);
	attribute(&request, CTRL_ATTR_FAMILY_NAME, "a name that is much too long", 29);
	ask(made, &request);
	answer = say_answer("too long", made);
	say("text", "%s", answer ? explanation(answer) : "");
	ask_controller(&request, CTRL_CMD_GETFAMILY, 0);
	attribute(&request, CTRL_ATTR_FAMILY_ID, "x", 1);
	ask(made, &request);
	answer = say_answer("too short a number", made);
	say("text", "%s", answer ? explanation(answer) : "");
	ask_controller(&request, CTRL_CMD_GETPOLICY, NLM_F_DUMP);
	attribute(&request, 99, "x", 1);
	ask(made, &request);
	answer = say_answer("unknown attribute", made);
	say("text", "%s", answer ? explanation(answer) : "");
}

CASE(dump_of_families)
{
	int made = netlink(NETLINK_GENERIC), seen = 0, done = 0, multi = 1;
	struct request request;

	ask_controller(&request, CTRL_CMD_GETFAMILY, NLM_F_DUMP | NLM_F_ACK);
	say_result("send", ask(made, &request));
	while (!done) {
		ssize_t got = recv(made, answers, sizeof answers, 0);
		struct nlmsghdr *header = (void *)answers;

		if (got <= 0)
			break;
		for (; NLMSG_OK(header, got); header = NLMSG_NEXT(header, got)) {
			multi &= !!(header->nlmsg_flags & NLM_F_MULTI);
			if (header->nlmsg_type == NLMSG_DONE)
				done = 1;
			else
				seen += !strcmp((char *)NLMSG_DATA(header) + 8, "nlctrl");
		}
	}
	say_number("controllers", seen);
	say_number("all in parts", multi);
	say_number("done", done);
	say_received("nothing behind it", made, 0);
}

CASE(refused_to_users)
{
	int made;
	struct request request;
	struct ifinfomsg link = { .ifi_index = 1 };
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_pid = 1 };

	setresuid(1000, 1000, 1000);
	made = netlink(NETLINK_ROUTE);
	begin(&request, RTM_NEWLINK, NLM_F_ACK, &link, sizeof link);
	ask(made, &request);
	say_answer("change a link", made);
	say_result("join a group of links", bind_port(made, 0, RTMGRP_LINK));
	say_result("send to a program", sendto(made, &request, 16, 0, (struct sockaddr *)&to, sizeof to));
	made = netlink(NETLINK_USERSOCK);
	say_result("join a group of programs", bind_port(made, 0, 1));
}

CASE(sockets_by_inode)
{
	int made = netlink(NETLINK_SOCK_DIAG), ends[2];
	struct unix_diag_req wanted = { .sdiag_family = AF_UNIX, .udiag_states = -1,
		.udiag_show = UDIAG_SHOW_PEER, .udiag_cookie = { -1, -1 } };
	struct request request;
	struct stat about, other;
	struct nlmsghdr *answer;

	pair(SOCK_SEQPACKET, ends);
	fstat(ends[0], &about);
	fstat(ends[1], &other);
	wanted.udiag_ino = about.st_ino;
	begin(&request, SOCK_DIAG_BY_FAMILY, 0, &wanted, sizeof wanted);
	ask(made, &request);
	answer = say_answer("answer", made);
	if (answer && answer->nlmsg_type == SOCK_DIAG_BY_FAMILY) {
		struct unix_diag_msg *told = NLMSG_DATA(answer);
		struct nlattr *peer = (void *)(told + 1);
		say("told", "family %d, type %d, state %d", told->udiag_family, told->udiag_type, told->udiag_state);
		say_yes("its inode", told->udiag_ino == about.st_ino);
		say_yes("its peer", peer->nla_type == UNIX_DIAG_PEER && *(unsigned *)(peer + 1) == other.st_ino);
	}
	wanted.udiag_ino = 0x7fffffff;
	begin(&request, SOCK_DIAG_BY_FAMILY, 0, &wanted, sizeof wanted);
	ask(made, &request);
	say_answer("no such inode", made);
	wanted.sdiag_family = 99;
	begin(&request, SOCK_DIAG_BY_FAMILY, 0, &wanted, sizeof wanted);
	ask(made, &request);
	say_answer("no such family", made);
	begin(&request, 55, 0, &wanted, sizeof wanted);
	ask(made, &request);
	say_answer("no such request", made);
}

CASE(credentials_of_the_kernel)
{
	int made = netlink(NETLINK_ROUTE), one = 1;
	struct request request;
	struct message message;
	struct ucred *from;

	setsockopt(made, SOL_SOCKET, SO_PASSCRED, &one, sizeof one);
	begin(&request, NLMSG_NOOP, NLM_F_ACK, "", 0);
	ask(made, &request);
	message_for(&message, sizeof message.control);
	say_result("recvmsg", recvmsg(made, &message.header, 0) > 0 ? 0 : -1);
	from = control_of(&message, SCM_CREDENTIALS);
	if (from)
		say("from", "%d %d %d", from->pid, (int)from->uid, (int)from->gid);
}

CASE(message_queues_tell_a_socket)
{
	int made = netlink(NETLINK_ROUTE);
	char name[32], cookie[32] = "a cookie of thirty-one bytes";
	struct sigevent event = { .sigev_notify = SIGEV_THREAD };
	mqd_t queue;

	snprintf(name, sizeof name, "/emu-%d", getpid());
	queue = mq_open(name, O_CREAT | O_RDWR | O_NONBLOCK, 0600, NULL);
	mq_unlink(name);
	event.sigev_signo = made;
	event.sigev_value.sival_ptr = cookie;
	say_result("notify", syscall(SYS_mq_notify, queue, &event));
	say_received("nothing yet", made, 0);
	mq_send(queue, "x", 1, 0);
	say_result("told", recv(made, cookie, 32, MSG_DONTWAIT));
	say("cookie", "%s, %d", cookie, cookie[31]);
	mq_receive(queue, answers, sizeof answers, NULL);
	syscall(SYS_mq_notify, queue, &event);
	say_result("no longer", syscall(SYS_mq_notify, queue, NULL));
	recv(made, cookie, 32, MSG_DONTWAIT);
	say_number("removed", cookie[31]);
	event.sigev_signo = 99;
	say_result("no descriptor", syscall(SYS_mq_notify, queue, &event));
	event.sigev_signo = 0;
	say_result("no socket", syscall(SYS_mq_notify, queue, &event));
	event.sigev_signo = socket(AF_UNIX, SOCK_DGRAM, 0);
	say_result("another family", syscall(SYS_mq_notify, queue, &event));
	event.sigev_signo = made;
	event.sigev_value.sival_ptr = (void *)8;
	say_result("no cookie", syscall(SYS_mq_notify, queue, &event));
}
