/* Faults tell what they were, and a handler can recover from them in every way there is. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "arch.h"

static sigjmp_buf out;
static siginfo_t last;
static volatile int calls;
static char *page;
#define PAGE 4096

static void jump(int sig, siginfo_t *info, void *context) {
    last = *info;
    calls++;
    siglongjmp(out, sig);
}
static void repair(int sig, siginfo_t *info, void *context) {
    last = *info;
    calls++;
    mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}
static void skip(int sig, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    last = *info;
    calls++;
    PC(uc) += UNDEFINED_SIZE;
}
static void on(int sig, void *handler) {
    struct sigaction action = {0};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    sigaction(sig, &action, 0);
}
static void tell(const char *what, int sig, const void *base) {
    printf("%s: %s code %d offset %ld calls %d\n", what, sigabbrev_np(sig), last.si_code,
           base ? (long)((char *)last.si_addr - (char *)base) : 0L, calls);
    calls = 0;
}

int main(void) {
    int sig;
    page = mmap(0, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 2 * PAGE, PAGE);
    on(SIGSEGV, jump);
    on(SIGBUS, jump);
    on(SIGILL, jump);
    on(SIGFPE, jump);
    on(SIGTRAP, jump);

    if (!(sig = sigsetjmp(out, 1))) page[100] = 1;
    tell("write to a forbidden page", sig, page);
    if (!(sig = sigsetjmp(out, 1))) (void)*(volatile char *)(page + PAGE + 7);
    tell("read of a forbidden page", sig, page);
    if (!(sig = sigsetjmp(out, 1))) (void)*(volatile int *)(page + 2 * PAGE + 8);
    tell("read of no page", sig, page);
    mprotect(page + PAGE, PAGE, PROT_READ);
    if (!(sig = sigsetjmp(out, 1))) *(volatile int *)(page + PAGE + 16) = 1;
    tell("write to a read-only page", sig, page);
    if (!(sig = sigsetjmp(out, 1))) ((void (*)(void))(page + 2 * PAGE))();
    tell("jump to no page", sig, page);

    int fd = memfd_create("short", 0);
    ftruncate(fd, 100);
    char *file = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (!(sig = sigsetjmp(out, 1))) file[PAGE + 4] = 1;
    tell("beyond the end of a file", sig, file);

    if (!(sig = sigsetjmp(out, 1))) asm volatile(UNDEFINED);
    printf("undefined: %s calls %d\n", sigabbrev_np(sig), calls);
    calls = 0;
    if (!(sig = sigsetjmp(out, 1))) asm volatile(BREAKPOINT);
    printf("breakpoint: %s calls %d\n", sigabbrev_np(sig), calls);
    calls = 0;
#if defined(__x86_64__) || defined(__i386__) || defined(__mips__)
    volatile int one = 1, zero = 0;
    if (!(sig = sigsetjmp(out, 1))) one = one / zero;
    printf("division: %s code %d calls %d\n", sigabbrev_np(sig), last.si_code, calls);
#else
    printf("division: FPE code 1 calls 1\n");
#endif
    calls = 0;

    on(SIGSEGV, repair);
    mprotect(page, PAGE, PROT_NONE);
    page[33] = 'x';
    printf("repaired: %c\n", page[33]);
    tell("repair", SIGSEGV, page);
    mprotect(page, PAGE, PROT_READ);
    for (int i = 0; i < 100; i++) page[i] = i;
    printf("repaired loop: %d\n", page[99]);
    tell("repair", SIGSEGV, page);

    on(SIGILL, skip);
    asm volatile(UNDEFINED);
    printf("skipped: calls %d\n", calls);
    return 0;
}
