/* The heap, sorting, thread-local variables and threads. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define ROUNDS 1000

static __thread int own = 40;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long total;

static void *work(void *argument)
{
	own += (int)(intptr_t)argument;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		total += own;
		pthread_mutex_unlock(&lock);
	}
	return (void *)(intptr_t)own;
}

static int by_value(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static void sort(void)
{
	enum { COUNT = 10000 };
	uint32_t *numbers = malloc(COUNT * sizeof *numbers), state = 1, sum = 0;

	for (int i = 0; i < COUNT; i++)
		numbers[i] = state = state * 1664525u + 1013904223u;
	qsort(numbers, COUNT, sizeof *numbers, by_value);
	for (int i = 0; i < COUNT; i++)
		sum = sum * 31 + numbers[i];
	printf("sorted: first %u, last %u, sum %u\n", numbers[0], numbers[COUNT - 1], sum);
	free(numbers);
}

static void allocate(void)
{
	char *small = malloc(10), *large = malloc(5 << 20), *zeros = calloc(1 << 20, 5);

	strcpy(small, "growing");
	memset(large, 'l', 5 << 20);
	small = realloc(small, 100000);
	large = realloc(large, 20 << 20);
	printf("%s, %c%c, %d, aligned %d\n", small, large[0], large[(5 << 20) - 1], zeros[(5 << 20) - 1],
	       (int)((uintptr_t)small % 8));
	memmove(large + 1, large, 1 << 20);
	printf("moved: %d\n", memchr(large, 'x', 1 << 20) == NULL);
	free(small);
	free(large);
	free(zeros);
}

int main(void)
{
	pthread_t threads[THREADS];

	allocate();
	sort();
	for (intptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	for (int i = 0; i < THREADS; i++) {
		void *result;

		pthread_join(threads[i], &result);
		printf("thread %d had %d\n", i, (int)(intptr_t)result);
	}
	printf("total %ld, own %d\n", total, own);
	return 0;
}
