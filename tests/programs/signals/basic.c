#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int seen, nested;
static void simple(int sig) { seen = sig; }
static void info(int sig, siginfo_t *si, void *uc) {
    printf("info sig=%s code=%d pid=%d uc=%d\n", strsignal(sig), si->si_code,
           si->si_pid == getpid(), uc != 0);
}
static volatile double kept = 1.5;
static void uses_floats(int sig) { kept = kept * 3.25 + sig * 0; }

int main(void) {
    struct sigaction sa = {0};
    sa.sa_handler = simple;
    sigaction(SIGUSR1, &sa, 0);
    raise(SIGUSR1);
    printf("simple %d\n", seen == SIGUSR1);
    sa.sa_flags = SA_SIGINFO;
    sa.sa_sigaction = info;
    sigaction(SIGUSR2, &sa, 0);
    kill(getpid(), SIGUSR2);
    sigval_t v = {.sival_int = 77};
    sigqueue(getpid(), SIGUSR2, v);
    sa.sa_flags = 0;
    sa.sa_handler = uses_floats;
    sigaction(SIGALRM, &sa, 0);
    double x = 2.0, y = 0.1;
    for (int i = 0; i < 10; i++) {
        x = x * 1.25 + y;
        raise(SIGALRM);
        y += x / 7;
    }
    printf("%a %a %a\n", x, y, kept);
    return 3;
}
