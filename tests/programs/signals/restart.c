/* System calls that a signal breaks: which are made again, and what the others answer. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int seen, writes;
static int ends[2];
static void note(int sig) {
    seen++;
    if (writes) write(ends[1], "x", 1);
}
static void on(int flags) {
    struct sigaction action = {0};
    action.sa_handler = note;
    action.sa_flags = flags;
    sigaction(SIGALRM, &action, 0);
    seen = 0;
}
static void alarm_in(int ms) {
    struct itimerval timer = {.it_value = {ms / 1000, ms % 1000 * 1000}};
    setitimer(ITIMER_REAL, &timer, 0);
}
static void tell(const char *what, long result) {
    int error = errno;
    printf("%s: %ld %s, seen %d\n", what, result, result < 0 ? strerrorname_np(error) : "-", seen);
    seen = 0;
}
static long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void each(int flags) {
    char c;
    int status;
    printf("flags %s\n", flags ? "SA_RESTART" : "0");
    on(flags);
    writes = 1;
    alarm_in(20);
    long result = read(ends[0], &c, 1);
    tell("read", result);
    if (result < 0) read(ends[0], &c, 1);
    writes = 0;

    struct timespec time = {2, 0}, left = {9, 9};
    alarm_in(20);
    tell("nanosleep", nanosleep(&time, &left));
    printf("left %d\n", left.tv_sec == 1 && left.tv_nsec > 0);
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += 3;
    alarm_in(20);
    errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, 0);
    tell("clock_nanosleep to a time", -errno ? -1 : 0);
    struct pollfd nothing = {.fd = ends[0], .events = POLLIN};
    alarm_in(20);
    tell("poll", poll(&nothing, 1, 3000));
    alarm_in(20);
    tell("poll for ever", poll(&nothing, 1, -1));
    struct timeval tv = {3, 0};
    alarm_in(20);
    tell("select", select(0, 0, 0, 0, &tv));
    int word = 1;
    struct timespec timeout = {3, 0};
    alarm_in(20);
    if (!flags) tell("futex", syscall(SYS_futex, &word, FUTEX_WAIT, 1, 0, 0, 0));
    alarm_in(20);
#ifdef __LP64__
    tell("futex with a timeout", syscall(SYS_futex, &word, FUTEX_WAIT, 1, &timeout, 0, 0));
#else
    long short_timeout[2] = {3, 0};
    tell("futex with a timeout", syscall(SYS_futex, &word, FUTEX_WAIT, 1, short_timeout, 0, 0));
#endif
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        struct timespec little = {0, 500000000};
        nanosleep(&little, 0);
        _exit(7);
    }
    alarm_in(20);
    result = waitpid(child, &status, 0);
    tell("waitpid", result < 0 ? result : result == child);
    if (result < 0) waitpid(child, &status, 0);
}

int main(void) {
    pipe(ends);
    each(0);
    each(SA_RESTART);

    /* No handler runs: the sleep goes on for the rest of its time. */
    fflush(stdout);
    long start = now();
    pid_t child = fork();
    if (!child) {
        struct timespec time = {0, 150000000};
        int result = nanosleep(&time, 0);
        struct pollfd nothing = {.fd = ends[0], .events = POLLIN};
        long middle = now();
        int polled = poll(&nothing, 1, 150);
        printf("stopped in between: %d %d, %d %d\n", result, middle - start >= 140, polled,
               now() - middle >= 140);
        fflush(stdout);
        _exit(0);
    }
    int status;
    for (int i = 0; i < 3; i++) {
        struct timespec time = {0, 60000000};
        nanosleep(&time, 0);
        kill(child, SIGSTOP);
        waitpid(child, &status, WUNTRACED);
        kill(child, SIGCONT);
    }
    waitpid(child, &status, 0);
    printf("ended %d\n", WIFEXITED(status));
    return 0;
}
