/* Handlers run, see what they should, and leave everything as it was. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int seen, depth, deepest, nested;

static void simple(int sig) { seen = sig; }

static void tell(int sig, siginfo_t *info, void *context) {
    printf("%s code %d sender %d value %d context %d\n", sigabbrev_np(sig), info->si_code,
           info->si_pid == getpid() && info->si_uid == getuid(),
           info->si_code == SI_QUEUE ? info->si_value.sival_int : 0, context != 0);
}

static volatile double kept = 1.5;
static void calculate(int sig) {
    kept = kept * 3.25 + 0.1;
    volatile long double other = kept;
    for (int i = 0; i < 10; i++) other = other * 1.01 + 1 / other;
}

static void nest(int sig) {
    if (++depth > deepest) deepest = depth;
    if (++nested % 5) raise(sig);
    depth--;
}

static int order[16], count;
static void note(int sig) { order[count++] = sig; }

static void on(int sig, void *handler, int flags, int masked) {
    struct sigaction action = {0};
    action.sa_handler = handler;
    action.sa_flags = flags;
    if (masked) sigaddset(&action.sa_mask, masked);
    if (sigaction(sig, &action, 0)) perror("sigaction");
}

static void show_mask(const char *what) {
    sigset_t now;
    sigprocmask(SIG_SETMASK, 0, &now);
    printf("%s:", what);
    const int signals[] = {SIGHUP, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM};
    for (int i = 0; i < 5; i++)
        if (sigismember(&now, signals[i])) printf(" %s", sigabbrev_np(signals[i]));
    int count = 0;
    for (int sig = 1; sig < 65; sig++) count += sigismember(&now, sig) == 1;
    printf(" (%d)\n", count);
}
static void masks(int sig) { show_mask(sigabbrev_np(sig)); }
static void raise_other(int sig) {
    raise(SIGUSR2);
    printf("after raising USR2 in USR1: seen %d\n", seen == SIGUSR2);
}

int main(void) {
    on(SIGUSR1, simple, 0, 0);
    raise(SIGUSR1);
    printf("simple %d\n", seen == SIGUSR1);

    on(SIGUSR2, tell, SA_SIGINFO, 0);
    kill(getpid(), SIGUSR2);
    raise(SIGUSR2);
    sigqueue(getpid(), SIGUSR2, (sigval_t){.sival_int = -77});
    on(SIGRTMIN + 5, tell, SA_SIGINFO, 0);
    sigqueue(getpid(), SIGRTMIN + 5, (sigval_t){.sival_int = 12345});

    on(SIGALRM, calculate, 0, 0);
    double sums[2];
    long double products[2];
    for (int disturbed = 0; disturbed < 2; disturbed++) {
        double x = 2.0, y = 0.1;
        long double z = 0.3L;
        for (int i = 0; i < 10; i++) {
            x = x * 1.25 + y;
            (disturbed ? raise : (int (*)(int))isatty)(disturbed ? SIGALRM : -1);
            y += x / 7;
            z = z * z + 0.5L;
        }
        sums[disturbed] = x + y;
        products[disturbed] = z;
    }
    printf("floats: %.9g, as without handlers %d %d\n", sums[1], sums[0] == sums[1],
           products[0] == products[1]);

    on(SIGUSR1, nest, 0, 0);
    raise(SIGUSR1);
    printf("deferred: %d\n", deepest);
    deepest = 0;
    on(SIGUSR1, nest, SA_NODEFER, 0);
    raise(SIGUSR1);
    printf("not deferred: %d\n", deepest);

    on(SIGUSR1, masks, 0, SIGTERM);
    show_mask("before");
    raise(SIGUSR1);
    show_mask("after");
    on(SIGUSR1, masks, SA_NODEFER, SIGHUP);
    raise(SIGUSR1);

    seen = 0;
    on(SIGUSR2, simple, 0, 0);
    on(SIGUSR1, raise_other, 0, SIGUSR2);
    raise(SIGUSR1);
    printf("at the end: seen %d\n", seen == SIGUSR2);

    on(SIGUSR1, simple, SA_RESETHAND, 0);
    raise(SIGUSR1);
    struct sigaction now;
    sigaction(SIGUSR1, 0, &now);
    printf("reset: default %d flags %x\n", now.sa_handler == SIG_DFL,
           now.sa_flags & (SA_RESETHAND | SA_NODEFER));

    sigset_t some, old;
    sigemptyset(&some);
    for (int i = 0; i < 4; i++) sigaddset(&some, SIGRTMIN + i);
    sigaddset(&some, SIGINT);
    sigaddset(&some, SIGHUP);
    sigprocmask(SIG_BLOCK, &some, &old);
    for (int i = 0; i < 4; i++) on(SIGRTMIN + i, note, 0, 0);
    on(SIGINT, note, 0, 0);
    on(SIGHUP, note, 0, 0);
    for (int i = 3; i >= 0; i--)
        for (int n = 0; n < 2; n++) raise(SIGRTMIN + i);
    raise(SIGINT);
    raise(SIGHUP);
    raise(SIGHUP);
    sigprocmask(SIG_SETMASK, &old, 0);
    printf("order:");
    for (int i = 0; i < count; i++)
        printf(" %d", order[i] >= SIGRTMIN ? 100 + order[i] - SIGRTMIN : order[i]);
    printf("\n");

    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        on(SIGTERM, simple, 0, 0);
        raise(SIGTERM);
        printf("child %d\n", seen == SIGTERM);
        fflush(stdout);
        signal(SIGTERM, SIG_DFL);
        raise(SIGTERM);
    }
    int status;
    waitpid(child, &status, 0);
    printf("child killed by %s\n", sigabbrev_np(WTERMSIG(status)));
    return 3;
}
