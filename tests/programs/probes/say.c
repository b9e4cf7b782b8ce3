#include "say.h"

/* The compiler may call these for initialisers. */
void *memset(void *target, int value, unsigned long count)
{
	for (u8 *byte = target; count--; byte++)
		*(volatile u8 *)byte = (u8)value;
	return target;
}

void *memcpy(void *target, const void *source, unsigned long count)
{
	u8 *to = target;
	const u8 *from = source;

	while (count--)
		*(volatile u8 *)to++ = *from++;
	return target;
}

int same(const void *left, const void *right, unsigned long count)
{
	const u8 *a = left, *b = right;

	while (count--)
		if (*a++ != *b++)
			return 0;
	return 1;
}

unsigned long length(const char *text)
{
	unsigned long count = 0;

	while (text[count])
		count++;
	return count;
}

void append(char *line, const char *text)
{
	memcpy(line + length(line), text, length(text) + 1);
}

void say(const char *name, const char *text)
{
	char line[512];

	line[0] = 0;
	append(line, name);
	append(line, ": ");
	append(line, text);
	append(line, "\n");
	CALL(__NR_write, 1, P(line), length(line));
}

/* Without division: an old ABI has no compiler library to divide 64 bits with. */
void say_number(const char *name, s64 value)
{
	static const u64 powers[] = {
		1000000000000000000ull, 100000000000000000ull, 10000000000000000ull,
		1000000000000000ull, 100000000000000ull, 10000000000000ull, 1000000000000ull,
		100000000000ull, 10000000000ull, 1000000000ull, 100000000ull, 10000000ull,
		1000000ull, 100000ull, 10000ull, 1000ull, 100ull, 10ull, 1ull,
	};
	char text[24], *end = text;
	u64 rest = (u64)value;

	if (value < 0) {
		*end++ = '-';
		rest = -rest;
	}
	for (unsigned int i = 0; i < sizeof powers / sizeof *powers; i++) {
		char digit = '0';

		for (; rest >= powers[i]; rest -= powers[i])
			digit++;
		if (digit != '0' || powers[i] == 1 || (end > text && end[-1] != '-'))
			*end++ = digit;
	}
	*end = 0;
	say(name, text);
}

void say_hex(const char *name, u64 value)
{
	char text[19] = "0x", *end = text + 2;

	for (int shift = 60; shift >= 0; shift -= 4)
		if (value >> shift || shift == 0)
			*end++ = "0123456789abcdef"[value >> shift & 15];
	*end = 0;
	say(name, text);
}

void say_yes(const char *name, int condition)
{
	say(name, condition ? "yes" : "no");
}

void say_ok(const char *name, s64 result)
{
	if (result < 0 && result >= -4095)
		say_number(name, result);
	else
		say(name, "ok");
}
