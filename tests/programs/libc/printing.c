/* Arguments, environment, formatted output, and the way out: two exit handlers and a status. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void first(void)
{
	puts("first registered, last called");
}

static void last(void)
{
	puts("last registered, first called");
}

int main(int argc, char **argv)
{
	double third = 1.0 / 3;

	for (int i = 1; i < argc; i++)
		printf("argument %d: %s\n", i, argv[i]);
	printf("argv ends with null: %d\n", argv[argc] == NULL);
	printf("LC_ALL is %s, NOBODY is %s\n", getenv("LC_ALL"), getenv("NOBODY") ? "set" : "not set");
	printf("%d %u %x %o %c [%5d] [%-5d] [%05d]\n", -42, 42u, 0xbeef, 8, 'c', 7, 7, 7);
	printf("%lld %" PRIu64 " %" PRIx64 "\n", -9000000000000000000ll, UINT64_MAX, UINT64_C(1) << 63);
	printf("%f %.10f %e %g %a\n", third, third, third, third, third);
	printf("%.3f %.0f %g %g %f %f\n", 2.5e10, 0.5, 1e100, 1e-5, INFINITY, -INFINITY);
	printf("[%10s] [%-10s] [%.3s]\n", "right", "left", "cut short");
	atexit(first);
	atexit(last);
	return 7;
}
