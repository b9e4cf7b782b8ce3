/* Threads that count, sleep and lock, and say when they are done: in an order that only the
   scheduler decides. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 5, ROUNDS = 20000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long total;

static void *work(void *argument)
{
	long number = (long)argument;
	struct timespec pause = { 0, 1000000 * (number % 3) };
	char line[64];

	for (int round = 0; round < ROUNDS; round++) {
		pthread_mutex_lock(&lock);
		total += number;
		pthread_mutex_unlock(&lock);
		if (round % 5000 == 0) {
			int length = snprintf(line, sizeof line, "%ld:%d:%ld\n", number, round, total);
			write(1, line, length);
			nanosleep(&pause, NULL);
		}
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];

	for (long number = 0; number < THREADS; number++)
		pthread_create(&threads[number], NULL, work, (void *)(number + 1));
	for (int number = 0; number < THREADS; number++)
		pthread_join(threads[number], NULL);
	printf("%ld %d\n", total, rand());
	return 0;
}
