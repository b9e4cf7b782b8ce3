/* ARM: the private calls, the page of kernel helpers, and numbers that end the program. */
#include "probe.h"

#ifdef __ARM_EABI__
#define PRIVATE(number) (0xf0000 + (number))
#else
#define PRIVATE(number) (0x9f0000 + (number))
#endif
#define HELPER_VERSION (*(const volatile int *)0xffff0ffc)

typedef int cmpxchg_helper(int old, int new, volatile int *where);
typedef unsigned long get_tls_helper(void);

#ifndef __ARM_EABI__
static void check_list(void);
#endif
static void call_beyond_private(void);
static void call_minus_one(void);
static void call_null_branch(void);

void check_abi(void)
{
	static u32 code[4];
	volatile int word = 5;

	say_number("cacheflush", CALL(PRIVATE(2), P(code), P(code + 4), 0));
	say_number("cacheflush backwards", CALL(PRIVATE(2), P(code + 4), P(code), 0));
	say_number("cacheflush with flags", CALL(PRIVATE(2), P(code), P(code + 4), 1));
	say_number("set_tls", CALL(PRIVATE(5), 0x12345678));
	say_hex("get_tls", (u32)CALL(PRIVATE(6)));
#ifdef __ARM_EABI__
	say_number("private number 0x7ff", CALL(PRIVATE(0x7ff)));
#endif
	say_yes("kernel helpers have version 3 or later", HELPER_VERSION >= 3);
	say_hex("__kuser_get_tls", ((get_tls_helper *)0xffff0fe0)());
	say_number("__kuser_cmpxchg of the right value", ((cmpxchg_helper *)0xffff0fc0)(5, 6, &word));
	say_number("the word after it", word);
	say_yes("__kuser_cmpxchg of a wrong value", ((cmpxchg_helper *)0xffff0fc0)(5, 7, &word) != 0);
	say_number("the word after that", word);
	say_end("private number 0x800", call_beyond_private);
#ifdef __ARM_EABI__
	say_end("number -1", call_minus_one);
#else
	(void)call_minus_one;
#endif
	say_end("private number 0", call_null_branch);
#ifndef __ARM_EABI__
	check_list();
#endif
#ifdef __thumb__
	register reg r7 __asm__("r7") = __NR_close;
	register reg r0 __asm__("r0") = -1;
	__asm__ volatile("svc #7" : "+r"(r0) : "r"(r7) : "memory");
	say_number("svc #7 in Thumb state, close(-1)", r0);
#endif
}

#ifndef __ARM_EABI__
/* The oldest mmap, which EABI no longer has. */
static void check_list(void)
{
	reg file = temporary_file();
	u32 words[6] = { 0, 100, PROT_READ, MAP_PRIVATE, (u32)file, 4096 };

	CALL(__NR_pwrite64, file, P("list"), 5, OFFSET(4096ll));
	say("old mmap takes a list and bytes", (char *)CALL(__NR_mmap, P(words)));
	words[5] = 4097;
	say_number("old mmap at 4097", CALL(__NR_mmap, P(words)));
	CALL(__NR_close, file);
}
#endif

static void call_beyond_private(void)
{
	CALL(PRIVATE(0x800));
}

static void call_minus_one(void)
{
#ifdef __ARM_EABI__
	CALL(-1);
#endif
}

static void call_null_branch(void)
{
	CALL(PRIVATE(0));
}
