/* Another process decides on calls: SECCOMP_RET_USER_NOTIF and its listener. */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "filtering.h"

static int channel[2];
/* What the other process found, for this one to say when that is over. */
static long *found;

static void note_result(int place, long result)
{
	found[2 * place] = result;
	found[2 * place + 1] = errno;
}

static void say_noted(const char *what, int place)
{
	errno = found[2 * place + 1];
	say_result(what, found[2 * place]);
}

static void send_descriptor(int descriptor)
{
	char room[CMSG_SPACE(sizeof descriptor)] = { 0 }, byte = 0;
	struct iovec one = { &byte, 1 };
	struct msghdr message = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = room,
				  .msg_controllen = sizeof room };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof descriptor);
	memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
	sendmsg(channel[1], &message, 0);
}

static int receive_descriptor(void)
{
	char room[CMSG_SPACE(sizeof(int))] = { 0 }, byte;
	struct iovec one = { &byte, 1 };
	struct msghdr message = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = room,
				  .msg_controllen = sizeof room };
	int descriptor = -1;

	recvmsg(channel[0], &message, 0);
	memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof descriptor);
	return descriptor;
}

static void listen_to(long number)
{
	long listener = INSTALL(SECCOMP_FILTER_FLAG_NEW_LISTENER, ON(number, SECCOMP_RET_USER_NOTIF));

	send_descriptor(listener);
	close(listener);
}

/* A child whose calls of getppid this process decides on: the listener. */
static pid_t notifier(void (*function)(void), int *listener)
{
	pid_t child;

	found = shared_memory(16 * sizeof *found);
	socketpair(AF_UNIX, SOCK_STREAM, 0, channel);
	child = child_that(function);
	*listener = receive_descriptor();
	close(channel[0]);
	close(channel[1]);
	return child;
}

static long receive(int listener, struct seccomp_notif *call)
{
	memset(call, 0, sizeof *call);
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, call);
}

static long reply(int listener, uint64_t id, long value, int error, unsigned flags)
{
	struct seccomp_notif_resp answer = { id, value, error, flags };

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

static void ask_thrice(void)
{
	pid_t parent = getppid();

	listen_to(SYS_getppid);
	note_result(0, syscall(SYS_getppid, 0x101, 0x102, 0x103, 0x104, 0x105, 0x106));
	note_result(1, syscall(SYS_getppid));
	note_result(2, syscall(SYS_getppid) == parent);
}

CASE(a_listener_answers)
{
	struct seccomp_notif call;
	struct pollfd poll_it;
	int listener;
	pid_t child = notifier(ask_thrice, &listener);

	say_result("received", receive(listener, &call));
	say_yes("whose", call.pid == (unsigned)child);
	say_yes("number", call.data.nr == SYS_getppid);
	say_yes("abi", call.data.arch == OWN_ARCH);
	say_number("first argument", call.data.args[0]);
	say_number("sixth argument", call.data.args[5]);
	poll_it = (struct pollfd){ listener, POLLIN | POLLOUT, 0 };
	poll(&poll_it, 1, 0);
	say_number("events", poll_it.revents);
	say_result("valid", ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id));
	say_result("answered", reply(listener, call.id, 4242, 0, 0));
	say_yes("answered again", reply(listener, call.id, 1, 0, 0) == 0);
	say_result("received", receive(listener, &call));
	say_result("refused", reply(listener, call.id, 0, -EXDEV, 0));
	say_result("received", receive(listener, &call));
	say_result("with a value", reply(listener, call.id, 1, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE));
	say_result("no such flag", reply(listener, call.id, 0, 0, 2));
	say_result("no such id", reply(listener, call.id + 1, 0, 0, 0));
	say_result("let go", reply(listener, call.id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE));
	say_end("end", child);
	say_noted("value", 0);
	say_noted("error", 1);
	say_noted("made after all", 2);
	poll_it = (struct pollfd){ listener, POLLIN | POLLOUT, 0 };
	poll(&poll_it, 1, 1000);
	say_number("events after the end", poll_it.revents);
	say_result("receive after the end", receive(listener, &call));
	say_result("not zeroes", ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, "12345678901234567890"
		"123456789012345678901234567890123456789012345678901234567890"));
	say_result("no such command", ioctl(listener, 0x5401, &call));
	close(listener);
}

static void ask_once(void)
{
	listen_to(SYS_getppid);
	note_result(0, syscall(SYS_getppid));
	note_result(1, syscall(SYS_getppid));
}

CASE(nobody_listens_any_more)
{
	int listener;
	pid_t child = notifier(ask_once, &listener);
	struct pollfd poll_it = { listener, POLLIN, 0 };

	poll(&poll_it, 1, 5000);
	close(listener);
	say_end("end", child);
	say_noted("answer", 0);
	say_noted("the next", 1);
}

static void duplicate(void)
{
	say_yes("a listener", INSTALL(SECCOMP_FILTER_FLAG_NEW_LISTENER, RETURN(SECCOMP_RET_ALLOW)) > 0);
	say_result("another", INSTALL(SECCOMP_FILTER_FLAG_NEW_LISTENER, RETURN(SECCOMP_RET_ALLOW)));
	say_result("with all threads", INSTALL(SECCOMP_FILTER_FLAG_NEW_LISTENER |
		SECCOMP_FILTER_FLAG_TSYNC, RETURN(SECCOMP_RET_ALLOW)));
}

CASE(one_listener_for_all_filters)
{
	say_child("end", duplicate);
}

static void open_through(void)
{
	char text[16] = "";
	int file;

	listen_to(SYS_openat);
	file = openat(AT_FDCWD, "/not/there", O_RDONLY);
	note_result(0, read(file, text, sizeof text));
	note_result(1, !strcmp(text, "given"));
	file = openat(AT_FDCWD, "/not/there", O_RDONLY);
	note_result(2, file);
	note_result(3, pread(77, text, sizeof text, 0));
}

CASE(files_are_given)
{
	struct seccomp_notif call;
	struct seccomp_notif_addfd given = { 0 };
	int listener, ends[2], file = temporary_file();
	pid_t child;

	pipe(ends);
	write(ends[1], "given", 5);
	write(file, "kept", 4);
	child = notifier(open_through, &listener);
	receive(listener, &call);
	given.id = call.id;
	given.srcfd = ends[0];
	given.newfd = 9;
	say_result("a number not asked for", ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &given));
	given.newfd = 0;
	given.srcfd = 999;
	say_result("no file", ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &given));
	given.srcfd = ends[0];
	given.flags = SECCOMP_ADDFD_FLAG_SEND;
	say_yes("given and answered", ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &given) > 2);
	say_yes("again", ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &given) >= 0);
	receive(listener, &call);
	given.id = call.id;
	given.srcfd = file;
	given.flags = SECCOMP_ADDFD_FLAG_SETFD;
	given.newfd = 77;
	say_number("at a place", ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &given));
	reply(listener, call.id, 77, 0, 0);
	say_end("end", child);
	say_noted("read", 0);
	say_noted("what was given", 1);
	say_noted("at the place", 2);
	say_noted("read there", 3);
}

static volatile sig_atomic_t caught;

static void note(int number)
{
	caught = number;
}

static void interrupted(void)
{
	catch(SIGUSR1, note, 0);
	listen_to(SYS_getppid);
	note_result(0, syscall(SYS_getppid));
	note_result(1, caught == SIGUSR1);
}

CASE(a_signal_breaks_the_wait)
{
	struct seccomp_notif call;
	int listener;
	pid_t child = notifier(interrupted, &listener);

	receive(listener, &call);
	kill(child, SIGUSR1);
	say_end("end", child);
	say_noted("broken", 0);
	say_noted("by the signal", 1);
	say_result("valid", ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id));
	say_result("too late", reply(listener, call.id, 0, 0, 0));
}
