/* Pseudo-terminals, settings, sessions and job control. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int master, slave, own;

static void show(const char *what, const char *data, ssize_t count)
{
	printf("%s:", what);
	if (count < 0)
		printf(" %s", strerror(errno));
	for (ssize_t i = 0; i < count; i++)
		printf(data[i] >= 32 && data[i] < 127 ? " %c" : " %02x", (unsigned char)data[i]);
	printf("\n");
}

static void get(const char *what, int fd)
{
	char data[256];
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	if (poll(&ready, 1, strcmp(what, "half a line") ? 20000 : 100) == 0)
		printf("%s: nothing\n", what);
	else
		show(what, data, read(fd, data, sizeof data));
}

static void type(const char *text)
{
	if (write(master, text, strlen(text)) != (ssize_t)strlen(text))
		perror("write");
}

static void open_pair(void)
{
	master = posix_openpt(O_RDWR | O_NOCTTY);
	printf("grant %d, unlock %d\n", grantpt(master), unlockpt(master));
	printf("a name in /dev/pts: %d\n", strncmp(ptsname(master), "/dev/pts/", 9) == 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	printf("a terminal: %d, its name: %d\n", isatty(slave),
	       strcmp(ttyname(slave), ptsname(master)) == 0);
}

static void settings(void)
{
	struct termios now;

	printf("tcgetattr %d\n", tcgetattr(slave, &now));
	printf("canonical %d, echo %d, signals %d\n", !!(now.c_lflag & ICANON),
	       !!(now.c_lflag & ECHO), !!(now.c_lflag & ISIG));
	printf("VINTR %d, VEOF %d, VERASE %d, VMIN %d\n", now.c_cc[VINTR], now.c_cc[VEOF],
	       now.c_cc[VERASE], now.c_cc[VMIN]);
	printf("38400: %d\n", cfgetospeed(&now) == B38400);
	cfsetspeed(&now, B115200);
	now.c_cc[VERASE] = '#';
	printf("tcsetattr %d\n", tcsetattr(slave, TCSADRAIN, &now));
	tcgetattr(slave, &now);
	printf("115200: %d, VERASE %c\n", cfgetospeed(&now) == B115200, now.c_cc[VERASE]);
}

static void lines(void)
{
	struct termios now;

	type("abx#c\rnext");
	get("shown", master);
	get("line", slave);
	get("half a line", slave);
	type("\004");
	get("after VEOF", slave);
	if (write(slave, "out\n", 4) != 4)
		perror("write");
	get("shown", master);
	tcgetattr(slave, &now);
	cfmakeraw(&now);
	tcsetattr(slave, TCSANOW, &now);
	type("\003\r\004");
	get("raw", slave);
	now.c_cc[VMIN] = 0;
	now.c_cc[VTIME] = 1;
	tcsetattr(slave, TCSANOW, &now);
	show("VTIME", "", read(slave, &now, 1));
}

static void size(void)
{
	struct winsize given = { 30, 100, 0, 0 }, got;

	printf("set %d, ", ioctl(master, TIOCSWINSZ, &given));
	printf("get %d: ", ioctl(slave, TIOCGWINSZ, &got));
	printf("%d rows, %d columns\n", got.ws_row, got.ws_col);
}

static void leave(int number)
{
	if (number == SIGINT)
		_exit(5);
	if (write(own, "size", 4) != 4)
		_exit(9);
}

/* A session leader, on a terminal of its own. */
static void child(void)
{
	struct sigaction leaving = { .sa_handler = leave };

	setsid();
	sigaction(SIGINT, &leaving, NULL);
	sigaction(SIGWINCH, &leaving, NULL);
	printf("no terminal: %d\n", open("/dev/tty", O_RDWR) < 0 && errno == ENXIO);
	own = open(ptsname(master), O_RDWR);
	close(master);
	printf("foreground: %d, session: %d\n", tcgetpgrp(own) == getpid(),
	       tcgetsid(own) == getpid());
	printf("/dev/tty: %d\n", open("/dev/tty", O_RDWR) >= 0);
	fflush(stdout);
	if (write(own, "ready", 5) != 5)
		_exit(9);
	for (;;)
		pause();
}

static void session(void)
{
	struct winsize wide = { 40, 132, 0, 0 };
	struct termios cooked;
	pid_t pid;
	int status;

	tcgetattr(slave, &cooked);
	cooked.c_lflag |= ISIG | ECHO | ECHOCTL;
	cooked.c_cc[VMIN] = 1;
	tcsetattr(slave, TCSANOW, &cooked);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		child();
	get("from the child", master);
	ioctl(master, TIOCSWINSZ, &wide);
	get("a new size", master);
	type("\003");
	waitpid(pid, &status, 0);
	get("shown", master);
	printf("exit %d\n", WEXITSTATUS(status));
}

static void hangup(void)
{
	char data;

	printf("closing the slave: %d\n", close(slave));
	get("master", master);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	printf("closing the master: %d\n", close(master));
	show("read", &data, read(slave, &data, 1));
	show("write", &data, write(slave, "x", 1));
	printf("a terminal: %d\n", isatty(slave));
}

int main(void)
{
	open_pair();
	settings();
	lines();
	size();
	session();
	hangup();
	return 0;
}
