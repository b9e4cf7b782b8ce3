/* Pages of a program's own into a pipe, and out of one: vmsplice(2). */
#include <sys/uio.h>

#include "harness.h"

static char pages[3][4096] __attribute__((aligned(4096)));

CASE(vmsplice_fills_a_pipe)
{
	struct iovec pieces[] = { { "abc", 3 }, { NULL, 0 }, { "defg", 4 } };
	char bytes[16] = "";
	int ends[2];

	pipe(ends);
	say_result("both", vmsplice(ends[1], pieces, 3, 0));
	say_result("read", read(ends[0], bytes, sizeof bytes));
	say("bytes", "%s", bytes);
	say_result("nothing", vmsplice(ends[1], pieces, 0, 0));
	say_result("an empty piece", vmsplice(ends[1], pieces + 1, 1, 0));
}

CASE(vmsplice_empties_a_pipe)
{
	char first[2], second[8] = "";
	struct iovec pieces[] = { { first, 2 }, { second, 8 } };
	int ends[2];

	pipe(ends);
	write(ends[1], "abcdef", 6);
	say_result("both", vmsplice(ends[0], pieces, 2, 0));
	say("bytes", "%.2s-%s", first, second);
	say_result("empty", vmsplice(ends[0], pieces, 2, SPLICE_F_NONBLOCK));
	close(ends[1]);
	say_result("the end", vmsplice(ends[0], pieces, 2, 0));
}

CASE(vmsplice_takes_a_slot_for_each_page)
{
	struct iovec piece = { pages[0] + 4000, 4096 };
	int ends[2], rounds = 0;

	pipe(ends);
	while (vmsplice(ends[1], &piece, 1, SPLICE_F_NONBLOCK) > 0)
		rounds++;
	say_number("rounds", rounds);
	say_result("full", vmsplice(ends[1], &piece, 1, SPLICE_F_NONBLOCK));
}

CASE(vmsplice_errors)
{
	struct iovec piece = { pages, 10 }, bad = { (void *)16, 10 };
	int ends[2], file = temporary_file();

	pipe(ends);
	say_result("no pipe", vmsplice(file, &piece, 1, 0));
	say_result("not open", vmsplice(-1, &piece, 1, 0));
	say_result("unknown flag", vmsplice(ends[1], &piece, 1, 64));
	say_result("too many", vmsplice(ends[1], &piece, 1025, 0));
	say_result("bad memory", vmsplice(ends[1], &bad, 1, 0));
	say_result("bad vector", vmsplice(ends[1], (void *)16, 1, 0));
	signal(SIGPIPE, SIG_IGN);
	close(ends[0]);
	say_result("nobody reads", vmsplice(ends[1], &piece, 1, 0));
}
