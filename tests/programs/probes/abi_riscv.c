/* riscv: flush_icache, and that the whole of a7 is the number. */
#include "probe.h"

#define FLUSH_ICACHE 259

void check_abi(void)
{
	say_number("flush_icache", CALL(FLUSH_ICACHE, 0, 0, 0));
	say_number("flush_icache with unknown flags", CALL(FLUSH_ICACHE, 0, 0, 2));
	say_number("unknown number 244", CALL(244));
}
