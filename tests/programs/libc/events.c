// Descriptors that processes wait on: eventfd, timerfd, signalfd, epoll.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static void say(const char *what, long result)
{
	if (result < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %ld\n", what, result);
}

static void counters(void)
{
	uint64_t n;
	int fd = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);
	printf("nonblocking %d, close on exec %d\n", !!(fcntl(fd, F_GETFL) & O_NONBLOCK),
	       fcntl(fd, F_GETFD));
	say("short read", read(fd, &n, 4));
	say("read", read(fd, &n, 8));
	printf("count %llu\n", (unsigned long long)n);
	say("empty read", read(fd, &n, sizeof n));
	n = UINT64_MAX;
	say("write of the most", write(fd, &n, 8));
	n--;
	say("write of the most but one", write(fd, &n, 8));
	n = 1;
	say("one more", write(fd, &n, 8));
	struct pollfd p = {fd, POLLIN | POLLOUT};
	say("poll", poll(&p, 1, 0));
	printf("events %x\n", p.revents);
	say("pread", pread(fd, &n, 8, 0));
	say("lseek", lseek(fd, 7, SEEK_SET));
	close(fd);

	fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	for (int i = 0; i < 3; i++) {
		n = 0;
		say("semaphore", read(fd, &n, 8));
		printf("took %llu\n", (unsigned long long)n);
	}
	close(fd);
	say("bad flags", eventfd(0, 0x10));
}

static void timers(void)
{
	uint64_t n = 0;
	struct itimerspec its = {{0, 0}, {0, 5000000}}, old;
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	say("not armed", read(fd, &n, 8));
	say("arm", timerfd_settime(fd, 0, &its, &old));
	printf("was %ld.%09ld\n", (long)old.it_value.tv_sec, old.it_value.tv_nsec);
	struct pollfd p = {fd, POLLIN};
	say("poll", poll(&p, 1, -1));
	say("read", read(fd, &n, 8));
	printf("ticks %llu\n", (unsigned long long)n);
	timerfd_gettime(fd, &its);
	printf("left %ld.%09ld\n", (long)its.it_value.tv_sec, its.it_value.tv_nsec);

	its = (struct itimerspec){{1000, 0}, {2000, 0}};
	say("arm", timerfd_settime(fd, 0, &its, NULL));
	its = (struct itimerspec){{0, 1000}, {0, 1}};
	say("rearm", timerfd_settime(fd, 0, &its, &old));
	printf("was %d, every %ld\n", old.it_value.tv_sec == 1999, (long)old.it_interval.tv_sec);
	struct timespec nap = {0, 3000000};
	nanosleep(&nap, NULL);
	n = 0;
	say("read", read(fd, &n, 8));
	printf("many ticks %d\n", n >= 3000);
	close(fd);

	fd = timerfd_create(CLOCK_REALTIME, 0);
	its = (struct itimerspec){{0, 0}, {1, 0}};
	say("absolute", timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &its, NULL));
	say("read", read(fd, &n, 8));
	printf("ticks %llu\n", (unsigned long long)n);
	its.it_value.tv_nsec = 1000000000;
	say("invalid", timerfd_settime(fd, 0, &its, NULL));
	say("bad flag", timerfd_settime(fd, 8, &old, NULL));
	close(fd);
	say("no timer clock", timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
	say("not a timer", timerfd_gettime(1, &its));
	fd = timerfd_create(CLOCK_BOOTTIME, 0);
	say("boottime", fd >= 0);
	close(fd);
}

static void signals(void)
{
	sigset_t set;
	struct signalfd_siginfo info[3];
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &set, NULL);
	int fd = signalfd(-1, &set, SFD_NONBLOCK);
	say("nothing pending", read(fd, info, sizeof info));
	say("short read", read(fd, info, 100));
	kill(getpid(), SIGUSR1);
	union sigval value = {.sival_int = 77};
	sigqueue(getpid(), SIGRTMIN + 3, value);
	value.sival_int = -5;
	sigqueue(getpid(), SIGRTMIN + 3, value);
	raise(SIGCHLD);
	struct pollfd p = {fd, POLLIN};
	say("poll", poll(&p, 1, 0));
	ssize_t got = read(fd, info, sizeof info);
	say("read", got);
	for (int i = 0; i < got / (int)sizeof *info; i++)
		printf("signal %s code %d own pid %d int %d ptr %d\n",
		       info[i].ssi_signo >= (unsigned)SIGRTMIN ? "real-time"
							       : strsignal(info[i].ssi_signo),
		       info[i].ssi_code, info[i].ssi_pid == getpid(), info[i].ssi_int,
		       info[i].ssi_ptr != 0);
	say("rest", read(fd, info, sizeof info));
	printf("int %d\n", info[0].ssi_int);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	say("change", signalfd(fd, &set, 0) == fd);
	raise(SIGUSR1);
	say("not of the set", read(fd, info, sizeof info));
	raise(SIGUSR2);
	say("of the set", read(fd, info, sizeof info));
	sigaddset(&set, SIGUSR1);
	signalfd(fd, &set, 0);
	say("back in the set", read(fd, info, sizeof info));
	say("not a signalfd", signalfd(0, &set, 0));
	say("bad flags", signalfd(-1, &set, 1));
	close(fd);
}

static void posix_timers(void)
{
	timer_t id, silent;
	sigset_t set;
	struct signalfd_siginfo info;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1};
	struct itimerspec its = {{0, 0}, {0, 2000000}}, left;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	int fd = signalfd(-1, &set, 0);
	event.sigev_value.sival_int = 33;
	say("create", timer_create(CLOCK_MONOTONIC, &event, &id));
	say("set", timer_settime(id, 0, &its, &left));
	printf("was %ld\n", (long)left.it_value.tv_sec);
	say("wait", read(fd, &info, sizeof info));
	printf("signal %d code %d int %d overrun %d\n", info.ssi_signo == (unsigned)SIGRTMIN + 1,
	       info.ssi_code == SI_TIMER, info.ssi_int, info.ssi_overrun);
	timer_gettime(id, &left);
	printf("left %ld.%09ld\n", (long)left.it_value.tv_sec, left.it_value.tv_nsec);
	its = (struct itimerspec){{0, 100000}, {0, 1}};
	timer_settime(id, 0, &its, NULL);
	struct timespec nap = {0, 3000000};
	nanosleep(&nap, NULL);
	say("wait", read(fd, &info, sizeof info));
	printf("overran %d\n", info.ssi_overrun >= 25 && timer_getoverrun(id) == info.ssi_overrun);
	its = (struct itimerspec){{0, 0}, {0, 0}};
	timer_settime(id, 0, &its, &left);
	printf("every %ld\n", left.it_interval.tv_nsec);
	its.it_value.tv_sec = 1000;
	timer_settime(id, 0, &its, NULL);
	timer_gettime(id, &left);
	printf("left %d\n", left.it_value.tv_sec == 999);
	say("delete", timer_delete(id));

	fcntl(fd, F_SETFL, O_NONBLOCK); // one more signal may have come before the timer stopped
	while (read(fd, &info, sizeof info) > 0)
		;
	fcntl(fd, F_SETFL, 0);
	say("default", timer_create(CLOCK_REALTIME, NULL, &id));
	its = (struct itimerspec){{0, 0}, {1, 0}};
	say("absolute", timer_settime(id, TIMER_ABSTIME, &its, NULL));
	say("wait", read(fd, &info, sizeof info));
	printf("SIGALRM %d\n", info.ssi_signo == SIGALRM);
	event.sigev_notify = SIGEV_NONE;
	say("silent", timer_create(CLOCK_BOOTTIME, &event, &silent));
	its = (struct itimerspec){{0, 0}, {0, 1000}};
	timer_settime(silent, 0, &its, NULL);
	nanosleep(&nap, NULL);
	timer_gettime(silent, &left);
	printf("left %ld.%09ld\n", (long)left.it_value.tv_sec, left.it_value.tv_nsec);
	its.it_value.tv_nsec = 1000000000;
	say("invalid", timer_settime(silent, 0, &its, NULL));
	event.sigev_notify = SIGEV_SIGNAL;
	event.sigev_signo = 0;
	say("no signal", timer_create(CLOCK_MONOTONIC, &event, &id));
	event.sigev_notify = 77;
	say("no way", timer_create(CLOCK_MONOTONIC, &event, &id));
	say("no clock", timer_create(77, NULL, &id));
	say("raw clock", timer_create(CLOCK_MONOTONIC_RAW, NULL, &id));
	close(fd);
}

static void events_of(int ep, int max)
{
	struct epoll_event got[8];
	int n = epoll_wait(ep, got, max, 0);
	printf("ready %d:", n);
	for (int i = 0; i < n; i++)
		printf(" %x/%llx", got[i].events, (unsigned long long)got[i].data.u64);
	printf("\n");
}

static long watch(int ep, int op, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = {.events = events, .data.u64 = data};
	return epoll_ctl(ep, op, fd, &event);
}

static void epolls(void)
{
	uint64_t n = 1;
	int ep = epoll_create1(EPOLL_CLOEXEC), fds[2], e = eventfd(0, 0);
	pipe(fds);
	say("add", watch(ep, EPOLL_CTL_ADD, fds[0], EPOLLIN, 0x1122334455667788));
	say("add", watch(ep, EPOLL_CTL_ADD, fds[1], EPOLLOUT, 2));
	say("add", watch(ep, EPOLL_CTL_ADD, e, EPOLLIN | EPOLLET, 3));
	say("again", watch(ep, EPOLL_CTL_ADD, e, EPOLLIN, 3));
	events_of(ep, 8);
	write(fds[1], "hello", 5);
	write(e, &n, 8);
	events_of(ep, 8);
	events_of(ep, 8);
	write(e, &n, 8);
	events_of(ep, 8);
	say("mod", watch(ep, EPOLL_CTL_MOD, e, EPOLLIN | EPOLLOUT | EPOLLONESHOT, 4));
	events_of(ep, 1);
	events_of(ep, 1);
	events_of(ep, 8);
	say("mod", watch(ep, EPOLL_CTL_MOD, fds[1], 0, 5));
	events_of(ep, 8);
	say("delete", epoll_ctl(ep, EPOLL_CTL_DEL, fds[0], NULL));
	say("delete again", epoll_ctl(ep, EPOLL_CTL_DEL, fds[0], NULL));
	events_of(ep, 8);
	close(fds[0]);
	events_of(ep, 8);
	int copy = dup(fds[1]);
	close(fds[1]);
	events_of(ep, 8);
	close(copy);
	events_of(ep, 8);

	say("regular file", watch(ep, EPOLL_CTL_ADD, open("/proc/self/exe", O_RDONLY), EPOLLIN, 1));
	say("itself", watch(ep, EPOLL_CTL_ADD, ep, EPOLLIN, 1));
	say("not an epoll", watch(e, EPOLL_CTL_ADD, ep, EPOLLIN, 1));
	say("closed", watch(ep, EPOLL_CTL_ADD, 99, EPOLLIN, 1));
	say("operation", watch(ep, 9, e, EPOLLIN, 1));
	say("no event", epoll_ctl(ep, EPOLL_CTL_ADD, e, NULL));
	say("no room", epoll_wait(ep, NULL, 0, 0));
	say("not an epoll", epoll_wait(e, &(struct epoll_event){0}, 1, 0));
	say("no size", epoll_create(0));
	say("exclusive mod", watch(ep, EPOLL_CTL_MOD, e, EPOLLIN | EPOLLEXCLUSIVE, 1));
	int e2 = eventfd(0, 0);
	say("exclusive oneshot", watch(ep, EPOLL_CTL_ADD, e2, EPOLLEXCLUSIVE | EPOLLONESHOT, 1));
	say("exclusive", watch(ep, EPOLL_CTL_ADD, e2, EPOLLIN | EPOLLEXCLUSIVE, 1));
	say("mod of exclusive", watch(ep, EPOLL_CTL_MOD, e2, EPOLLIN, 1));

	int chain[7];
	for (int i = 0; i < 7; i++)
		chain[i] = epoll_create1(0);
	for (int i = 0; i < 5; i++)
		say("nest", watch(chain[i + 1], EPOLL_CTL_ADD, chain[i], EPOLLIN, i));
	say("loop", watch(chain[0], EPOLL_CTL_ADD, chain[2], EPOLLIN, 1));
	int inner = eventfd(0, EFD_NONBLOCK);
	watch(chain[0], EPOLL_CTL_ADD, inner, EPOLLIN, 42);
	events_of(chain[3], 8);
	write(inner, &n, 8);
	events_of(chain[3], 8);
	events_of(chain[0], 8);
	read(inner, &n, 8);
	events_of(chain[3], 8);
	struct pollfd p = {chain[1], POLLIN};
	say("poll of an epoll", poll(&p, 1, 0));

	int timer = timerfd_create(CLOCK_MONOTONIC, 0);
	struct itimerspec its = {{0, 0}, {0, 2000000}};
	struct epoll_event got;
	int waiting = epoll_create1(0);
	watch(waiting, EPOLL_CTL_ADD, timer, EPOLLIN, 6);
	timerfd_settime(timer, 0, &its, NULL);
	say("sleep", epoll_wait(waiting, &got, 1, -1));
	printf("event %x data %llu\n", got.events, (unsigned long long)got.data.u64);
	read(timer, &n, 8);
	say("time out", epoll_wait(waiting, &got, 1, 3));
	sigset_t set;
	sigfillset(&set);
	say("with a mask", epoll_pwait(waiting, &got, 1, 1, &set));
}


int main(void)
{
	counters();
	timers();
	signals();
	posix_timers();
	epolls();
	fflush(stdout);
	return 0;
}
