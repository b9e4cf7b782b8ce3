// A little of everything that strace's options change the text of.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int handled;

static void handler(int number)
{
	handled = number;
}

int main(void)
{
	char text[64] = "caf\303\251 au lait, and more of it\n\1\2\0013", back[64];
	char first[] = "one ", second[] = "t\303\266o\n";
	struct iovec parts[] = { { first, 4 }, { second, 5 } };
	struct sigaction action = { .sa_handler = handler };
	struct pollfd wait = { .events = POLLIN };
	int null, pipes[2], status, i;

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	null = open("/dev/null", O_RDWR);
	write(null, text, sizeof text);
	read(null, back, sizeof back);
	writev(null, parts, 2);
	pipe(pipes);
	write(pipes[1], text, 40);
	read(pipes[0], back, 20);
	read(pipes[0], back, 64);
	wait.fd = pipes[1];
	poll(&wait, 1, 0);
	wait.fd = dup(null);
	for (i = 0; i < 4; i++)
		getuid();
	open("/nonexistent/\303\251", O_RDONLY);
	openat(AT_FDCWD, "/dev/zero", O_RDONLY | O_CLOEXEC);
	lseek(null, 5, SEEK_SET);
	umask(022);
	kill(getpid(), SIGUSR2);
	fcntl(null, F_DUPFD, 20);
	fcntl(null, F_GETFL);
	if (!fork()) {
		poll(NULL, 0, 5);
		_exit(close(null));
	}
	wait4(-1, &status, 0, NULL);
	close(null);
	return handled == SIGUSR2 ? WEXITSTATUS(status) : 99;
}
