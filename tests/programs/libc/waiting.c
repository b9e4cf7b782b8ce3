// Waiting with handlers, children and threads: what ends a wait, and who is woken.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t taken, last_value, overruns;
static char data[200000];

static void say(const char *what, long result)
{
	if (result < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %ld\n", what, result);
}

static void handler(int signal, siginfo_t *info, void *context)
{
	taken++;
	if (info->si_code == SI_TIMER) {
		last_value = info->si_value.sival_int;
		overruns += info->si_overrun;
	}
}

static void on(int signal, int flags)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
	sigaction(signal, &action, NULL);
}

// Again and again, lest the first one come before the wait begins.
static void alarms(int milliseconds)
{
	long us = milliseconds * 1000;
	struct itimerval value = {{0, us}, {0, us}};
	setitimer(ITIMER_REAL, &value, NULL);
}

static void broken_waits(void)
{
	struct epoll_event event;
	struct pollfd p = {.events = POLLIN};
	int ep = epoll_create1(0), fds[2];
	on(SIGALRM, SA_RESTART);
	alarms(20);
	say("epoll_wait", epoll_wait(ep, &event, 1, -1));
	pipe(fds);
	p.fd = fds[0];
	say("poll", poll(&p, 1, -1));
	fd_set set;
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	struct timeval left = {100, 0};
	say("select", select(fds[0] + 1, &set, NULL, NULL, &left));
	printf("set %d\n", FD_ISSET(fds[0], &set));
	struct timespec nap = {100, 0}, rest = {0, 0};
	say("nanosleep", nanosleep(&nap, &rest));
	printf("rest %d\n", rest.tv_sec == 99);
	printf("alarms %d\n", taken >= 4);
	alarms(0);

	sigset_t block, none;
	sigemptyset(&block);
	sigemptyset(&none);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, NULL);
	on(SIGUSR1, 0);
	taken = 0;
	raise(SIGUSR1);
	say("not yet", taken);
	say("epoll_pwait", epoll_pwait(ep, &event, 1, 1000, &none));
	say("now", taken);
	raise(SIGUSR1);
	say("ppoll", ppoll(&p, 1, &nap, &none));
	say("again", taken);
	sigprocmask(SIG_SETMASK, NULL, &none);
	say("still blocked", sigismember(&none, SIGUSR1));
	close(ep);
}

static void timers(void)
{
	timer_t id;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2};
	struct itimerspec its = {{0, 1000000}, {0, 1000000}};
	event.sigev_value.sival_int = 99;
	on(SIGRTMIN + 2, 0);
	taken = overruns = 0;
	timer_create(CLOCK_MONOTONIC, &event, &id);
	timer_settime(id, 0, &its, NULL);
	while (taken + overruns < 10)
		pause();
	timer_delete(id);
	printf("value %d\n", last_value);

	event.sigev_value.sival_int = 7;
	taken = 0;
	say("process time", timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &id));
	its = (struct itimerspec){{0, 0}, {0, 20000000}};
	timer_settime(id, 0, &its, NULL);
	while (!taken)
		;
	printf("value %d\n", last_value);
	timer_delete(id);

	struct itimerval value = {{0, 10000}, {0, 10000}};
	on(SIGPROF, 0);
	on(SIGVTALRM, 0);
	taken = 0;
	setitimer(ITIMER_PROF, &value, NULL);
	while (taken < 2)
		;
	memset(&value, 0, sizeof value);
	setitimer(ITIMER_PROF, &value, &value);
	printf("every %ld\n", (long)value.it_interval.tv_usec);
	value = (struct itimerval){{0, 0}, {0, 10000}};
	taken = 0;
	setitimer(ITIMER_VIRTUAL, &value, NULL);
	while (!taken)
		;
	getitimer(ITIMER_VIRTUAL, &value);
	printf("left %ld\n", (long)value.it_value.tv_usec);
}

static int waiting_epoll;

static void *wait_there(void *count)
{
	struct epoll_event event;
	uint64_t n;
	while (epoll_wait(waiting_epoll, &event, 1, -1) == 1 && event.data.u64 == 1) {
		__atomic_add_fetch((int *)count, 1, __ATOMIC_SEQ_CST);
		read(*(int *)((int *)count + 1), &n, 8);
	}
	return NULL;
}

static void shared_epoll(void)
{
	pthread_t ids[4];
	int state[2] = {0, eventfd(0, EFD_SEMAPHORE)}, stop = eventfd(0, 0);
	uint64_t n = 1;
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = 1};
	waiting_epoll = epoll_create1(0);
	epoll_ctl(waiting_epoll, EPOLL_CTL_ADD, state[1], &event);
	for (int i = 0; i < 4; i++)
		pthread_create(&ids[i], NULL, wait_there, state);
	for (int i = 1; i <= 20; i++) {
		write(state[1], &n, 8);
		while (__atomic_load_n(&state[0], __ATOMIC_SEQ_CST) < i)
			sched_yield();
	}
	event = (struct epoll_event){.events = EPOLLIN, .data.u64 = 2};
	write(stop, &n, 8);
	epoll_ctl(waiting_epoll, EPOLL_CTL_ADD, stop, &event);
	for (int i = 0; i < 4; i++)
		pthread_join(ids[i], NULL);
	printf("one thread for each edge: %d\n", state[0]);
}

static void children(void)
{
	char folder[] = "/tmp/wait.XXXXXX", path[40];
	int fds[2], status;
	mkdtemp(folder);
	snprintf(path, sizeof path, "%s/f", folder);
	mkfifo(path, 0600);
	fflush(stdout);
	if (!fork()) {
		int fd = open(path, O_WRONLY);
		write(fd, data, sizeof data);
		_exit(0);
	}
	int fd = open(path, O_RDONLY);
	long total = 0, got;
	while ((got = read(fd, data, sizeof data)) > 0)
		total += got;
	wait(&status);
	printf("through a fifo %ld, status %d\n", total, status);
	unlink(path);
	rmdir(folder);

	int e = eventfd(0, 0), ep = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = 5};
	epoll_ctl(ep, EPOLL_CTL_ADD, e, &event);
	if (!fork()) {
		uint64_t n = 3;
		close(ep);
		write(e, &n, 8);
		_exit(0);
	}
	event.data.u64 = 0;
	int n = epoll_wait(ep, &event, 1, -1);
	printf("from a child %d, data %d\n", n, (int)event.data.u64);
	wait(NULL);

	pipe(fds);
	signal(SIGPIPE, SIG_DFL);
	if (!fork()) {
		close(fds[0]);
		for (;;)
			write(fds[1], data, 10000);
	}
	close(fds[1]);
	read(fds[0], data, 100);
	close(fds[0]);
	wait(&status);
	printf("broken pipe %d\n", WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

int main(void)
{
	broken_waits();
	timers();
	shared_epoll();
	children();
	fflush(stdout);
	return 0;
}
