/* Uses the sample modules as a program does: ioctl in all directions, and a new system call.
 * Freestanding, with the raw calls of the ABI probes, so that it runs on every ABI. */
#include <asm/ioctl.h>
#include <linux/fcntl.h>
#include "probe.h"

struct knob_range {
	int low;
	long high;
	u64 steps;
	char unit[5];
};

struct knob_label {
	u8 size;
	char *text;
};

#define KNOB_RESET _IO('k', 0)
#define KNOB_SET _IOW('k', 1, long)
#define KNOB_GET _IOR('k', 2, long)
#define KNOB_RANGE _IOWR('k', 3, struct knob_range)
#define KNOB_LABEL _IOWR('k', 4, struct knob_label)

static reg knob;

static reg control(unsigned long command, const void *argument)
{
	return CALL(__NR_ioctl, knob, (reg)(u32)command, P(argument));
}

static void check_ioctl(void)
{
	long level = 42;
	struct knob_range range = {.low = -5, .high = 11, .steps = 1ull << 40};
	char text[16];
	struct knob_label label = {.size = sizeof(text), .text = text};

	knob = CALL(__NR_openat, AT_FDCWD, P("/dev/knob"), O_RDWR);
	say_ok("open", knob);
	say_number("set", control(KNOB_SET, &level));
	level = 0;
	say_number("get", control(KNOB_GET, &level));
	say_number("level", level);
	level = 101;
	say_number("set too much", control(KNOB_SET, &level));
	say_number("range", control(KNOB_RANGE, &range));
	say_number("old low", range.low);
	say_number("old high", range.high);
	say_number("old steps", range.steps);
	say("unit", range.unit);
	range.low = 2, range.high = 1;
	say_number("range upside down", control(KNOB_RANGE, &range));
	say_number("label", control(KNOB_LABEL, &label));
	say_number("its size", label.size);
	say("text", text);
	label.size = 3;
	say_number("label too short", control(KNOB_LABEL, &label));
	label.size = sizeof(text), label.text = (char *)1;
	say_number("label to nowhere", control(KNOB_LABEL, &label));
	say_number("set from nowhere", control(KNOB_SET, (void *)8));
	say_number("get to nowhere", control(KNOB_GET, (void *)8));
	say_number("reset", control(KNOB_RESET, 0));
	say_number("get after it", control(KNOB_GET, &level));
	say_number("level after it", level);
	say_number("unknown", control(_IO('k', 9), 0));
	say_number("wrong size", control(_IOR('k', 2, char), &level));
	say_number("read", CALL(__NR_read, knob, P(text), 1));
	CALL(__NR_close, knob);
}

static int values[] = {3, -4, 12};
static long long sum;

/* The number must be a constant: old ARM has it in the instruction. */
#define CHECK_CALL(name, trap, number)                                                       \
	sum = 0;                                                                             \
	say(name, "");                                                                       \
	say_number(" result", trap(number, ((reg[7]){P(values), 3, P(&sum)})));              \
	say_number(" sum", sum);                                                             \
	say_number(" too many", trap(number, ((reg[7]){P(values), 5000, P(&sum)})));         \
	say_number(" from nowhere", trap(number, ((reg[7]){8, 1, P(&sum)})));                \
	say_number(" to nowhere", trap(number, ((reg[7]){P(values), 3, 8})))

#if defined(__x86_64__) && !defined(__ILP32__)
/* int 0x80 in 64-bit code: i386's table, whose pointers have 32 bits. */
static reg by_int80(reg number, const reg *a)
{
	reg result;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a[0]), "c"(a[1]), "d"(a[2])
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}
#endif

void probe_main(unsigned long *stack)
{
	check_ioctl();
	CHECK_CALL("square_sum", call, NEW_CALL);
#if defined(__x86_64__) && !defined(__ILP32__)
	CHECK_CALL("square_sum by int 0x80", by_int80, 463);
#endif
#if defined(__i386__)
	CHECK_CALL("square_sum by sysenter", call_sysenter, 463);
#endif
	CALL(__NR_exit_group, 0);
}
