#include "inet.h"

union address ipv4(const char *text, int port)
{
	union address address = { .in = { .sin_family = AF_INET, .sin_port = htons(port) } };

	inet_pton(AF_INET, text, &address.in.sin_addr);
	return address;
}

union address ipv6(const char *text, int port)
{
	union address address = { .in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) } };

	inet_pton(AF_INET6, text, &address.in6.sin6_addr);
	return address;
}

socklen_t size_of(const union address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof address->in6 : sizeof address->in;
}

union address own_address(int socket)
{
	union address address = { .in = { 0 } };
	socklen_t size = sizeof address;

	getsockname(socket, &address.any, &size);
	return address;
}

int port_of(const union address *address)
{
	return ntohs(address->any.sa_family == AF_INET6 ? address->in6.sin6_port
							: address->in.sin_port);
}

int bind_to(int socket, union address address)
{
	return bind(socket, &address.any, size_of(&address));
}

int connect_to(int socket, union address address)
{
	return connect(socket, &address.any, size_of(&address));
}

static union address loopback(int family, int port)
{
	return family == AF_INET6 ? ipv6("::1", port) : ipv4("127.0.0.1", port);
}

int listener(int family, int backlog)
{
	int made = socket(family, SOCK_STREAM, 0);

	if (bind_to(made, loopback(family, 0)) || listen(made, backlog))
		say_result("listener", -1);
	return made;
}

int client_of(int listening)
{
	union address address = own_address(listening);
	int made = socket(address.any.sa_family, SOCK_STREAM, 0);

	if (connect_to(made, address))
		say_result("client", -1);
	return made;
}

void connected_of(int family, int pair[2])
{
	int listening = listener(family, 1);

	pair[0] = client_of(listening);
	pair[1] = accept(listening, NULL, NULL);
	if (pair[1] < 0)
		say_result("accept", -1);
	close(listening);
}

void connected(int pair[2])
{
	connected_of(AF_INET, pair);
}

int datagram_socket(int family)
{
	int made = socket(family, SOCK_DGRAM, 0);

	if (bind_to(made, loopback(family, 0)))
		say_result("datagram socket", -1);
	return made;
}

int option(int socket, int level, int name)
{
	int value = -12345;
	socklen_t size = sizeof value;

	if (getsockopt(socket, level, name, &value, &size))
		return -1;
	return value;
}

int set_option(int socket, int level, int name, int value)
{
	return setsockopt(socket, level, name, &value, sizeof value);
}

void say_option(const char *what, int socket, int level, int name)
{
	int value = -12345;
	socklen_t size = sizeof value;

	if (getsockopt(socket, level, name, &value, &size))
		say_result(what, -1);
	else
		say_number(what, value);
}

void say_error(const char *what, int socket)
{
	int error = option(socket, SOL_SOCKET, SO_ERROR);

	say(what, "%s", error > 0 ? strerrorname_np(error) : error ? "failed" : "none");
}

void say_events(const char *what, int socket, short events)
{
	static const struct { short event; const char *name; } names[] = {
		{ POLLIN, "IN" }, { POLLPRI, "PRI" }, { POLLOUT, "OUT" }, { POLLERR, "ERR" },
		{ POLLHUP, "HUP" }, { POLLRDHUP, "RDHUP" },
	};
	struct pollfd file = { .fd = socket, .events = events };
	char text[64] = "";

	if (poll(&file, 1, 0) < 0) {
		say_result(what, -1);
		return;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (file.revents & names[i].event) {
			strcat(text, *text ? " " : "");
			strcat(text, names[i].name);
		}
	say(what, "%s", *text ? text : "nothing");
}

int wait_for(int socket, short events)
{
	struct pollfd file = { .fd = socket, .events = events };

	return poll(&file, 1, 2000) == 1;
}

void say_received(const char *what, int socket, int flags)
{
	char text[200];
	ssize_t count = recv(socket, text, sizeof text - 1, flags);

	if (count < 0) {
		say_result(what, -1);
		return;
	}
	text[count] = 0;
	say(what, "%zd '%s'", count, text);
}

const char *as_text(const union address *address)
{
	static char text[96];
	char number[INET6_ADDRSTRLEN];
	const void *where = &address->in.sin_addr;

	if (address->any.sa_family == AF_INET6)
		where = &address->in6.sin6_addr;
	else if (address->any.sa_family != AF_INET)
		return "no family";
	inet_ntop(address->any.sa_family, where, number, sizeof number);
	snprintf(text, sizeof text, "%s%s", number, port_of(address) ? " port" : "");
	return text;
}

int state_of(int socket)
{
	struct tcp_info information;
	socklen_t size = sizeof information;

	if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &information, &size))
		return -1;
	return information.tcpi_state;
}

void say_state(const char *what, int socket)
{
	static const char *const names[] = {
		"?", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
		"CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
	};
	int state = state_of(socket);

	if (state < 0)
		say_result(what, -1);
	else
		say(what, "%s", state < 12 ? names[state] : "?");
}
