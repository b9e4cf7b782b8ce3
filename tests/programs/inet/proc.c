/* What /proc/net tells: the parts that are the same everywhere. */
#include "inet.h"

static char text[65536];

static const char *contents(const char *name)
{
	int file = open(name, O_RDONLY);
	ssize_t count = 0, got;

	while ((got = read(file, text + count, sizeof text - 1 - count)) > 0)
		count += got;
	text[count] = 0;
	close(file);
	return text;
}

/* The line with a port in it, its fields up to the state. */
static void say_line(const char *what, const char *name, int port)
{
	char wanted[16], local[64] = "", remote[64] = "", state[8] = "", number[16];
	char *line = strtok((char *)contents(name), "\n");

	snprintf(wanted, sizeof wanted, ":%04X", port);
	for (; line; line = strtok(NULL, "\n"))
		if (sscanf(line, "%15s %63s %63s %7s", number, local, remote, state) == 4 &&
		    strstr(local, wanted)) {
			say(what, "%.*s %s %s", (int)(strlen(local) - 5), local,
			    !strcmp(remote + strlen(remote) - 5, ":0000") ? "to nobody"
									  : "to somebody",
			    state);
			return;
		}
	say(what, "none");
}

CASE(tcp_in_proc)
{
	int listening = listener(AF_INET, 3), pair[2];
	union address address = own_address(listening);

	say_line("a listener", "/proc/net/tcp", port_of(&address));
	connected(pair);
	address = own_address(pair[0]);
	say_line("a connection", "/proc/net/tcp", port_of(&address));
	shutdown(pair[0], SHUT_WR);
	until(state_of(pair[0]) == 5);
	say_line("half closed", "/proc/net/tcp", port_of(&address));
	close(pair[1]);
	close(pair[0]);
	wait_a_little();
	say_line("in TIME_WAIT", "/proc/net/tcp", port_of(&address));
}

CASE(udp_in_proc)
{
	int one = datagram_socket(AF_INET);
	union address address = own_address(one);

	say_line("bound", "/proc/net/udp", port_of(&address));
	connect_to(one, own_address(datagram_socket(AF_INET)));
	say_line("connected", "/proc/net/udp", port_of(&address));
}

CASE(ipv6_in_proc)
{
	int listening = listener(AF_INET6, 3);
	union address address = own_address(listening);
	char *line;

	say_line("a listener", "/proc/net/tcp6", port_of(&address));
	line = strtok((char *)contents("/proc/net/if_inet6"), "\n");
	say("the loopback", "%s", line ? line : "none");
}

CASE(heads_of_tables)
{
	static const char *const names[] = { "tcp", "tcp6", "udp", "udp6", "raw", "route", "arp",
					     "dev", "packet" };
	char name[32];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(name, sizeof name, "/proc/net/%s", names[i]);
		say(names[i], "'%s'", strtok((char *)contents(name), "\n"));
	}
}

CASE(variables_of_the_network)
{
	say("somaxconn", "%.4s", contents("/proc/sys/net/core/somaxconn"));
	say("port range", "%.11s", contents("/proc/sys/net/ipv4/ip_local_port_range"));
	say("keepalive", "%.4s", contents("/proc/sys/net/ipv4/tcp_keepalive_time"));
}
