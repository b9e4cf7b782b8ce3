/* The compute benchmarks: one program, chosen by argv[1], size by argv[2]; prints a checksum. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long sieve(long limit)
{
    unsigned char *composite = calloc(limit + 1, 1);
    unsigned long primes = 0;
    for (long i = 2; i <= limit; i++) {
        if (composite[i])
            continue;
        primes++;
        for (long j = i + i; j <= limit; j += i)
            composite[j] = 1;
    }
    return primes;
}

static __attribute__((noinline)) unsigned long fib(long n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static unsigned long floating(long rounds)
{
    double sum = 0, x = 1.0;
    for (long i = 1; i <= rounds; i++) {
        x = x * 1.0000001 + 1.0 / i;
        sum += x / (i + 0.5) - x * 0.25;
    }
    return (unsigned long)(sum < 0 ? -sum : sum);
}

static unsigned long copy(long rounds)
{
    enum { SIZE = 8 << 20 };
    char *from = malloc(SIZE), *to = malloc(SIZE);
    unsigned long sum = 0;
    for (long i = 0; i < rounds; i++) {
        memset(from, (int)i, SIZE);
        memcpy(to, from, SIZE);
        sum += (unsigned char)to[(i * 4099) % SIZE];
    }
    return sum;
}

static unsigned long chase(long steps)
{
    enum { COUNT = (64 << 20) / sizeof(unsigned) };
    unsigned *next = malloc(COUNT * sizeof *next);
    unsigned at = 0;
    /* A full-period linear congruence: every step lands on another page. */
    for (unsigned i = 0; i < COUNT; i++)
        next[i] = (i * 1664525u + 1013904223u) % COUNT;
    for (long i = 0; i < steps; i++)
        at = next[at];
    return at;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "fib";
    long size = argc > 2 ? atol(argv[2]) : 0;
    unsigned long result;
    if (!strcmp(name, "sieve"))
        result = sieve(size ? size : 40000000);
    else if (!strcmp(name, "fib"))
        result = fib(size ? size : 36);
    else if (!strcmp(name, "floating"))
        result = floating(size ? size : 15000000);
    else if (!strcmp(name, "copy"))
        result = copy(size ? size : 200);
    else if (!strcmp(name, "chase"))
        result = chase(size ? size : 6000000);
    else
        return 2;
    printf("%s %lu\n", name, result);
    return 0;
}
