/* What only an administrator may ask for, or what this kernel does without. */
#include <sys/quota.h>
#include <sys/swap.h>

#include "files.h"

static void refused(void)
{
	say_result("acct", acct("file"));
	say_result("swapon", swapon("file", 0));
	say_result("swapoff", swapoff("file"));
	say_result("vhangup", vhangup());
}

FILE_CASE(administration_as_somebody)
{
	make("file", "");
	as_user(SOMEBODY, SOMEBODY, refused);
}

FILE_CASE(administration_of_what_is_not_there)
{
	say_result("swapon", swapon("nothing", 0));
	say_result("swapoff", swapoff("nothing"));
	say_result("unknown swap flags", swapon("nothing", 0x1000000));
	make("file", "");
	say_result("swapon of a file", swapon("file", 0));
	say_result("swapoff of a file", swapoff("file"));
}

FILE_CASE(swapon_of_a_directory)
{
	say_result("swapon", swapon(".", 0));
}
