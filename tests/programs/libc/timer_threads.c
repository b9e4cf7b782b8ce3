// Timers that call functions: SIGEV_THREAD, which the C library makes of SIGEV_THREAD_ID.
#define _GNU_SOURCE
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

static sem_t called;
static int sum;

static void notify(union sigval value)
{
	__atomic_add_fetch(&sum, value.sival_int, __ATOMIC_SEQ_CST);
	sem_post(&called);
}

int main(void)
{
	timer_t ids[3];
	struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = notify};
	struct itimerspec its = {{0, 0}, {0, 1000000}};
	sem_init(&called, 0, 0);
	for (int i = 0; i < 3; i++) {
		event.sigev_value.sival_int = 1 << 8 * i;
		printf("create %d\n", timer_create(CLOCK_MONOTONIC, &event, &ids[i]));
		timer_settime(ids[i], 0, &its, NULL);
	}
	for (int i = 0; i < 3; i++)
		while (sem_wait(&called))
			;
	printf("sum %x\n", sum);
	for (int i = 0; i < 3; i++)
		printf("delete %d\n", timer_delete(ids[i]));
	fflush(stdout);
	return 0;
}
