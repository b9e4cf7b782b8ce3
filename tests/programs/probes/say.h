/* One line per fact: "name: value". Nothing that differs from run to run may be said. */
#ifndef SAY_H
#define SAY_H

#include "call.h"

void say(const char *name, const char *text);
void say_number(const char *name, s64 value);
void say_hex(const char *name, u64 value);
void say_yes(const char *name, int condition);

/* A result or, for an error, its name-free negative number; addresses and ids become "ok". */
void say_ok(const char *name, s64 result);

int same(const void *left, const void *right, unsigned long count);
unsigned long length(const char *text);
void append(char *line, const char *text);
void *memset(void *target, int value, unsigned long count);
void *memcpy(void *target, const void *source, unsigned long count);

#endif
