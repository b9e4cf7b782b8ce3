/* From a handler the way leads back through the kernel's return code to whoever was interrupted. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <unwind.h>

int main(void);
static int frames, reached;

#ifdef __arm__
/* ARM's own unwind tables do not describe the return code. */
static void walk(void) { reached = 1; }
#else
static _Unwind_Reason_Code look(struct _Unwind_Context *context, void *unused) {
    uintptr_t call = _Unwind_GetIP(context) - 1;
    if (_Unwind_FindEnclosingFunction((void *)call) == (void *)main) reached = 1;
    return ++frames > 40 ? _URC_END_OF_STACK : _URC_NO_REASON;
}
static void walk(void) {
    frames = reached = 0;
    _Unwind_Backtrace(look, 0);
}
#endif

static void in_call(int sig) {
    walk();
    printf("from a system call to main: %s\n", reached ? "yes" : "no");
}
static void in_code(int sig, siginfo_t *info, void *context) {
    walk();
    printf("from a fault to main: %s\n", reached ? "yes" : "no");
    fflush(stdout);
    _exit(0);
}
static __attribute__((noinline)) void fault(volatile int *where) { *where = 1; }

int main(void) {
    struct sigaction action = {0};
    action.sa_handler = in_call;
    sigaction(SIGUSR1, &action, 0);
    kill(getpid(), SIGUSR1);
    action.sa_sigaction = in_code;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, 0);
    fault((int *)16);
    return 1;
}
