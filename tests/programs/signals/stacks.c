/* Alternate stacks: who uses them, when, and what happens when they are full. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "arch.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif
#define SIZE 65536
static char *stack;

static int inside(const void *p) {
    return (char *)p >= stack && (char *)p < stack + SIZE;
}
static void where(const char *what) {
    stack_t now;
    sigaltstack(0, &now);
    printf("%s: on it %d, flags %x, size %d\n", what, inside(__builtin_frame_address(0)),
           now.ss_flags, now.ss_size == SIZE);
}
static void plain(int sig) { where(sigabbrev_np(sig)); }
static void nested(int sig) {
    where("outer");
    raise(SIGUSR2);
    stack_t other = {.ss_sp = stack, .ss_size = SIZE};
    printf("changing it in use: %d\n", sigaltstack(&other, 0));
}
static void context(int sig, siginfo_t *info, void *p) {
    ucontext_t *uc = p;
    printf("uc_stack: %d size %d flags %x, interrupted on it %d\n", uc->uc_stack.ss_sp == stack,
           uc->uc_stack.ss_size == SIZE, uc->uc_stack.ss_flags, inside((void *)(uintptr_t)SP(uc)));
}
static void disarmed(int sig, siginfo_t *info, void *p) {
    where("disarmed");
    ucontext_t *uc = p;
    printf("uc_stack flags %x\n", uc->uc_stack.ss_flags);
}
static void on(int sig, void *handler, int flags) {
    struct sigaction action = {0};
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigaction(sig, &action, 0);
}
static sigjmp_buf out;
static void overflow(int sig) {
    printf("overflow handled, on it %d\n", inside(__builtin_frame_address(0)));
    siglongjmp(out, 1);
}
static int recurse(int n) {
    volatile char room[4096];
    room[0] = n;
    return recurse(n + 1) + room[0];
}
static void forever(int sig) {
    volatile char room[2048];
    room[0] = 1;
    raise(SIGUSR1);
}

int main(void) {
    stack = mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    where("none yet");
    stack_t it = {.ss_sp = stack, .ss_size = SIZE};
    sigaltstack(&it, 0);
    where("set");
    on(SIGUSR1, plain, SA_ONSTACK);
    on(SIGUSR2, plain, 0);
    raise(SIGUSR1);
    raise(SIGUSR2);
    on(SIGUSR1, nested, SA_ONSTACK);
    on(SIGUSR2, plain, SA_ONSTACK);
    raise(SIGUSR1);
    on(SIGUSR1, context, SA_ONSTACK | SA_SIGINFO);
    raise(SIGUSR1);
    where("back");

    it.ss_flags = SS_AUTODISARM;
    printf("autodisarm %d\n", sigaltstack(&it, 0));
    where("autodisarm");
    on(SIGUSR1, disarmed, SA_ONSTACK | SA_SIGINFO);
    raise(SIGUSR1);
    where("armed again");

    it.ss_flags = 0;
    sigaltstack(&it, 0);
    struct rlimit limit = {1 << 20, 1 << 20};
    setrlimit(RLIMIT_STACK, &limit);
    on(SIGSEGV, overflow, SA_ONSTACK);
    if (!sigsetjmp(out, 1)) recurse(0);
    where("after the overflow");
    fflush(stdout);

    pid_t child = fork();
    if (!child) {
        signal(SIGSEGV, SIG_DFL);
        on(SIGUSR1, forever, SA_ONSTACK | SA_NODEFER);
        raise(SIGUSR1);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    printf("a full stack: %s\n", WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : "?");
    child = fork();
    if (!child) {
        it.ss_flags = SS_DISABLE;
        sigaltstack(&it, 0);
        recurse(0);
        _exit(0);
    }
    waitpid(child, &status, 0);
    printf("without: %s\n", WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : "?");
    it.ss_flags = SS_DISABLE;
    sigaltstack(&it, 0);
    where("disabled");
    return 0;
}
