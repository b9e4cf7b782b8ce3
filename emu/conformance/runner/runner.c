/* The runner itself: interprets the table, one trap or one look at a time. */
#include "runner.h"
#include "table.h"

struct area area __attribute__((aligned(16)));
_Static_assert(__builtin_offsetof(struct area, in) == IN_AT, "AREA_IN");
_Static_assert(__builtin_offsetof(struct area, out_fp) == OUT_FP_AT, "AREA_OUT_FP");

static u8 scratch[SCRATCH_BYTES] __attribute__((aligned(4096)));
/* A page of its own, so that a check can share it with a child. */
static u64 records[512] __attribute__((aligned(4096)));
static word entry_registers[ROOM_FOR_REGISTERS];
static u64 variables[VARIABLES];
static const unsigned long *first_stack;
static word before[ROOM_FOR_REGISTERS];
static s64 result;
static unsigned checks;
static const char *check_name;
static int failed;
static u64 failures;

#ifdef HAS_VDSO_ENTRY
word vdso_entry;
#endif

DECLARE_TRAPS
extern void restorer(void);
void handler(int, void *, void *);

static void (*const traps_of_ways[WAYS])(void) = { TRAP_LIST };

/* Output. The numbers of write and exit come with the table. */

static u64 write_number, exit_number;

static void trap(unsigned way, u64 number)
{
#ifdef NUMBER_IN_INSTRUCTION
	extern u32 trap0_instruction;
	extern void flush(void *, void *);

	trap0_instruction = 0xef000000u | (u32)number;
	flush(&trap0_instruction, &trap0_instruction + 1);
#else
	(void)number;
#endif
	traps_of_ways[way]();
}

static const u8 argument_registers[] = ARGUMENT_REGISTERS;

static s64 plain_call(u64 number, u64 a, u64 b, u64 c)
{
	area.in[NUMBER_REGISTER] = (word)number;
	area.in[argument_registers[0]] = (word)a;
	area.in[argument_registers[1]] = (word)b;
	area.in[argument_registers[2]] = (word)c;
	trap(0, number);
	return (s64)area.out[RESULT];
}

static void put(const char *text)
{
	unsigned length = 0;

	while (text[length])
		length++;
	plain_call(write_number, 1, (u64)(unsigned long)text, length);
}

static void put_number(u64 value, unsigned base)
{
	char digits[24];
	unsigned at = sizeof digits - 1;

	digits[at] = 0;
	do {
		/* Division of 64 bits, and shifts by a variable, would need the compiler's library. */
		u64 quotient = 0;
		unsigned rest = 0;

		for (int bit = 0; bit < 64; bit++, value <<= 1) {
			rest = rest << 1 | (unsigned)(value >> 63);
			quotient <<= 1;
			if (rest >= base) {
				rest -= base;
				quotient |= 1;
			}
		}
		digits[--at] = "0123456789abcdef"[rest];
		value = quotient;
	} while (value);
	put(digits + at);
}

static void put_signed(s64 value)
{
	if (value < 0) {
		put("-");
		value = -value;
	}
	put_number((u64)value, 10);
}

static void put_hex(u64 value)
{
	put("0x");
	put_number(value, 16);
}

/* Checks. */

static void end_check(const char *skipped)
{
	if (!check_name)
		return;
	if (!failed) {
		put("ok ");
		put_number(++checks, 10);
		put(" - ");
		put(check_name);
		if (skipped) {
			put(" # SKIP ");
			put(skipped);
		}
		put("\n");
	}
	check_name = 0;
}

static void begin_check(const char *name)
{
	end_check(0);
	check_name = name;
	failed = 0;
}

/* The first failure of a check is told; the others follow from it. */
static int first_failure(void)
{
	if (failed++ || !check_name)
		return 0;
	failures++;
	put("not ok ");
	put_number(++checks, 10);
	put(" - ");
	put(check_name);
	put("\n  # ");
	return 1;
}

static void expect(const char *what, s64 got, s64 expected)
{
	if (got == expected || !first_failure())
		return;
	put(what);
	put(" is ");
	put_signed(got);
	put(", should be ");
	put_signed(expected);
	put("\n");
}

static void expect_hex(const char *what, unsigned index, u64 got, u64 expected)
{
	if (got == expected || !first_failure())
		return;
	put(what);
	put(" ");
	put_number(index, 10);
	put(" is ");
	put_hex(got);
	put(", should be ");
	put_hex(expected);
	put("\n");
}

static void expect_in(const char *what, s64 got, s64 lowest, s64 highest)
{
	if ((got >= lowest && got <= highest) || !first_failure())
		return;
	put(what);
	put(" is ");
	put_signed(got);
	put(", should be in ");
	put_signed(lowest);
	put(" to ");
	put_signed(highest);
	put("\n");
}

/* Reading the table. */

static const u64 *next;

static u64 take(void)
{
	return *next++;
}

static u8 *take_address(void)
{
	return (u8 *)(unsigned long)take();
}

static u64 take_operand(void)
{
	u64 kind = take(), value = take();

	return kind == VARIABLE ? variables[value & 0xff] + (u64)((s64)value >> 8) : value;
}

static u64 load(const u8 *at, u64 size, u64 is_signed)
{
	switch ((unsigned)size) {
	case 1:
		return is_signed ? (u64)(s64)*(const volatile signed char *)at : *(const volatile u8 *)at;
	case 2:
		return is_signed ? (u64)(s64)*(const volatile short *)at : *(const volatile u16 *)at;
	case 4:
		return is_signed ? (u64)(s64)*(const volatile int *)at : *(const volatile u32 *)at;
	default:
		return *(const volatile u64 *)at;
	}
}

static void store(u8 *at, u64 size, u64 value)
{
	switch ((unsigned)size) {
	case 1:
		*at = (u8)value;
		break;
	case 2:
		*(u16 *)at = (u16)value;
		break;
	case 4:
		*(u32 *)at = (u32)value;
		break;
	default:
		*(u64 *)at = value;
	}
}

/* Register n begins as a pattern of its own that is no small number, no address, and no errno. */
static void fill_registers(void)
{
	for (unsigned n = 0; n < ROOM_FOR_REGISTERS; n++)
		area.in[n] = (word)(0x5a5a5a5a5a5a5a5aull ^ (0x0101010101010101ull * n) ^ 0x8000000080000000ull);
	for (unsigned n = 0; n < sizeof area.in_fp; n++)
		area.in_fp[n] = (u8)(n * 7 + 3) & 0x3f; /* no signalling NaN in any format */
	for (unsigned n = 0; n < 16; n++)
		area.arguments[n] = (word)(0xa5a5a5a5a5a5a5a5ull ^ n);
	area.in_flags = START_FLAGS;
}

static void do_trap(void)
{
	unsigned way = (unsigned)take();
	u64 number = take(), settings = take();

	fill_registers();
	while (settings--) {
		u64 place = take();
		word value = (word)take_operand();

		if (place < ROOM_FOR_REGISTERS)
			area.in[place] = value;
		else if (place < 2 * ROOM_FOR_REGISTERS)
			area.arguments[place - ROOM_FOR_REGISTERS] = value;
		else
			area.in_flags = value;
	}
	for (unsigned n = 0; n < ROOM_FOR_REGISTERS; n++)
		before[n] = area.in[n];
	before[STACK_POINTER] = (word)(unsigned long)area.arguments;
	trap(way, number);
	if (sizeof(word) == 4 || NARROW_WAYS >> (unsigned)way & 1)
		result = (int)area.out[RESULT];
	else
		result = (s64)area.out[RESULT];
#ifdef ERROR_FLAG
	if (area.out[ERROR_FLAG])
		result = -result;
#endif
}

static void keeps(void)
{
	u64 mask = take();

	for (unsigned n = 0; n < REGISTERS; n++, mask >>= 1)
		if (mask & 1)
			expect_hex("register", n, area.out[n], before[n]);
}

static void fp_keeps(void)
{
	u64 count = take();

	for (unsigned n = 0; n < count; n += FP_STEP)
		expect_hex("floating point byte", n, load(area.out_fp + n, 8, 0),
			   load(area.in_fp + n, 8, 0));
}

static void memory_is(void)
{
	const u8 *got = take_address();
	u64 length = take();
	const u8 *expected = take_address();

	for (u64 n = 0; n < length; n++)
		expect_hex("byte", (unsigned)n, got[n], expected[n]);
}

static void find_auxiliary(unsigned long *to, unsigned long type)
{
	const unsigned long *entry = first_stack + 1 + *first_stack + 1;

	while (*entry++) /* the environment */
		;
	while (*entry && *entry != type)
		entry += 2;
	to[0] = entry[0];
	to[1] = *entry ? entry[1] : 0;
}

static int run_operation(void)
{
	const u8 *at;
	u64 a, b, c;

	switch ((unsigned)take()) {
	case CHECK:
		begin_check((const char *)take_address());
		break;
	case TRAP:
		do_trap();
		break;
	case RESULT_IS:
		expect("the result", result, (s64)take_operand());
		break;
	case RESULT_IN:
		a = take();
		b = take();
		expect_in("the result", result, (s64)a, (s64)b);
		break;
	case RESULT_TO:
		variables[take()] = (u64)result;
		break;
	case KEEPS:
		keeps();
		break;
	case REGISTER_IS:
		a = take();
		b = take();
		c = take_operand();
		expect_hex("register", (unsigned)a, area.out[a] & b, c & b);
		break;
	case FP_KEEPS:
		fp_keeps();
		break;
	case FLAGS_ARE:
		a = take();
		b = take_operand();
		expect_hex("flags", 0, area.out_flags & a, b & a);
		break;
	case MEMORY_IS:
		memory_is();
		break;
	case FIELD_IS:
		at = take_address();
		a = take();
		b = take();
		c = take();
		a = load(at, a, b) & c;
		expect("the field", (s64)a, (s64)(take_operand() & c));
		break;
	case FIELD_IN:
		at = take_address();
		a = take();
		b = take();
		a = load(at, a, b);
		b = take();
		c = take();
		expect_in("the field", (s64)a, (s64)b, (s64)c);
		break;
	case FIELD_TO:
		at = take_address();
		a = take();
		b = take();
		variables[take()] = load(at, a, b);
		break;
	case VALUE_IS:
		a = take_operand();
		b = take();
		expect("the value", (s64)(a & b), (s64)(take_operand() & b));
		break;
	case CLEAR:
		at = take_address();
		a = take();
		b = take();
		for (u64 n = 0; n < a; n++)
			((volatile u8 *)at)[n] = (u8)b;
		break;
	case COPY:
		at = take_address();
		b = take_operand();
		a = take();
		for (u64 n = 0; n < a; n++)
			((volatile u8 *)at)[n] = ((u8 *)(unsigned long)b)[n];
		break;
	case STORE:
		at = take_address();
		a = take();
		store((u8 *)at, a, take_operand());
		break;
	case UNLESS_ZERO:
		a = take();
		if (result)
			next += a;
		break;
	case SKIP_IF:
		a = take_operand();
		at = take_address();
		if (result == (s64)a)
			end_check((const char *)at);
		break;
	case TOUCH:
		load(take_address(), 1, 0);
		break;
	case AUXILIARY:
		at = take_address();
		find_auxiliary((unsigned long *)at, (unsigned long)take());
		break;
	default:
		return 0;
	}
	return 1;
}

/* What a handler, installed with SA_SIGINFO, notes: how often, the signal, its stack, its siginfo. */
void handler(int signal, void *information, void *context)
{
	const u8 *from = information;
	u8 *to = (u8 *)(records + 3);

	(void)context;
	records[0]++;
	records[1] = (u64)signal;
	records[2] = (u64)(unsigned long)&from;
	for (unsigned n = 0; n < 128; n++)
		to[n] = from[n];
}

extern struct exports exports;

__attribute__((noreturn, used)) void runner_main(const unsigned long *stack)
{
	for (unsigned n = 0; n < ROOM_FOR_REGISTERS; n++)
		entry_registers[n] = area.out[n];
	first_stack = stack;
#ifdef HAS_VDSO_ENTRY
	unsigned long found[2];

	find_auxiliary(found, 32); /* AT_SYSINFO */
	vdso_entry = (word)found[1];
#endif
	variables[0] = (u64)(unsigned long)stack;
#ifdef HAS_VDSO_ENTRY
	variables[1] = vdso_entry;
#endif
	fill_registers();
	next = (const u64 *)(unsigned long)exports.table;
	write_number = take();
	exit_number = take();
	put("TAP version 14\n1..");
	put_number(take(), 10);
	put("\n");
	while (run_operation())
		;
	end_check(0);
	plain_call(exit_number, (u64)(failures != 0), 0, 0);
	__builtin_trap();
}

/* The table comes behind it. */
struct exports exports __attribute__((section(".table"), aligned(16))) = {
	.magic = MAGIC,
	.scratch = (unsigned long)scratch,
	.records = (unsigned long)records,
	.handler = (unsigned long)handler,
	.restorer = (unsigned long)restorer,
	.arguments = (unsigned long)area.arguments,
	.entry = (unsigned long)entry_registers,
	.returned = (unsigned long)trap0_end,
	.table = (unsigned long)(&exports + 1),
};

__asm__(TEXT TRAPS ".globl _start\n_start:\n\t" START RESTORER EXTRA_TEXT ".text\n");
