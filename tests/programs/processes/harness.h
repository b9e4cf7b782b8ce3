/* A case is a function with a name; a role is what this program does when a case executes it. */
#ifndef HARNESS_H
#define HARNESS_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct entry {
	const char *name;
	const char *file;
	void (*run)(void);
	struct entry *next;
};

void add_case(struct entry *entry);
void add_role(struct entry *entry);

#define REGISTER(add, name)                                                        \
	static void name(void);                                                    \
	static struct entry entry_of_##name = { #name, __FILE__, name, NULL };     \
	__attribute__((constructor)) static void add_##name(void) { add(&entry_of_##name); } \
	static void name(void)

#define CASE(name) REGISTER(add_case, name)
#define ROLE(name) REGISTER(add_role, name)

/* The arguments of a role, and this program's path. */
extern char **role_arguments;
extern const char *program;

/* One line of the answer: "case: what: value". */
__attribute__((format(printf, 2, 3))) void say(const char *what, const char *format, ...);
void say_yes(const char *what, int truth);
void say_number(const char *what, long number);
/* A number, or errno's name for -1. */
void say_result(const char *what, long result);
void say_signal(const char *what, int number);
void say_status(const char *what, int status);
/* Waits for a child and says how it ended. */
void say_end(const char *what, pid_t child);

const char *signal_name(int number);

void catch(int number, void (*handler)(int), int flags);
void catch_information(int number, void (*handler)(int, siginfo_t *, void *), int flags);
void block(int number);
void unblock(int number);
int is_blocked(int number);
int is_pending(int number);
/* SIGALRM every few milliseconds, so that one of them meets the call that it is to interrupt. */
void tick(int milliseconds);

pid_t child_that(void (*function)(void));
void execute(const char *role, const char *argument);
void reap(pid_t child);
/* A file that no directory names. */
int temporary_file(void);
/* Memory that children share. */
void *shared_memory(size_t bytes);
void wait_a_little(void);
/* Replaces errno by the result's: for calls that return the error itself. */
long as_result(int error);

/* Waits for what another thread or process is about to do; five seconds at most. */
#define until(condition)                                                           \
	do                                                                         \
		for (int rounds_ = 0; !(condition) && rounds_ < 5000; rounds_++)   \
			wait_a_little();                                           \
	while (0)

#endif
