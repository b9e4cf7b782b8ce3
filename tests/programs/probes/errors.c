/* How results and errors come back, and what unknown numbers give. */
#include "probe.h"

static void check_boundary(void);
static void check_widths(void);

void check_errors(void)
{
	say_number("error of close(-1)", CALL(__NR_close, -1));
	say_number("error of openat(nowhere)", CALL(__NR_openat, AT_FDCWD, P("/nowhere/at/all"), 0));
	say_number("error of openat(null)", CALL(__NR_openat, AT_FDCWD, 0, 0));
	say_number("error of openat(\"\")", CALL(__NR_openat, AT_FDCWD, P(""), 0));
#ifdef __ARM_EABI__
	say_number("unknown number 999", CALL(999));
	say_number("unknown number 65536", CALL(65536));
#elif defined(__arm__)
	say_number("unknown number 999", CALL(0x900000 + 999));
#elif defined(__mips__)
	say_number("unknown number 999 of the table", CALL(__NR_Linux + 999));
	say_number("unknown number 0", CALL(0));
	say_number("unknown number -1", CALL(-1));
	say_number("unknown number 0x7fffffff", CALL(0x7fffffff));
#else
	say_number("unknown number 999", CALL(999));
	say_number("unknown number -1", CALL(-1));
	say_number("unknown number -4096", CALL(-4096));
	say_number("unknown number 0x7fffffff", CALL(0x7fffffff));
#endif
	check_boundary();
	check_widths();
}

/* personality() answers with whatever was set before, so any number can be a result. */
static void check_boundary(void)
{
	static const struct {
		const char *name;
		reg value;
	} results[] = {
		{ "result -4096", (reg)(int)0xfffff000 },
		{ "result -4095", (reg)(int)0xfffff001 },
		{ "result -1134", (reg)(int)0xfffffb92 },
		{ "result -1133", (reg)(int)0xfffffb93 },
		{ "result -200", (reg)(int)0xffffff38 },
	};
	reg old = CALL(__NR_personality, -1);

	for (unsigned int i = 0; i < sizeof results / sizeof *results; i++) {
		CALL(__NR_personality, results[i].value);
#ifdef __mips__
		reg result = CALL(__NR_personality, -1), a3 = last_a3;

		char name[32] = "a3 of ";

		append(name, results[i].name);
		say_hex(results[i].name, (u64)(a3 ? -result : result));
		say_number(name, a3);
#else
		say_number(results[i].name, CALL(__NR_personality, -1));
#endif
	}
	CALL(__NR_personality, old);
}

/* Whether the upper half of a 64-bit register counts. */
static void check_widths(void)
{
#ifdef WIDE
#define UPPER ((reg)0x5555555500000000ll)
	say_ok("upper half of a descriptor", CALL(__NR_dup3, UPPER | 1, UPPER | 100, UPPER));
	say_number("descriptor 100 after it", CALL(__NR_close, 100));
	say_number("upper half of the number", CALL(UPPER | __NR_close, -1));
	say_number("upper half of whence", CALL(__NR_lseek, -1, 0, UPPER));
	say_number("close(0x1ffffffff)", CALL(__NR_close, 0x1ffffffffll));
	say_number("openat of nowhere from 0xffffff9c",
		   CALL(__NR_openat, (reg)(u32)AT_FDCWD, P("emu-probe-nowhere"), 0));

	reg file = temporary_file();

	say_number("lseek to 0xfffffffb", CALL(__NR_lseek, file, 0xfffffffbll, 0));
	CALL(__NR_close, file);
#endif
}
