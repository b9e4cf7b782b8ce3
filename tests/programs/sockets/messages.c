/* What sendmsg and recvmsg carry: pieces, names, descriptors, credentials. */
#include "sockets.h"

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#define SO_PEERPIDFD 77
#endif
#define SCM_PIDFD_ 4

CASE(pieces)
{
	int ends[2];
	char a[4] = "", b[8] = "";
	struct iovec out[] = { { "ab", 2 }, { NULL, 0 }, { "cdef", 4 } }, in[] = { { a, 3 }, { b, 7 } };
	struct msghdr send = { .msg_iov = out, .msg_iovlen = 3 };
	struct msghdr receive = { .msg_iov = in, .msg_iovlen = 2 };

	pair(SOCK_DGRAM, ends);
	say_result("sendmsg", sendmsg(ends[0], &send, 0));
	say_result("recvmsg", recvmsg(ends[1], &receive, 0));
	say("data", "%s %s", a, b);
	send.msg_iovlen = 1025;
	say_result("too many", sendmsg(ends[0], &send, 0));
	send.msg_iovlen = 0;
	say_result("none", sendmsg(ends[0], &send, 0));
	say_received("an empty one", ends[1], 0);
	say_result("no header", sendmsg(ends[0], (void *)8, 0));
}

CASE(name_of_the_sender)
{
	int receiver = server(SOCK_DGRAM, "@emu-to", -1), sender = server(SOCK_DGRAM, "@emu-from", -1);
	struct sockaddr_un address;
	struct message message;

	connect_to(sender, "@emu-to");
	send(sender, "x", 1, 0);
	message_for(&message, 0);
	message.header.msg_name = &address;
	message.header.msg_namelen = sizeof address;
	say_message("recvmsg", &message, recvmsg(receiver, &message.header, 0));
	say_address("name", &address, message.header.msg_namelen);
	send(sender, "x", 1, 0);
	message_for(&message, 0);
	memset(&address, '#', sizeof address);
	message.header.msg_name = &address;
	message.header.msg_namelen = 5;
	recvmsg(receiver, &message.header, 0);
	say_number("true length", message.header.msg_namelen);
	say("cut", "%.4s", address.sun_path + 1);
	send(sender, "x", 1, 0);
	message_for(&message, 0);
	message.header.msg_name = &address;
	message.header.msg_namelen = (socklen_t)-1;
	say_result("negative length", recvmsg(receiver, &message.header, 0));
}

CASE(passing_a_descriptor)
{
	int ends[2], pipes[2], *passed;
	struct message message;
	char data[8] = "";

	pair(SOCK_STREAM, ends);
	pipe(pipes);
	message_of(&message, "take it");
	add_control(&message, SCM_RIGHTS, &pipes[1], sizeof(int));
	say_result("sendmsg", sendmsg(ends[0], &message.header, 0));
	close(pipes[1]);
	message_for(&message, sizeof message.control);
	say_message("recvmsg", &message, recvmsg(ends[1], &message.header, 0));
	passed = control_of(&message, SCM_RIGHTS);
	say_number("close on exec", fcntl(*passed, F_GETFD));
	say_result("write", write(*passed, "hello", 5));
	read(pipes[0], data, 5);
	say("read", "%s", data);
	close(*passed);
	say_result("end", read(pipes[0], data, 5));
}

CASE(several_descriptors)
{
	int ends[2], files[3] = { 0, 1, 2 }, *passed;
	struct message message;

	pair(SOCK_DGRAM, ends);
	message_of(&message, "x");
	add_control(&message, SCM_RIGHTS, files, sizeof files);
	sendmsg(ends[0], &message.header, 0);
	message_for(&message, sizeof message.control);
	say_message("all", &message, recvmsg(ends[1], &message.header, MSG_CMSG_CLOEXEC));
	passed = control_of(&message, SCM_RIGHTS);
	say_number("close on exec", fcntl(passed[2], F_GETFD));
	message_of(&message, "x");
	add_control(&message, SCM_RIGHTS, files, sizeof(int));
	add_control(&message, SCM_RIGHTS, files + 1, sizeof(int));
	say_result("two messages", sendmsg(ends[0], &message.header, 0));
	message_for(&message, sizeof message.control);
	say_message("arrive as one", &message, recvmsg(ends[1], &message.header, 0));
}

CASE(no_room_for_descriptors)
{
	int ends[2], files[3] = { 0, 1, 2 }, before;
	struct message message;

	pair(SOCK_DGRAM, ends);
	before = open_descriptors();
	for (int i = 0; i < 4; i++) {
		message_of(&message, "x");
		add_control(&message, SCM_RIGHTS, files, sizeof files);
		sendmsg(ends[0], &message.header, 0);
	}
	message_for(&message, 0);
	say_message("no room", &message, recvmsg(ends[1], &message.header, 0));
	say_number("new descriptors", open_descriptors() - before);
	message_for(&message, CMSG_LEN(2 * sizeof(int)));
	say_message("room for two", &message, recvmsg(ends[1], &message.header, 0));
	say_number("new descriptors", open_descriptors() - before);
	message_for(&message, CMSG_LEN(0));
	say_message("room for none", &message, recvmsg(ends[1], &message.header, 0));
	say_number("new descriptors", open_descriptors() - before);
	say_received("without a header", ends[1], 0);
	say_number("new descriptors", open_descriptors() - before);
}

CASE(no_free_descriptor)
{
	int ends[2], files[2] = { 0, 1 };
	struct message message;

	pair(SOCK_DGRAM, ends);
	message_of(&message, "x");
	add_control(&message, SCM_RIGHTS, files, sizeof files);
	sendmsg(ends[0], &message.header, 0);
	leave_descriptors(1);
	message_for(&message, sizeof message.control);
	say_message("one of two", &message, recvmsg(ends[1], &message.header, 0));
}

CASE(bad_control_messages)
{
	int ends[2], file = 99;
	struct message message;
	struct cmsghdr *header;

	pair(SOCK_STREAM, ends);
	message_of(&message, "x");
	add_control(&message, SCM_RIGHTS, &file, sizeof file);
	say_result("closed descriptor", sendmsg(ends[0], &message.header, 0));
	message_of(&message, "x");
	add_control(&message, 55, &file, sizeof file);
	say_result("unknown type", sendmsg(ends[0], &message.header, 0));
	message_of(&message, "x");
	add_control(&message, SCM_RIGHTS, &file, sizeof file);
	header = CMSG_FIRSTHDR(&message.header);
	header->cmsg_len = 3;
	say_result("too short", sendmsg(ends[0], &message.header, 0));
	header->cmsg_len = 4000;
	say_result("too long", sendmsg(ends[0], &message.header, 0));
	header->cmsg_len = CMSG_LEN(sizeof file);
	header->cmsg_level = 12345;
	say_result("another level", sendmsg(ends[0], &message.header, 0));
	say_received("is left out", ends[1], 0);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_len = CMSG_LEN(0);
	say_result("no descriptors", sendmsg(ends[0], &message.header, 0));
	message.header.msg_control = (void *)8;
	say_result("bad memory", sendmsg(ends[0], &message.header, 0));
}

CASE(too_many_descriptors)
{
	int ends[2], files[260];
	struct {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof files)];
	} control = { 0 };
	struct iovec piece = { "x", 1 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control };

	pair(SOCK_STREAM, ends);
	for (int i = 0; i < 260; i++)
		files[i] = 0;
	for (int count = 253; count < 255; count++) {
		message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
		memcpy(CMSG_DATA(&control.header), files, (size_t)count * sizeof(int));
		say_result(count == 253 ? "253" : "254", sendmsg(ends[0], &message, 0));
	}
}

CASE(files_of_a_user_in_messages)
{
	int ends[2], files[8] = { 0 }, sent = 0;
	struct rlimit limit = { 20, 20 };
	struct message message;

	pair(SOCK_STREAM, ends);
	setrlimit(RLIMIT_NOFILE, &limit);
	setresuid(54321, 54321, 54321);
	for (;;) {
		message_of(&message, "x");
		add_control(&message, SCM_RIGHTS, files, sizeof files);
		if (sent > 9 || sendmsg(ends[0], &message.header, 0) != 1)
			break;
		sent++;
	}
	say_result("refused", -1);
	say_number("messages", sent);
	message_for(&message, 0);
	recvmsg(ends[1], &message.header, 0);
	message_of(&message, "x");
	add_control(&message, SCM_RIGHTS, files, sizeof files);
	say_result("when one was received", sendmsg(ends[0], &message.header, 0));
}

CASE(descriptors_part_a_stream)
{
	int ends[2], file = 0;
	struct message message;

	pair(SOCK_STREAM, ends);
	write(ends[0], "before", 6);
	message_of(&message, "with");
	add_control(&message, SCM_RIGHTS, &file, sizeof file);
	sendmsg(ends[0], &message.header, 0);
	write(ends[0], "after", 5);
	message_for(&message, sizeof message.control);
	say_message("first", &message, recvmsg(ends[1], &message.header, 0));
	message_for(&message, sizeof message.control);
	say_message("second", &message, recvmsg(ends[1], &message.header, 0));
}

CASE(peeked_descriptors)
{
	int ends[2], file = 0, before;
	struct message message;

	pair(SOCK_STREAM, ends);
	message_of(&message, "x");
	add_control(&message, SCM_RIGHTS, &file, sizeof file);
	sendmsg(ends[0], &message.header, 0);
	before = open_descriptors();
	message_for(&message, sizeof message.control);
	say_message("peek", &message, recvmsg(ends[1], &message.header, MSG_PEEK));
	message_for(&message, sizeof message.control);
	say_message("take", &message, recvmsg(ends[1], &message.header, 0));
	say_number("new descriptors", open_descriptors() - before);
}

CASE(passing_a_socket_over_itself)
{
	int ends[2];
	struct message message;

	for (int round = 0; round < 40; round++) {
		pair(SOCK_STREAM, ends);
		message_of(&message, "x");
		add_control(&message, SCM_RIGHTS, ends, sizeof ends);
		if (sendmsg(ends[0], &message.header, 0) != 1)
			say_result("sendmsg", -1);
		close(ends[0]);
		close(ends[1]);
	}
	pair(SOCK_STREAM, ends);
	say_number("lowest descriptor", ends[0]);
}

CASE(a_place_can_be_passed)
{
	int ends[2], place = open("/", O_PATH);
	struct message message;

	pair(SOCK_STREAM, ends);
	message_of(&message, "x");
	add_control(&message, SCM_RIGHTS, &place, sizeof place);
	say_result("sendmsg", sendmsg(ends[0], &message.header, 0));
}

static void say_ucred(const char *what, const struct ucred *credentials)
{
	if (!credentials)
		say(what, "none");
	else
		say(what, "%s, uid %s, gid %s",
		    credentials->pid == getpid() ? "this process" : credentials->pid ? "another" : "nobody",
		    credentials->uid == getuid() ? "ours" : credentials->uid == 65534 ? "nobody" : "another",
		    credentials->gid == getgid() ? "ours" : credentials->gid == 65534 ? "nobody" : "another");
}

CASE(credentials_of_the_peer)
{
	int ends[2], lone = socket(AF_UNIX, SOCK_STREAM, 0);
	struct ucred credentials;
	socklen_t length = sizeof credentials;

	pair(SOCK_STREAM, ends);
	say_result("getsockopt", getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &credentials, &length));
	say_ucred("pair", &credentials);
	length = 4;
	say_result("little room", getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &credentials, &length));
	say_number("told", length);
	length = sizeof credentials;
	getsockopt(lone, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
	say("nobody", "%d %d %d", credentials.pid, (int)credentials.uid, (int)credentials.gid);
	say_result("set", setsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &credentials, sizeof credentials));
}

static void connect_and_say(void)
{
	struct ucred credentials;
	socklen_t length = sizeof credentials;
	int asks = client(SOCK_STREAM, "@emu-cred");

	getsockopt(asks, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
	say_yes("server is the parent", credentials.pid == getppid());
	read(asks, &length, 1);
}

CASE(credentials_of_a_connection)
{
	int listener = server(SOCK_STREAM, "@emu-cred", 1), answers;
	struct ucred credentials;
	socklen_t length = sizeof credentials;
	pid_t child = child_that(connect_and_say);

	answers = accept(listener, NULL, NULL);
	getsockopt(answers, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
	write(answers, "x", 1);
	reap(child);
	say_yes("client is the child", credentials.pid == child);
}

CASE(credentials_with_messages)
{
	int ends[2];
	struct message message;
	struct ucred mine = { getpid(), getuid(), getgid() };

	pair(SOCK_DGRAM, ends);
	say_option("off at first", ends[1], SO_PASSCRED);
	send(ends[0], "before", 6, 0);
	say_result("on", set_option(ends[1], SO_PASSCRED, 1));
	message_for(&message, sizeof message.control);
	say_message("sent before", &message, recvmsg(ends[1], &message.header, 0));
	send(ends[0], "after", 5, 0);
	message_for(&message, sizeof message.control);
	say_message("sent after", &message, recvmsg(ends[1], &message.header, 0));
	say_ucred("from", control_of(&message, SCM_CREDENTIALS));
	message_of(&message, "said");
	add_control(&message, SCM_CREDENTIALS, &mine, sizeof mine);
	say_result("by the sender", sendmsg(ends[0], &message.header, 0));
	message_for(&message, 4);
	say_message("no room", &message, recvmsg(ends[1], &message.header, 0));
	send(ends[0], "x", 1, 0);
	say_received("not asked for", ends[1], 0);
}

CASE(forged_credentials)
{
	int ends[2];
	struct message message;
	struct ucred forged = { getpid(), getuid(), getgid() };

	pair(SOCK_DGRAM, ends);
	message_of(&message, "x");
	add_control(&message, SCM_CREDENTIALS, &forged, 4);
	say_result("too short", sendmsg(ends[0], &message.header, 0));
	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		return;
	forged = (struct ucred){ getpid(), 0, 1000 };
	message_of(&message, "x");
	add_control(&message, SCM_CREDENTIALS, &forged, sizeof forged);
	say_result("another user", sendmsg(ends[0], &message.header, 0));
	forged = (struct ucred){ 1, 1000, 1000 };
	message_of(&message, "x");
	add_control(&message, SCM_CREDENTIALS, &forged, sizeof forged);
	say_result("another process", sendmsg(ends[0], &message.header, 0));
	forged = (struct ucred){ getpid(), 1000, 1000 };
	message_of(&message, "x");
	add_control(&message, SCM_CREDENTIALS, &forged, sizeof forged);
	say_result("the truth", sendmsg(ends[0], &message.header, 0));
}

CASE(asking_gives_a_name)
{
	int receiver = server(SOCK_DGRAM, "@emu-asks", -1), sender = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un address;
	socklen_t length = sizeof address;

	set_option(sender, SO_PASSCRED, 1);
	say_name("before", sender, 0);
	connect_to(sender, "@emu-asks");
	getsockname(sender, (struct sockaddr *)&address, &length);
	say_number("length after", length);
	(void)receiver;
}

static int theirs;

static void write_theirs(void)
{
	write(theirs, "child", 5);
}

CASE(senders_are_told_apart)
{
	int ends[2];

	pair(SOCK_STREAM, ends);
	set_option(ends[1], SO_PASSCRED, 1);
	theirs = ends[0];
	write(ends[0], "parent", 6);
	reap(child_that(write_theirs));
	say_received("first", ends[1], 0);
	say_received("second", ends[1], 0);
}

CASE(process_of_the_sender)
{
	int ends[2], *file;
	struct message message;

	pair(SOCK_DGRAM, ends);
	say_result("on", set_option(ends[1], SO_PASSPIDFD, 1));
	send(ends[0], "x", 1, 0);
	message_for(&message, sizeof message.control);
	say_message("message", &message, recvmsg(ends[1], &message.header, 0));
	file = control_of(&message, SCM_PIDFD_);
	say_yes("is a descriptor", file && *file >= 0);
	if (file)
		say_number("close on exec", fcntl(*file, F_GETFD));
}

CASE(process_of_the_peer)
{
	int ends[2], file = -1, lone = socket(AF_UNIX, SOCK_STREAM, 0);
	socklen_t length = sizeof file;

	pair(SOCK_STREAM, ends);
	say_result("getsockopt", getsockopt(ends[0], SOL_SOCKET, SO_PEERPIDFD, &file, &length));
	say_number("close on exec", fcntl(file, F_GETFD));
	say_result("signal", syscall(SYS_pidfd_send_signal, file, 0, NULL, 0));
	length = sizeof file;
	say_result("nobody", getsockopt(lone, SOL_SOCKET, SO_PEERPIDFD, &file, &length));
}

CASE(several_messages)
{
	int ends[2];
	char data[4][8] = { "one", "two", "three", "" };
	struct iovec pieces[4];
	struct mmsghdr all[4] = { 0 };

	pair(SOCK_DGRAM, ends);
	for (int i = 0; i < 4; i++) {
		pieces[i] = (struct iovec){ data[i], strlen(data[i]) };
		all[i].msg_hdr.msg_iov = &pieces[i];
		all[i].msg_hdr.msg_iovlen = 1;
	}
	say_result("sendmmsg", sendmmsg(ends[0], all, 3, 0));
	say("lengths", "%u %u %u", all[0].msg_len, all[1].msg_len, all[2].msg_len);
	memset(data, 0, sizeof data);
	for (int i = 0; i < 4; i++)
		pieces[i].iov_len = 8;
	say_result("recvmmsg", recvmmsg(ends[1], all, 4, MSG_DONTWAIT, NULL));
	say("data", "%s %s %s", data[0], data[1], data[2]);
	say_result("none", recvmmsg(ends[1], all, 4, MSG_DONTWAIT, NULL));
	say_result("no messages", sendmmsg(ends[0], all, 0, 0));
	write(ends[0], "x", 1);
	write(ends[0], "y", 1);
	say_result("wait for one", recvmmsg(ends[1], all, 4, MSG_WAITFORONE, NULL));
	say_result("bad timeout", recvmmsg(ends[1], all, 1, 0, &(struct timespec){ 0, -1 }));
}

CASE(messages_until_a_time)
{
	int ends[2];
	char byte;
	struct iovec piece = { &byte, 1 };
	struct mmsghdr all[2] = { { .msg_hdr = { .msg_iov = &piece, .msg_iovlen = 1 } } };
	struct timespec limit = { 5, 0 };

	all[1] = all[0];
	pair(SOCK_DGRAM, ends);
	write(ends[0], "x", 1);
	write(ends[0], "y", 1);
	say_result("recvmmsg", recvmmsg(ends[1], all, 2, 0, &limit));
	say_yes("time is left", limit.tv_sec == 4 || limit.tv_sec == 5);
}
