/* Arithmetic that some ABIs do in hardware and some in a library. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	static const int64_t pairs[][2] = {
		{ 1000000000000000003, 7 }, { -1000000000000000003, 7 }, { 1000000000000000003, -9999999999 },
		{ INT64_MIN, 3 }, { INT64_MAX, INT64_MAX }, { 5, 1000000000000 },
	};
	static const char *const texts[] = { "0.1", "1e308", "1e309", "-0", "0x1.8p3", "123456789.987654321",
					     "4.9e-324", "inf", "nan", "2.2250738585072014e-308x" };
	volatile double x = 2;
	volatile float f = 16777217.0f;

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		volatile int64_t a = pairs[i][0], b = pairs[i][1];
		volatile uint64_t ua = (uint64_t)a, ub = (uint64_t)b;

		printf("%" PRId64 " / %" PRId64 " = %" PRId64 " rest %" PRId64, a, b, a / b, a % b);
		printf(", unsigned %" PRIu64 " rest %" PRIu64 "\n", ua / ub, ua % ub);
	}
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char *end;
		double value;

		errno = 0;
		value = strtod(texts[i], &end);
		printf("strtod %s = %.17g, rest \"%s\"%s\n", texts[i], value, end,
		       errno == ERANGE ? ", out of range" : "");
	}
	printf("%.15g %.15g %.15g %.15g\n", sqrt(x), sin(x), pow(x, 0.5), exp(x));
	printf("%.9g %d %" PRId64 " %" PRIu64 "\n", f, (int)(x * 1e9 / 3), (int64_t)(x * 1e18),
	       (uint64_t)(x * 8e18));
	printf("%lld %llx\n", strtoll("-9223372036854775808", NULL, 10), strtoull("ffffffffffffffff", NULL, 16));
	return 0;
}
