/* What a handler writes into its ucontext counts when it returns, and nonsense kills. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "arch.h"

static int way;
static void change(int sig, siginfo_t *info, void *p) {
    ucontext_t *uc = p;
    switch (way) {
    case 0:
        sigaddset(&uc->uc_sigmask, SIGTERM);
        break;
    case 1:
        sigemptyset(&uc->uc_sigmask);
        break;
    case 2:
        SP(uc) = 8;
        PC(uc) = 16;
        break;
    }
}
static void on(int sig, void *handler, int flags) {
    struct sigaction action = {0};
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigaction(sig, &action, 0);
}
static int masked(int sig) {
    sigset_t now;
    sigprocmask(SIG_SETMASK, 0, &now);
    return sigismember(&now, sig);
}
static void jump_stack(int sig) {
    /* A return from nowhere: the frame is not where the stack pointer says. */
    static char zeros[65536] __attribute__((aligned(64)));
    memset(zeros, 0, sizeof zeros);
#if defined(__x86_64__)
    asm volatile("mov %0, %%rsp; mov $15, %%eax; syscall" ::"r"(zeros + 32768));
#elif defined(__i386__)
    asm volatile("mov %0, %%esp; mov $173, %%eax; int $0x80" ::"r"(8));
#elif defined(__aarch64__)
    asm volatile("mov sp, %0; mov x8, #139; svc #0" ::"r"(zeros + 32768));
#elif defined(__arm__)
    asm volatile("mov r7, #173; mov sp, %0; svc #0" ::"r"(zeros + 32768));
#elif defined(__riscv)
    asm volatile("mv sp, %0; li a7, 139; ecall" ::"r"(8L));
#elif defined(__mips__) && _MIPS_SIM == _ABIO32
    asm volatile("move $29, %0; li $2, 4193; syscall" ::"r"(8));
#elif defined(__mips__) && _MIPS_SIM == _ABIN32
    asm volatile("move $29, %0; li $2, 6211; syscall" ::"r"(8));
#elif defined(__mips__)
    asm volatile("move $29, %0; li $2, 5211; syscall" ::"r"(8L));
#endif
}

static const char *fate(void (*action)(void)) {
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        action();
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : "exit";
}
static void wild(void) {
    way = 2;
    raise(SIGUSR1);
}
static void bad_return(void) {
    on(SIGUSR1, jump_stack, 0);
    raise(SIGUSR1);
}
static void blocked_fault(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, 0);
    on(SIGSEGV, change, SA_SIGINFO);
    *(volatile int *)16 = 1;
}
static void ignored_fault(void) {
    signal(SIGSEGV, SIG_IGN);
    *(volatile int *)16 = 1;
}
static void no_stack(void) {
    on(SIGUSR1, change, SA_SIGINFO);
    stack_t wild = {.ss_sp = (void *)0x10000, .ss_size = 65536};
    sigaltstack(&wild, 0);
    on(SIGUSR1, change, SA_SIGINFO | SA_ONSTACK);
    raise(SIGUSR1);
}

int main(void) {
    on(SIGUSR1, change, SA_SIGINFO);
    raise(SIGUSR1);
    printf("a signal more in the mask: %d\n", masked(SIGTERM));
    way = 1;
    raise(SIGUSR1);
    printf("none in the mask: %d\n", masked(SIGTERM));
    printf("a wild context: %s\n", fate(wild));
    printf("a wild return: %s\n", fate(bad_return));
    printf("a blocked fault: %s\n", fate(blocked_fault));
    printf("an ignored fault: %s\n", fate(ignored_fault));
    printf("a frame without memory: %s\n", fate(no_stack));
    return 0;
}
