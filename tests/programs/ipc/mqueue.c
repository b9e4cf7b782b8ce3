/* POSIX message queues. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char buffer[8192];
static volatile sig_atomic_t value, code, sender;

static const char *name(int error)
{
	return error ? strerrorname_np(error) : "none";
}

static void get(mqd_t queue)
{
	unsigned priority = 99;
	ssize_t length = mq_receive(queue, buffer, sizeof buffer, &priority);

	if (length < 0)
		printf("get: %s\n", name(errno));
	else
		printf("get: %.*s at %u\n", (int)length, buffer, priority);
}

static void told(int signal, siginfo_t *info, void *context)
{
	value = info->si_value.sival_int;
	code = info->si_code;
	sender = info->si_pid;
}

static short ready(mqd_t queue)
{
	struct pollfd poller = { queue, POLLIN | POLLOUT };

	poll(&poller, 1, 0);
	return poller.revents;
}

int main(void)
{
	struct mq_attr attributes = { .mq_maxmsg = 2, .mq_msgsize = 100 };
	struct sigaction action = { .sa_sigaction = told, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct timespec when;
	char path[64];
	mqd_t queue, small;
	pid_t child;
	int status;

	setvbuf(stdout, NULL, _IONBF, 0);
	snprintf(path, sizeof path, "/emu-test-%d", (int)getpid());
	printf("none: %s\n", mq_open(path, O_RDWR) < 0 ? name(errno) : "ok");
	queue = mq_open(path, O_CREAT | O_RDWR | O_NONBLOCK, 0600, NULL);
	printf("twice: %s\n", mq_open(path, O_CREAT | O_EXCL | O_RDWR, 0600, NULL) < 0 ? name(errno) : "ok");
	mq_getattr(queue, &attributes);
	printf("attributes: %ld %ld %ld, waits %d\n", (long)attributes.mq_maxmsg,
	       (long)attributes.mq_msgsize, (long)attributes.mq_curmsgs,
	       !(attributes.mq_flags & O_NONBLOCK));
	get(queue);
	printf("ready: %d\n", ready(queue));
	mq_send(queue, "low", 3, 1);
	mq_send(queue, "high", 4, 7);
	mq_send(queue, "low too", 7, 1);
	printf("ready: %d\n", ready(queue));
	get(queue);
	get(queue);
	get(queue);
	printf("priority: %s\n", mq_send(queue, "", 0, 32768) < 0 ? name(errno) : "ok");
	printf("short buffer: %s\n", mq_receive(queue, buffer, 10, NULL) < 0 ? name(errno) : "ok");

	sigaction(SIGUSR1, &action, NULL);
	event.sigev_value.sival_int = 1234;
	printf("notify: %d\n", mq_notify(queue, &event));
	printf("again: %s\n", mq_notify(queue, &event) < 0 ? name(errno) : "ok");
	child = fork();
	if (child == 0) {
		mq_send(queue, "first", 5, 0);
		mq_send(queue, "second", 6, 0);
		_exit(0);
	}
	waitpid(child, &status, 0);
	printf("told: %d, by a queue %d, of the child %d\n", (int)value, code == SI_MESGQ,
	       sender == child);
	get(queue);
	get(queue);

	attributes.mq_flags = 0;
	mq_setattr(queue, &attributes, NULL);
	clock_gettime(CLOCK_REALTIME, &when);
	when.tv_nsec += 30000000;
	if (when.tv_nsec >= 1000000000)
		when.tv_sec++, when.tv_nsec -= 1000000000;
	printf("timed: %s\n",
	       mq_timedreceive(queue, buffer, sizeof buffer, NULL, &when) < 0 ? name(errno) : "ok");
	child = fork();
	if (child == 0) {
		get(queue);
		_exit(5);
	}
	usleep(20000);
	mq_send(queue, "for the child", 13, 3);
	waitpid(child, &status, 0);
	printf("child: %d\n", WEXITSTATUS(status));
	mq_close(queue);
	printf("closed: %s\n", mq_send(queue, "x", 1, 0) < 0 ? name(errno) : "ok");
	printf("unlink: %d\n", mq_unlink(path));
	printf("unlink: %s\n", mq_unlink(path) < 0 ? name(errno) : "ok");

	attributes = (struct mq_attr){ .mq_maxmsg = 2, .mq_msgsize = 100 };
	small = mq_open(path, O_CREAT | O_WRONLY, 0600, &attributes);
	mq_unlink(path);
	printf("too long: %s\n", mq_send(small, buffer, 101, 0) < 0 ? name(errno) : "ok");
	printf("only to write: %s\n", mq_receive(small, buffer, 100, NULL) < 0 ? name(errno) : "ok");
	mq_send(small, "1", 1, 0), mq_send(small, "2", 1, 0);
	when.tv_sec = 1;
	printf("full: %s\n", mq_timedsend(small, "3", 1, 0, &when) < 0 ? name(errno) : "ok");
	return 0;
}
