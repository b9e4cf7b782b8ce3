/* What the cases about sockets share. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <linux/sockios.h>

#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "../processes/harness.h"

/* A case that works in a new, empty directory. */
#define SOCKET_CASE(name)                           \
	static void name##_in_directory(void);      \
	CASE(name)                                  \
	{                                           \
		in_new_directory(name##_in_directory); \
	}                                           \
	static void name##_in_directory(void)

void in_new_directory(void (*function)(void));

/* A connected pair of a type; says when there is none. */
void pair(int type, int ends[2]);
/* The address of a path, or with a leading '@' of an abstract name; answers its length. */
socklen_t named(struct sockaddr_un *address, const char *name);
int bind_to(int socket, const char *name);
int connect_to(int socket, const char *name);
/* A bound socket, listening if there is a backlog of 0 or more. */
int server(int type, const char *name, int backlog);
/* A socket connected to a name. */
int client(int type, const char *name);
/* Receives without waiting and says the bytes, or errno's name. */
void say_received(const char *what, int socket, int flags);
/* Says the name that getsockname or getpeername tells, with its length. */
void say_name(const char *what, int socket, int peer);
void say_address(const char *what, const struct sockaddr_un *address, socklen_t length);
/* Says what poll answers at once, by names. */
void say_poll(const char *what, int file);
void say_option(const char *what, int socket, int option);
int set_option(int socket, int option, int value);
/* A message of one piece, with room for control messages. */
struct message {
	struct msghdr header;
	struct iovec piece;
	union {
		char control[256];
		struct cmsghdr align;
	};
	char data[256];
};
struct msghdr *message_of(struct message *message, const char *text);
struct msghdr *message_for(struct message *message, size_t room);
/* Adds a control message of SOL_SOCKET. */
void add_control(struct message *message, int type, const void *data, size_t size);
/* The data of the first control message of a type, or NULL. */
void *control_of(struct message *message, int type);
/* Says the bytes, flags and control messages that came. */
void say_message(const char *what, struct message *message, ssize_t received);
int open_descriptors(void);
/* Sets the limit so that so many descriptors can be made. */
void leave_descriptors(int free);

#endif
