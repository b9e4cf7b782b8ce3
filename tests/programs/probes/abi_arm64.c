/* arm64: the immediate of svc means nothing, and neither does the upper half of x8. */
#include "probe.h"

void check_abi(void)
{
	reg *none = (reg[7]){ -1 };

	say_number("svc #5, close(-1)", call_svc5(__NR_close, none));
	say_number("svc #5, unknown number 999", call_svc5(999, none));
}
