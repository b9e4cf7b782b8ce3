/* What the cases about files share. Each case works in a new, empty directory of a tmpfs. */
#ifndef FILES_H
#define FILES_H

#include <dirent.h>
#include <sys/uio.h>

#include "../processes/harness.h"

enum { SOMEBODY = 1000, OTHER = 1001 };

#define FILE_CASE(name)                            \
	static void name##_in_directory(void);      \
	CASE(name)                                  \
	{                                           \
		in_new_directory(name##_in_directory); \
	}                                           \
	static void name##_in_directory(void)

/* In a child, so that somebody is left to take the directory away whatever became of the rights. */
void in_new_directory(void (*function)(void));
/* The directory's absolute name. */
extern char place[64];

/* A file with this text and mode 0644. */
void make(const char *path, const char *text);
/* Opens and says when that fails. */
int opened(const char *path, int flags);
/* "open", or errno's name; closes it. */
void say_open(const char *what, int descriptor);
/* What is in a file: printable, or how many bytes it is. */
void say_text(const char *what, const char *path);
void say_rest(const char *what, int descriptor);
void say_mode(const char *what, const char *path);
void say_owner(const char *what, const char *path);
void say_links(const char *what, const char *path);
void say_size(const char *what, const char *path);
/* The names in a directory, sorted. */
void say_names(const char *what, const char *path);
/* Whether there is anything by that name, without following links. */
void say_there(const char *what, const char *path);
/* Runs a function in a child with these ids, no groups and no capabilities, and says its end if it is not 0. */
void as_user(uid_t uid, gid_t gid, void (*function)(void));
void become(uid_t uid, gid_t gid);
/* This program once more, in the directory: mode 0755. */
void copy_program(const char *name);
/* A name of LENGTH characters. */
const char *long_name(size_t length);

/* Attributes hold numbers as disks do. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LE16(number) __builtin_bswap16((uint16_t)(number))
#define LE32(number) __builtin_bswap32((uint32_t)(number))
#else
#define LE16(number) ((uint16_t)(number))
#define LE32(number) ((uint32_t)(number))
#endif

#endif
