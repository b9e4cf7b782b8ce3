/* What a system call does to the registers of its caller. */
#include "probe.h"

#ifdef WIDE
#define PATTERN(i) ((reg)(0xa1b2c3d4e5f60000ull | (i) << 8 | (i)))
#else
#define PATTERN(i) ((reg)(0xa1b20000u | (i) << 8 | (i)))
#endif

static void fill(reg number)
{
	for (unsigned int i = 0; i < REGISTERS; i++)
		before[i] = PATTERN(i);
#ifdef NUMBER_REGISTER
	before[NUMBER_REGISTER] = number;
#endif
	before[ARGUMENT_REGISTER] = -1;
}

void say_changed(const char *name, void (*function)(void), reg number)
{
	char changed[512] = "";

	fill(number);
	function();
	for (unsigned int i = 0; i < REGISTERS; i++) {
#ifdef STACK_REGISTER
		if (i == STACK_REGISTER)
			continue;
#endif
		if (after[i] == before[i] || (TEMPORARIES >> i & 1))
			continue;
#ifdef __mips__
		if (i == 0)
			continue;
#endif
#ifdef __riscv
		if (i == 0)
			continue;
#endif
		append(changed, " ");
		append(changed, register_names[i]);
	}
	say(name, *changed ? changed + 1 : "none");
}

void check_registers(void)
{
	say_changed("registers close(-1) changes", trap_all, __NR_close);
	say_number("registers result of close(-1)", after[RESULT_REGISTER]);
}
