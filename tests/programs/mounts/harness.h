/* A case is a function with a name; it runs in a child in a mount namespace of its own, in the
 * working directory `/m`, an empty private tmpfs. */
#ifndef HARNESS_H
#define HARNESS_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct entry {
	const char *name;
	void (*run)(void);
	struct entry *next;
};

void add_case(struct entry *entry);

#define CASE(name)                                                                         \
	static void name(void);                                                            \
	static struct entry entry_of_##name = { #name, name, NULL };                       \
	__attribute__((constructor)) static void add_##name(void) { add_case(&entry_of_##name); } \
	static void name(void)

/* One line of the answer: "case: what: value". */
__attribute__((format(printf, 2, 3))) void say(const char *what, const char *format, ...);
/* A number, or errno's name for -1. */
void say_result(const char *what, long result);
void say_yes(const char *what, int truth);

/* mount(2) with a tmpfs. */
int tmpfs(const char *place, const char *options);
void make(const char *file, const char *text);
/* The names in a directory, sorted. */
void say_names(const char *what, const char *directory);
void say_contents(const char *what, const char *file);
/* Options, propagation and root of the topmost mount at a place, group numbers as letters in order
 * of their appearing; "none" if nothing is mounted there. */
void say_mount(const char *place);
/* How many mounts are at or below a place. */
int mounts_below(const char *place);
/* The result of a function in a child. */
int in_child(int (*function)(void));

#endif
