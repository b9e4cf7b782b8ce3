/* futex(2) called directly: what each operation answers. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_futex
#define SYS_futex SYS_futex_time64
#endif

static unsigned word, other, lock;
static volatile int sleeping;

static const char *name(int error)
{
	return error ? strerrorname_np(error) : "none";
}

static long futex(unsigned *address, int op, unsigned value, void *timeout, unsigned *second,
		  unsigned third)
{
	return syscall(SYS_futex, address, op, value, timeout, second, third);
}

static void say(const char *what, long result)
{
	if (result < 0)
		printf("%s: %s\n", what, name(errno));
	else
		printf("%s: %ld\n", what, result);
}

static void *count(long number)
{
	return (void *)number;
}

static void *sleeper(void *op)
{
	int operation = (long)op;

	__sync_fetch_and_add(&sleeping, 1);
	if (operation == FUTEX_WAIT_REQUEUE_PI)
		return (void *)futex(&word, operation, 0, NULL, &lock, 0);
	return (void *)futex(&word, operation, 0, NULL, NULL, 1);
}

static void sleepers(pthread_t *threads, int number, int operation)
{
	sleeping = 0;
	for (int i = 0; i < number; i++)
		pthread_create(&threads[i], NULL, sleeper, count(operation));
	while (sleeping != number)
		usleep(1000);
	usleep(30000);
}

static void join(pthread_t *threads, int number)
{
	for (int i = 0; i < number; i++)
		pthread_join(threads[i], NULL);
}

static void *lock_it(void *unused)
{
	long result = futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0);

	if (result == 0 && (lock & FUTEX_TID_MASK) != syscall(SYS_gettid))
		result = 1;
	futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	return (void *)result;
}

int main(void)
{
	struct timespec soon = { 0, 10000000 }, past = { 1, 0 }, wrong = { 0, 1000000000 };
	pthread_t threads[4];
	unsigned tid = syscall(SYS_gettid);
	void *result;
	int op;

	setvbuf(stdout, NULL, _IONBF, 0);
	say("changed", futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0));
	say("timed", futex(&word, FUTEX_WAIT, 0, &soon, NULL, 0));
	say("past", futex(&word, FUTEX_WAIT_BITSET, 0, &past, NULL, 1));
	say("past, real time",
	    futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &past, NULL, 1));
	say("wrong time", futex(&word, FUTEX_WAIT, 0, &wrong, NULL, 0));
	say("no bits", futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0));
	say("no bits", futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
	say("unaligned", futex((unsigned *)((char *)&word + 1), FUTEX_WAKE, 1, NULL, NULL, 0));
	say("nowhere", futex((unsigned *)16, FUTEX_WAIT, 0, NULL, NULL, 0));
	say("nowhere", futex((unsigned *)16, FUTEX_WAKE, 1, NULL, NULL, 0));
	say("nowhere, private", futex((unsigned *)16, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
	say("no operation", futex(&word, 99, 1, NULL, NULL, 0));
	say("a clock", futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0));

	sleepers(threads, 4, FUTEX_WAIT);
	say("wake, private", futex(&word, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0));
	say("wake other bits", futex(&word, FUTEX_WAKE_BITSET, 9, NULL, NULL, 2));
	join(threads, 4);
	sleepers(threads, 4, FUTEX_WAIT_BITSET);
	say("wake other bits", futex(&word, FUTEX_WAKE_BITSET, 9, NULL, NULL, 2));
	say("wake one", futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
	say("move with a wrong value", futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &other, 7));
	say("move", futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &other, 0));
	say("negative", futex(&word, FUTEX_REQUEUE, -1, (void *)1, &other, 0));
	other = 5;
	op = FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5);
	say("both", futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &other, op));
	join(threads, 4);
	printf("other: %u\n", other);
	op = FUTEX_OP(7, 3, FUTEX_OP_CMP_EQ, 5);
	say("no such change", futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &other, op));

	say("lock", futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	printf("mine: %d\n", lock == tid);
	say("again", futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	say("try again", futex(&lock, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	pthread_create(&threads[0], NULL, lock_it, NULL);
	while (!(lock & FUTEX_WAITERS))
		usleep(1000);
	usleep(20000);
	say("wake a lock", futex(&lock, FUTEX_WAKE, 1, NULL, NULL, 0));
	say("unlock", futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	pthread_join(threads[0], &result);
	printf("the other: %ld, free %d\n", (long)result, lock == 0);
	say("not mine", futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	lock = 0x3ffffff0;
	say("nobody's", futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	lock = FUTEX_OWNER_DIED;
	say("a dead one's", futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	printf("mine: %d\n", lock == (tid | FUTEX_OWNER_DIED));
	lock = tid;
	say("unlock", futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));

	futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	sleepers(threads, 3, FUTEX_WAIT_REQUEUE_PI);
	say("wake them", futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
	say("move two", futex(&word, FUTEX_CMP_REQUEUE_PI, 2, (void *)1, &lock, 0));
	say("to another", futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &other, 0));
	say("move", futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)9, &lock, 0));
	printf("waiters: %d\n", (lock & FUTEX_WAITERS) != 0);
	return 0;
}
