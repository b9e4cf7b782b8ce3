/* What the parts of the probe share. */
#ifndef PROBE_H
#define PROBE_H

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>

#ifdef __mips__
#define SIGCHLD 18
#else
#define SIGCHLD 17
#endif
#define CLD_EXITED 1

#include "call.h"
#include "say.h"

#ifndef NEVER_SAID
#define NEVER_SAID 0u
#endif
#ifndef TEMPORARIES
#define TEMPORARIES 0u
#endif

extern reg entry_registers[], before[], after[];
extern const char *const register_names[];
void trap_all(void);

/* Parts, in the order they run. */
void check_entry(unsigned long *stack);
void check_registers(void);
void check_errors(void);
void check_files(void);
void check_mappings(void);
void check_faults(void);
void check_structures(void);
void check_abi(void); /* what only this ABI has */

/* Set every register to a pattern, trap by `function` with close(-1), say which changed. */
void say_changed(const char *name, void (*function)(void), reg number);

/* A new file of no length under /tmp that no directory names, or a negative error. */
reg temporary_file(void);
/* Two pages, of which the second is not mapped. */
u8 *page_before_hole(void);
void *map_pages(unsigned long bytes);
s64 seek(reg file, s64 offset, int whence);

/* Run in a child process; say "exit N" or "signal N". */
void say_end(const char *name, void (*function)(void));

/* The number of bytes a call writes to a buffer of which `fill` is the address. */
typedef reg fill_function(void *buffer);
void say_size(const char *name, fill_function *fill);

#endif
