// A static musl program: threads, a mutex, thread-local storage, qsort, floating point, and a
// SIGSEGV whose handler jumps out.
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static __thread int own;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long total;
static jmp_buf before_fault;

static void *add(void *number)
{
	own = (int)(intptr_t)number;
	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&lock);
		total += own;
		pthread_mutex_unlock(&lock);
	}
	return number;
}

static void on_fault(int signal)
{
	longjmp(before_fault, signal);
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int main(int argc, char **argv)
{
	pthread_t threads[4];
	int numbers[1000];
	uint32_t x = 1;
	double sum = 0;

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], 0, add, (void *)(intptr_t)(i + 1));
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], 0);
	for (int i = 0; i < 1000; i++) {
		x = x * 1664525u + 1013904223u;
		numbers[i] = (int)(x >> 8);
	}
	qsort(numbers, 1000, sizeof numbers[0], compare);
	for (int i = 1; i < 1000; i++)
		sum += sqrt((double)i) / (i + 0.5);
	signal(SIGSEGV, on_fault);
	// Not sigsetjmp: Zig's musl for MIPS o32 crashes in it, on every emulator.
	int fault = setjmp(before_fault);
	if (!fault)
		*(volatile int *)8 = 1;
	printf("hello %s total=%ld q=%d,%d s=%.12f segv=%d\n", argc > 1 ? argv[1] : "world", total,
	       numbers[0], numbers[999], sum, fault);
	return 0;
}
