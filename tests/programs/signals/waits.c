/* Calls that wait for signals, and masks that last as long as a call sleeps. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int seen;
static int blocked_inside;
static void note(int sig) {
    sigset_t now;
    sigprocmask(SIG_SETMASK, 0, &now);
    blocked_inside = sigismember(&now, SIGUSR2);
    seen = sig;
}
static void on(int sig, int flags) {
    struct sigaction action = {0};
    action.sa_handler = note;
    action.sa_flags = flags;
    sigaction(sig, &action, 0);
}
static void tell(const char *what, int result) {
    int error = errno;
    sigset_t now;
    sigprocmask(SIG_SETMASK, 0, &now);
    printf("%s: %d %s, seen %d, USR2 blocked inside %d, USR1 blocked after %d\n", what, result,
           result < 0 ? strerrorname_np(error) : "-", seen == SIGUSR1, blocked_inside,
           sigismember(&now, SIGUSR1));
    seen = 0;
    blocked_inside = -1;
}
static void alarm_in(int ms) {
    struct itimerval timer = {.it_value = {0, ms * 1000}};
    setitimer(ITIMER_REAL, &timer, 0);
}

int main(void) {
    sigset_t usr1, usr2, none, both;
    sigemptyset(&none);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    usr2 = none;
    sigaddset(&usr2, SIGUSR2);
    both = usr1;
    sigaddset(&both, SIGUSR2);
    on(SIGUSR1, SA_RESTART);
    on(SIGALRM, 0);
    sigprocmask(SIG_BLOCK, &usr1, 0);

    raise(SIGUSR1);
    tell("sigsuspend", sigsuspend(&usr2));
    raise(SIGUSR1);
    struct timespec second = {1, 0};
    tell("ppoll", ppoll(0, 0, &second, &usr2));
    raise(SIGUSR1);
    tell("pselect", pselect(0, 0, 0, 0, &second, &usr2));
    struct timespec nothing = {0, 0};
    raise(SIGUSR1);
    int result = ppoll(0, 0, &nothing, &none);
    tell("ppoll without time", result);

    siginfo_t info;
    memset(&info, 0, sizeof info);
    sigprocmask(SIG_BLOCK, &both, 0);
    raise(SIGUSR1);
    result = sigwaitinfo(&both, &info);
    printf("sigwaitinfo %d %d %d\n", result == SIGUSR1, info.si_signo == SIGUSR1, info.si_code);
    sigqueue(getpid(), SIGUSR2, (sigval_t){.sival_int = 5});
    result = sigtimedwait(&both, &info, &nothing);
    printf("sigtimedwait %d value %d\n", result == SIGUSR2, info.si_value.sival_int);
    struct timespec little = {0, 20000000};
    result = sigtimedwait(&both, &info, &little);
    printf("sigtimedwait %d %s\n", result, strerrorname_np(errno));
    alarm_in(20);
    result = sigwaitinfo(&both, &info);
    printf("sigwaitinfo %d %s seen %d\n", result, strerrorname_np(errno), seen == SIGALRM);
    alarm_in(20);
    seen = 0;
    result = pause();
    printf("pause %d %s seen %d\n", result, strerrorname_np(errno), seen == SIGALRM);

    /* An ignored signal that is waited for. */
    signal(SIGWINCH, SIG_DFL);
    sigset_t winch = none;
    sigaddset(&winch, SIGWINCH);
    sigprocmask(SIG_BLOCK, &winch, 0);
    raise(SIGWINCH);
    printf("ignored %d\n", sigtimedwait(&winch, 0, &nothing) == SIGWINCH);
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        nanosleep(&little, 0);
        kill(getppid(), SIGUSR1);
        _exit(0);
    }
    result = sigwaitinfo(&usr1, &info);
    printf("from the child %d %d %d\n", result == SIGUSR1, info.si_code, info.si_pid == child);
    int status;
    waitpid(child, &status, 0);
    return 0;
}
