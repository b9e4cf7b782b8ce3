/* What POSIX threads build on futexes: mutexes of every kind, conditions, barriers, semaphores. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4
#define ROUNDS 300

static pthread_mutex_t mutex;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static sem_t semaphore;
static long counter, turns[THREADS];
static int turn;

static const char *name(int error)
{
	return error ? strerrorname_np(error) : "ok";
}

static void make(pthread_mutex_t *made, int type, int protocol, int robust, int shared)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, type);
	pthread_mutexattr_setprotocol(&attributes, protocol);
	pthread_mutexattr_setrobust(&attributes, robust);
	pthread_mutexattr_setpshared(&attributes, shared);
	pthread_mutex_init(made, &attributes);
}

static void *count(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		long old = counter;
		if (i % 50 == 0)
			sched_yield();
		counter = old + 1;
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *take_turns(void *number)
{
	long mine = (long)number;

	for (int i = 0; i < 25; i++) {
		pthread_mutex_lock(&mutex);
		while (turn != mine)
			pthread_cond_wait(&condition, &mutex);
		turns[mine]++;
		turn = (turn + 1) % THREADS;
		pthread_cond_broadcast(&condition);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *meet(void *result)
{
	int serial = 0;

	for (int i = 0; i < 20; i++)
		serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
	return (void *)(long)serial;
}

static void *read_and_write(void *number)
{
	for (int i = 0; i < 50; i++) {
		if ((i + (long)number) % 5 == 0) {
			pthread_rwlock_wrlock(&rwlock);
			counter++;
		} else {
			pthread_rwlock_rdlock(&rwlock);
		}
		if (i % 10 == 0)
			sched_yield();
		pthread_rwlock_unlock(&rwlock);
	}
	return NULL;
}

static void *post(void *unused)
{
	for (int i = 0; i < 20; i++) {
		sem_post(&semaphore);
		if (i % 4 == 0)
			sched_yield();
	}
	return NULL;
}

static void *die_locked(void *lock)
{
	pthread_mutex_lock(lock);
	return NULL;
}

static long together(void *(*start)(void *))
{
	pthread_t threads[THREADS];
	long sum = 0;
	void *result;

	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, start, (void *)i);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		sum += (long)result;
	}
	return sum;
}

static void counting(const char *what, int type, int protocol)
{
	make(&mutex, type, protocol, PTHREAD_MUTEX_STALLED, PTHREAD_PROCESS_PRIVATE);
	counter = 0;
	together(count);
	printf("%s: %ld\n", what, counter);
}

static struct timespec soon(clockid_t clock)
{
	struct timespec when;

	clock_gettime(clock, &when);
	when.tv_nsec += 20000000;
	if (when.tv_nsec >= 1000000000)
		when.tv_sec++, when.tv_nsec -= 1000000000;
	return when;
}

static void *try_for_a_while(void *lock)
{
	struct timespec when = soon(CLOCK_REALTIME);

	return (void *)(long)pthread_mutex_timedlock(lock, &when);
}

static void between_processes(int protocol)
{
	struct shared {
		pthread_mutex_t lock;
		sem_t counted, ready;
		long counter;
	} *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;
	int status;

	make(&shared->lock, PTHREAD_MUTEX_NORMAL, protocol, PTHREAD_MUTEX_ROBUST,
	     PTHREAD_PROCESS_SHARED);
	sem_init(&shared->counted, 1, 0);
	sem_init(&shared->ready, 1, 0);
	child = fork();
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&shared->lock);
		shared->counter++;
		if (i % 30 == 0)
			sched_yield();
		pthread_mutex_unlock(&shared->lock);
	}
	if (child == 0) {
		sem_wait(&shared->counted);
		pthread_mutex_lock(&shared->lock);
		sem_post(&shared->ready);
		usleep(20000);
		_exit(3);
	}
	sem_post(&shared->counted);
	sem_wait(&shared->ready);
	status = pthread_mutex_lock(&shared->lock);
	printf("the child died with it: %s, counted %ld\n", name(status), shared->counter);
	printf("consistent: %s\n", name(pthread_mutex_consistent(&shared->lock)));
	printf("unlock: %s\n", name(pthread_mutex_unlock(&shared->lock)));
	printf("lock: %s\n", name(pthread_mutex_lock(&shared->lock)));
	waitpid(child, &status, 0);
}

int main(void)
{
	pthread_t thread;
	void *result;
	struct timespec when;

	setvbuf(stdout, NULL, _IONBF, 0);
	counting("normal", PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE);
	counting("recursive", PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_NONE);
	counting("checking", PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PRIO_NONE);
	counting("inheriting", PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_INHERIT);
	printf("inheriting, locked by another: ");
	pthread_mutex_lock(&mutex);
	pthread_create(&thread, NULL, try_for_a_while, &mutex);
	pthread_join(thread, &result);
	printf("%s\n", name((long)result));
	pthread_mutex_unlock(&mutex);
	make(&mutex, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_STALLED,
	     PTHREAD_PROCESS_PRIVATE);
	pthread_mutex_lock(&mutex);
	printf("twice: %s\n", name(pthread_mutex_lock(&mutex)));
	pthread_mutex_unlock(&mutex);

	for (int protocol = 0; protocol < 2; protocol++) {
		make(&mutex, PTHREAD_MUTEX_NORMAL, protocol ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE,
		     PTHREAD_MUTEX_STALLED, PTHREAD_PROCESS_PRIVATE);
		memset(turns, 0, sizeof turns);
		together(take_turns);
		printf("turns: %ld %ld %ld %ld\n", turns[0], turns[1], turns[2], turns[3]);
		pthread_mutex_lock(&mutex);
		when = soon(CLOCK_REALTIME);
		printf("nobody signals: %s\n", name(pthread_cond_timedwait(&condition, &mutex, &when)));
		pthread_mutex_unlock(&mutex);
	}

	pthread_barrier_init(&barrier, NULL, THREADS);
	printf("last at the barrier: %ld\n", together(meet));
	counter = 0;
	together(read_and_write);
	printf("written: %ld\n", counter);
	sem_init(&semaphore, 0, 0);
	together(post);
	for (int i = 0; i < 20 * THREADS; i++)
		sem_wait(&semaphore);
	when = soon(CLOCK_REALTIME);
	printf("one more: %s\n", sem_timedwait(&semaphore, &when) < 0 ? name(errno) : "ok");

	for (int protocol = 0; protocol < 2; protocol++) {
		int kind = protocol ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE;

		make(&mutex, PTHREAD_MUTEX_NORMAL, kind, PTHREAD_MUTEX_ROBUST,
		     PTHREAD_PROCESS_PRIVATE);
		pthread_create(&thread, NULL, die_locked, &mutex);
		pthread_join(thread, NULL);
		printf("its thread died: %s\n", name(pthread_mutex_lock(&mutex)));
		printf("unlock: %s\n", name(pthread_mutex_unlock(&mutex)));
		printf("not made consistent: %s\n", name(pthread_mutex_lock(&mutex)));
		between_processes(kind);
	}
	return 0;
}
