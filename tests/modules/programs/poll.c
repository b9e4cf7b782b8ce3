/* Two processes and the mailbox sample: a value that is seen when it is read again, poll(2) that
 * tells of its change, and a device that wakes who sleeps in it. Built with the C library. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#define VALUE "/sys/kernel/mailbox/value"

static int value, device;

static void say_value(const char *what)
{
	char text[16] = "";
	ssize_t got = pread(value, text, sizeof(text) - 1, 0);

	printf("%s: %zd bytes, %s", what, got, text);
}

static void set_value(const char *text)
{
	int fd = open(VALUE, O_WRONLY);

	printf("write: %zd\n", write(fd, text, strlen(text)));
	close(fd);
}

static void say_poll(const char *what, int fd, short events, int timeout)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};
	int ready = poll(&poll_fd, 1, timeout);

	printf("%s: %d, %#x\n", what, ready, (unsigned)poll_fd.revents);
}

static void in_child(void (*function)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		function();
		fflush(stdout);
		_exit(0);
	}
}

static void change(void)
{
	usleep(20000);
	set_value("7");
}

static void post(void)
{
	usleep(20000);
	printf("posted: %zd\n", write(device, "a letter", 8));
}

static volatile int told;

static void on_io(int number, siginfo_t *info, void *context)
{
	told = number == SIGIO;
}

static void on_alarm(int number)
{
}

int main(void)
{
	char text[64];
	ssize_t got;
	fd_set set;
	struct timeval limit = {5, 0};

	value = open(VALUE, O_RDONLY);
	device = open("/dev/mailbox", O_RDWR);
	say_value("at first");
	set_value("5\n");
	say_value("after a write");
	say_poll("nothing new", value, POLLPRI, 0);
	in_child(change);
	say_poll("a change", value, POLLPRI, 5000);
	wait(0);
	say_value("the change");
	say_poll("nothing new again", value, POLLPRI, 0);

	say_poll("an empty mailbox", device, POLLIN | POLLOUT, 0);
	in_child(post);
	say_poll("a full mailbox", device, POLLIN, 5000);
	wait(0);
	got = read(device, text, sizeof(text));
	printf("read: %zd, %.8s\n", got, text);
	in_child(post);
	got = read(device, text, sizeof(text));
	wait(0);
	printf("read asleep: %zd, %.8s\n", got, text);
	in_child(post);
	FD_ZERO(&set);
	FD_SET(device, &set);
	printf("select: %d\n", select(device + 1, &set, 0, 0, &limit));
	wait(0);
	read(device, text, sizeof(text));

	sigaction(SIGIO, &(struct sigaction){.sa_sigaction = on_io, .sa_flags = SA_SIGINFO}, 0);
	fcntl(device, F_SETOWN, getpid());
	fcntl(device, F_SETFL, O_ASYNC);
	in_child(post);
	while (!told)
		usleep(1000);
	wait(0);
	printf("told: %d\n", told);
	read(device, text, sizeof(text));
	fcntl(device, F_SETFL, 0);

	sigaction(SIGALRM, &(struct sigaction){.sa_handler = on_alarm}, 0);
	ualarm(20000, 0);
	got = read(device, text, sizeof(text));
	printf("interrupted: %zd, %s\n", got, strerror(errno));
	fcntl(device, F_SETFL, O_NONBLOCK);
	got = read(device, text, sizeof(text));
	printf("not blocking: %zd, %s\n", got, strerror(errno));
	got = write(device, (char[65]){0}, 65);
	printf("too long: %zd, %s\n", got, strerror(errno));
	return 0;
}
