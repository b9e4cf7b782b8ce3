/* What the cases share: a tracer's steps, and where each architecture keeps a call's parts. */
#ifndef TRACING_H
#define TRACING_H

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "../processes/harness.h"

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

/* Indexes into NT_PRSTATUS, in words. */
#if defined __x86_64__
typedef uint64_t word;
enum { NUMBER = 15, RESULT = 10, ARGUMENT_1 = 13, ARGUMENT_2 = 12, PC = 16, WORDS = 27 };
#elif defined __i386__
typedef uint32_t word;
enum { NUMBER = 11, RESULT = 6, ARGUMENT_1 = 1, ARGUMENT_2 = 2, PC = 12, WORDS = 17 };
#elif defined __aarch64__
typedef uint64_t word;
enum { NUMBER = 8, RESULT = 0, ARGUMENT_1 = 1, ARGUMENT_2 = 2, PC = 32, WORDS = 34 };
#elif defined __arm__
typedef uint32_t word;
enum { NUMBER = 7, RESULT = 0, ARGUMENT_1 = 1, ARGUMENT_2 = 2, PC = 15, WORDS = 18 };
#elif defined __riscv
typedef unsigned long word;
enum { NUMBER = 17, RESULT = 10, ARGUMENT_1 = 11, ARGUMENT_2 = 12, PC = 0, WORDS = 32 };
#elif defined __mips__ && _MIPS_SIM == _ABIO32
typedef uint32_t word;
enum { NUMBER = 8, RESULT = 8, ARGUMENT_1 = 11, ARGUMENT_2 = 12, PC = 40, WORDS = 45, FAILED = 13 };
#else
typedef uint64_t word;
enum { NUMBER = 2, RESULT = 2, ARGUMENT_1 = 5, ARGUMENT_2 = 6, PC = 34, WORDS = 45, FAILED = 7 };
#endif

/* A child that this process traces and that stands at SIGSTOP. */
pid_t traced_child(void (*function)(void), long options);
/* The next stop or end of a tracee: its status. */
int next(pid_t tracee);
void say_stop(const char *what, int status);
void say_next(const char *what, pid_t tracee);
void go_on(int request, pid_t tracee, int number);
/* Whether this is the entry (1) or the exit (2) of a call; the call's number. */
int call_stop(pid_t tracee, long *number);
/* Goes on until the entry of a call, or the tracee's end. */
int until_call(pid_t tracee, long number);
void get_registers(pid_t tracee, word *registers);
void set_registers(pid_t tracee, word *registers);
void set_call(pid_t tracee, long number);
void set_result(pid_t tracee, long value);
long status_field(pid_t process, const char *field);
char state_of(pid_t process);

#endif
