/* What the cases about the Internet protocols share. */
#ifndef INET_H
#define INET_H

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "../processes/harness.h"

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage storage;
};

/* 127.0.0.1 or another address, and a port; port 0 is any. */
union address ipv4(const char *text, int port);
union address ipv6(const char *text, int port);
socklen_t size_of(const union address *address);
/* Where a socket is bound, or its peer. */
union address own_address(int socket);
int port_of(const union address *address);

/* bind, connect: the result of the call. */
int bind_to(int socket, union address address);
int connect_to(int socket, union address address);
/* A TCP socket that listens at an address of the loopback, at any port. */
int listener(int family, int backlog);
/* A socket that is connected with a listener; one that is accepted from it. */
int client_of(int listening);
/* Two ends of a TCP connection over the loopback. */
void connected(int pair[2]);
void connected_of(int family, int pair[2]);
/* A UDP socket that is bound to the loopback's address, at any port. */
int datagram_socket(int family);

int option(int socket, int level, int name);
int set_option(int socket, int level, int name, int value);
/* Says an option's value, or errno's name. */
void say_option(const char *what, int socket, int level, int name);
/* The error that SO_ERROR tells, by name; "none". */
void say_error(const char *what, int socket);
/* The events of a poll that does not wait, by name. */
void say_events(const char *what, int socket, short events);
/* Waits two seconds at most until a poll has an event. */
int wait_for(int socket, short events);
/* Receives, and says what: bytes as text, or errno's name. */
void say_received(const char *what, int socket, int flags);
/* An address as text, with its port as "port" unless it is 0. */
const char *as_text(const union address *address);
/* The state that TCP_INFO tells; by name. */
int state_of(int socket);
void say_state(const char *what, int socket);

#endif
