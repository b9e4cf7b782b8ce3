/* Names of AF_UNIX sockets, listening and connecting. */
#include "sockets.h"

SOCKET_CASE(paths)
{
	int made = socket(AF_UNIX, SOCK_STREAM, 0), second = socket(AF_UNIX, SOCK_STREAM, 0);
	struct stat about;

	umask(027);
	say_result("bind", bind_to(made, "here"));
	say_name("name", made, 0);
	say_result("stat", stat("here", &about));
	say("mode", "%o", about.st_mode);
	say_result("open", open("here", O_RDWR));
	say_result("again elsewhere", bind_to(made, "there"));
	say_result("there", access("there", F_OK));
	say_result("a name that is taken", bind_to(second, "here"));
	say_result("no directory", bind_to(second, "none/here"));
	close(made);
	say_result("the file stays", access("here", F_OK));
	say_result("connect to it", connect_to(second, "here"));
	unlink("here");
	say_result("after unlink", connect_to(second, "here"));
	say_result("bind again", bind_to(second, "here"));
}

SOCKET_CASE(long_paths)
{
	int made = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct sockaddr_un told;
	socklen_t length = sizeof told;

	memset(address.sun_path, 'a', sizeof address.sun_path);
	say_result("no end", bind(made, (struct sockaddr *)&address, sizeof address));
	say_result("name", getsockname(made, (struct sockaddr *)&told, &length));
	say_number("length", length);
	address.sun_path[sizeof address.sun_path - 1] = 0;
}

SOCKET_CASE(path_with_bytes_behind_it)
{
	int made = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un address;

	named(&address, "cut");
	address.sun_path[4] = 'x';
	say_result("bind", bind(made, (struct sockaddr *)&address, sizeof address));
	say_name("name", made, 0);
}

CASE(abstract_names)
{
	int made = socket(AF_UNIX, SOCK_STREAM, 0), second = socket(AF_UNIX, SOCK_STREAM, 0);
	int datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	say_result("bind", bind_to(made, "@emu-test"));
	say_name("name", made, 0);
	say_result("taken", bind_to(second, "@emu-test"));
	say_result("a longer one", bind_to(second, "@emu-test2"));
	say_result("another type", bind_to(datagrams, "@emu-test"));
	say_result("again", bind_to(made, "@emu-test3"));
	close(made);
	made = socket(AF_UNIX, SOCK_STREAM, 0);
	say_result("free again", bind_to(made, "@emu-test"));
	memcpy(address.sun_path, "\0a\0b", 4);
	close(second);
	second = socket(AF_UNIX, SOCK_STREAM, 0);
	say_result("with a NUL", bind(second, (struct sockaddr *)&address, 6));
	say_name("its length", second, 0);
}

CASE(autobind)
{
	int made = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length = sizeof address;
	int digits = 0;

	say_result("bind", bind(made, (struct sockaddr *)&address, 2));
	getsockname(made, (struct sockaddr *)&address, &length);
	say_number("length", length);
	for (int i = 1; i < 6; i++)
		digits += !!strchr("0123456789abcdef", address.sun_path[i]);
	say_number("digits", digits);
	address.sun_family = AF_UNIX;
	say_result("again", bind(made, (struct sockaddr *)&address, 2));
}

SOCKET_CASE(accepting)
{
	int listener = server(SOCK_STREAM, "here", 2), asks = client(SOCK_STREAM, "here"), answers;
	struct sockaddr_un address;
	socklen_t length = sizeof address;

	say_poll("listener", listener);
	say_result("write at once", write(asks, "early", 5));
	answers = accept(listener, (struct sockaddr *)&address, &length);
	say_address("client", &address, length);
	say_name("accepted", answers, 0);
	say_name("its peer", answers, 1);
	say_name("the client's peer", asks, 1);
	say_received("early data", answers, 0);
	say_poll("listener again", listener);
	say_option("listens", listener, SO_ACCEPTCONN);
	say_option("accepted listens", answers, SO_ACCEPTCONN);
	say_result("connect again", connect_to(asks, "here"));
	say_result("listener reads", read(listener, &address, 1));
	say_result("listener writes", send(listener, "x", 1, MSG_NOSIGNAL));
	say_result("listener connects", connect_to(listener, "here"));
}

SOCKET_CASE(accept_flags)
{
	int listener = server(SOCK_STREAM | SOCK_NONBLOCK, "here", 2), answers;

	say_result("nobody", accept(listener, NULL, NULL));
	client(SOCK_STREAM, "here");
	answers = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	say_number("close on exec", fcntl(answers, F_GETFD));
	say_yes("nonblocking", fcntl(answers, F_GETFL) & O_NONBLOCK);
	client(SOCK_STREAM, "here");
	answers = accept(listener, NULL, NULL);
	say_yes("inherits nonblocking", fcntl(answers, F_GETFL) & O_NONBLOCK);
	say_result("unknown flag", accept4(listener, NULL, NULL, 1));
}

SOCKET_CASE(backlog)
{
	int listener = server(SOCK_STREAM, "here", 1), asks, count = 0;

	for (;;) {
		asks = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect_to(asks, "here"))
			break;
		count++;
	}
	say_result("full", -1);
	say_number("connections", count);
	close(accept(listener, NULL, NULL));
	say_result("room again", connect_to(asks, "here"));
}

static void connect_now(void)
{
	int asks = socket(AF_UNIX, SOCK_STREAM, 0);

	_exit(connect_to(asks, "here") ? 1 : 7);
}

SOCKET_CASE(waiting_for_backlog)
{
	int listener = server(SOCK_STREAM, "here", 0);

	client(SOCK_STREAM, "here");
	pid_t child = child_that(connect_now);
	wait_a_little();
	wait_a_little();
	close(accept(listener, NULL, NULL));
	say_end("the second", child);
}

SOCKET_CASE(closing_a_listener)
{
	int listener = server(SOCK_STREAM, "here", 4), asks = client(SOCK_STREAM, "here");

	close(listener);
	say_poll("the client", asks);
	say_received("first", asks, 0);
	say_received("then", asks, 0);
	say_result("write", send(asks, "x", 1, MSG_NOSIGNAL));
}

SOCKET_CASE(shutdown_of_a_listener)
{
	int listener = server(SOCK_STREAM, "here", 4), asks = socket(AF_UNIX, SOCK_STREAM, 0);

	say_result("shutdown", shutdown(listener, SHUT_RD));
	say_result("accept", accept(listener, NULL, NULL));
	say_result("connect", connect_to(asks, "here"));
	say_poll("poll", listener);
}

SOCKET_CASE(who_cannot_listen)
{
	int made = socket(AF_UNIX, SOCK_STREAM, 0), datagrams = server(SOCK_DGRAM, "there", -1);
	int ends[2];

	pair(SOCK_STREAM, ends);
	say_result("no name", listen(made, 1));
	say_result("datagrams", listen(datagrams, 1));
	say_result("connected", listen(ends[0], 1));
	say_result("accept without listening", accept(made, NULL, NULL));
	say_result("accept datagrams", accept(datagrams, NULL, NULL));
	say_result("bind", bind_to(made, "here"));
	say_result("negative backlog", listen(made, -1));
	say_result("again", listen(made, 5));
}

SOCKET_CASE(whom_to_connect_to)
{
	int file = open("file", O_CREAT | O_WRONLY, 0666), asks = socket(AF_UNIX, SOCK_STREAM, 0);

	close(file);
	server(SOCK_DGRAM, "datagrams", -1);
	server(SOCK_STREAM, "silent", -1);
	server(SOCK_STREAM, "listens", 1);
	symlink("listens", "link");
	say_result("nothing there", connect_to(asks, "nothing"));
	say_result("a file", connect_to(asks, "file"));
	say_result("another type", connect_to(asks, "datagrams"));
	say_result("does not listen", connect_to(asks, "silent"));
	say_result("no directory", connect_to(asks, "file/x"));
	say_result("empty path", connect_to(asks, ""));
	say_result("by a link", connect_to(asks, "link"));
	say_name("peer", asks, 1);
}

SOCKET_CASE(permissions)
{
	int asks = socket(AF_UNIX, SOCK_STREAM, 0);

	if (getuid()) {
		say("", "needs root");
		return;
	}
	chmod(".", 0777);
	server(SOCK_STREAM, "closed", 1);
	server(SOCK_STREAM, "open", 1);
	chmod("closed", 0600);
	chmod("open", 0666);
	say_result("become another", setresuid(1000, 1000, 1000));
	say_result("closed", connect_to(asks, "closed"));
	say_result("open", connect_to(asks, "open"));
}

SOCKET_CASE(mode_by_fchmod)
{
	int made = socket(AF_UNIX, SOCK_STREAM, 0);
	struct stat about;

	umask(0);
	fchmod(made, 0640);
	bind_to(made, "here");
	stat("here", &about);
	say("mode", "%o", about.st_mode);
}

SOCKET_CASE(unlinked_while_bound)
{
	int listener = server(SOCK_STREAM, "here", 2), asks = client(SOCK_STREAM, "here"), answers;

	say_result("unlink", unlink("here"));
	say_name("name", listener, 0);
	answers = accept(listener, NULL, NULL);
	say_name("accepted", answers, 0);
	say_result("another of this name", bind_to(socket(AF_UNIX, SOCK_STREAM, 0), "here"));
	say_result("close", close(listener));
	say_result("write", write(asks, "x", 1));
	say_received("read", answers, 0);
}

SOCKET_CASE(made_by_mknod)
{
	int asks = socket(AF_UNIX, SOCK_STREAM, 0);
	struct stat about;

	say_result("mknod", mknod("node", S_IFSOCK | 0644, 0));
	stat("node", &about);
	say("mode", "%o", about.st_mode);
	say_result("connect", connect_to(asks, "node"));
	say_result("bind", bind_to(asks, "node"));
}

SOCKET_CASE(renamed_and_linked)
{
	int asks = socket(AF_UNIX, SOCK_STREAM, 0);
	int listener = server(SOCK_STREAM, "here", 2);

	say_result("rename", rename("here", "there"));
	say_result("link", link("there", "another"));
	say_result("connect", connect_to(asks, "another"));
	say_name("peer's name", asks, 1);
	say_name("own name", listener, 0);
}
