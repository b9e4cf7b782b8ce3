/* The threads of the C library: what they share, what each has of its own, how they end. */
#include <semaphore.h>

#include "harness.h"

enum { MANY = 8, ROUNDS = 200 };

static pthread_t start(void *(*function)(void *), void *argument)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, function, argument);

	if (error)
		say_result("pthread_create", as_result(error));
	return thread;
}

static void *join(pthread_t thread)
{
	void *result = NULL;
	int error = pthread_join(thread, &result);

	if (error)
		say_result("pthread_join", as_result(error));
	return result;
}

static void *twice(void *argument)
{
	return (void *)((intptr_t)argument * 2);
}

CASE(join_returns_the_result)
{
	say_number("result", (long)(intptr_t)join(start(twice, (void *)21)));
}

CASE(many_threads_one_after_another)
{
	long sum = 0;

	for (intptr_t i = 0; i < 50; i++)
		sum += (long)(intptr_t)join(start(twice, (void *)i));
	say_number("sum", sum);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static volatile long counter;
static volatile int ready, finished;

static void *count_with_mutex(void *argument)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		if (i % 16 == 0)
			sched_yield();
		pthread_mutex_unlock(&mutex);
	}
	return argument;
}

CASE(a_mutex_protects_a_counter)
{
	pthread_t threads[MANY];

	for (int i = 0; i < MANY; i++)
		threads[i] = start(count_with_mutex, NULL);
	for (int i = 0; i < MANY; i++)
		join(threads[i]);
	say_number("counter", counter);
}

static void *add_atomically(void *argument)
{
	for (int i = 0; i < 5000; i++)
		__atomic_add_fetch((int *)argument, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

CASE(atomic_additions_lose_nothing)
{
	pthread_t threads[4];
	int sum = 0;

	for (int i = 0; i < 4; i++)
		threads[i] = start(add_atomically, &sum);
	for (int i = 0; i < 4; i++)
		join(threads[i]);
	say_number("sum", sum);
}

static void *try_lock(void *argument)
{
	return (void *)(intptr_t)pthread_mutex_trylock(argument);
}

static int set_type(pthread_mutex_t *made, int type)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, type);
	return pthread_mutex_init(made, &attributes);
}

CASE(kinds_of_mutexes)
{
	pthread_mutex_t checking, recursive;

	set_type(&checking, PTHREAD_MUTEX_ERRORCHECK);
	set_type(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_lock(&checking);
	say_result("second lock of a checking one", as_result(pthread_mutex_lock(&checking)));
	say_result("trylock in another thread",
		   as_result((int)(intptr_t)join(start(try_lock, &checking))));
	pthread_mutex_unlock(&checking);
	say_result("unlock of an unlocked one", as_result(pthread_mutex_unlock(&checking)));
	pthread_mutex_lock(&recursive);
	say_result("second lock of a recursive one", as_result(pthread_mutex_lock(&recursive)));
	pthread_mutex_unlock(&recursive);
	say_result("trylock while held once",
		   as_result((int)(intptr_t)join(start(try_lock, &recursive))));
}

static struct timespec soon(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	time.tv_nsec += 5000000;
	if (time.tv_nsec >= 1000000000) {
		time.tv_nsec -= 1000000000;
		time.tv_sec++;
	}
	return time;
}

static void *lock_until(void *argument)
{
	struct timespec time = soon(CLOCK_REALTIME);

	return (void *)(intptr_t)pthread_mutex_timedlock(argument, &time);
}

CASE(waiting_for_a_mutex_times_out)
{
	pthread_mutex_lock(&mutex);
	say_result("timedlock", as_result((int)(intptr_t)join(start(lock_until, &mutex))));
}

static void *hand_over(void *argument)
{
	for (int i = 0; i < 100; i++) {
		pthread_mutex_lock(&mutex);
		while (ready != 1)
			pthread_cond_wait(&condition, &mutex);
		ready = 0;
		counter++;
		pthread_cond_broadcast(&condition);
		pthread_mutex_unlock(&mutex);
	}
	return argument;
}

CASE(a_condition_hands_over)
{
	pthread_t thread = start(hand_over, NULL);

	for (int i = 0; i < 100; i++) {
		pthread_mutex_lock(&mutex);
		while (ready != 0)
			pthread_cond_wait(&condition, &mutex);
		ready = 1;
		pthread_cond_broadcast(&condition);
		pthread_mutex_unlock(&mutex);
	}
	join(thread);
	say_number("handed over", counter);
}

static void *wait_for_ready(void *argument)
{
	pthread_mutex_lock(&mutex);
	counter++;
	while (!ready)
		pthread_cond_wait(&condition, &mutex);
	finished++;
	pthread_mutex_unlock(&mutex);
	return argument;
}

CASE(a_broadcast_wakes_all)
{
	pthread_t threads[MANY];

	for (int i = 0; i < MANY; i++)
		threads[i] = start(wait_for_ready, NULL);
	until(counter == MANY);
	pthread_mutex_lock(&mutex);
	ready = 1;
	pthread_cond_broadcast(&condition);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < MANY; i++)
		join(threads[i]);
	say_number("woken", finished);
}

CASE(a_condition_times_out)
{
	struct timespec time = soon(CLOCK_REALTIME);
	int error = 0;

	pthread_mutex_lock(&mutex);
	while (!error)
		error = pthread_cond_timedwait(&condition, &mutex, &time);
	say_result("timedwait", as_result(error));
	say_result("the mutex is held", as_result((int)(intptr_t)join(start(try_lock, &mutex))));
}

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

static void *try_both(void *argument)
{
	intptr_t *errors = argument;

	errors[0] = pthread_rwlock_tryrdlock(&lock);
	if (!errors[0])
		pthread_rwlock_unlock(&lock);
	errors[1] = pthread_rwlock_trywrlock(&lock);
	if (!errors[1])
		pthread_rwlock_unlock(&lock);
	return NULL;
}

CASE(a_rwlock_has_readers_or_a_writer)
{
	intptr_t errors[2];

	pthread_rwlock_rdlock(&lock);
	join(start(try_both, errors));
	say_result("read while read", as_result((int)errors[0]));
	say_result("write while read", as_result((int)errors[1]));
	pthread_rwlock_unlock(&lock);
	pthread_rwlock_wrlock(&lock);
	join(start(try_both, errors));
	say_result("read while written", as_result((int)errors[0]));
	say_result("write while written", as_result((int)errors[1]));
	pthread_rwlock_unlock(&lock);
}

static void *write_and_check(void *argument)
{
	for (int i = 0; i < 50; i++) {
		pthread_rwlock_wrlock(&lock);
		counter++;
		sched_yield();
		if (counter % 2 == 0)
			finished = -1;
		counter++;
		pthread_rwlock_unlock(&lock);
	}
	return argument;
}

static void *read_and_check(void *argument)
{
	for (int i = 0; i < 50; i++) {
		pthread_rwlock_rdlock(&lock);
		if (counter % 2)
			finished = -1;
		sched_yield();
		pthread_rwlock_unlock(&lock);
	}
	return argument;
}

CASE(readers_see_no_half_written_state)
{
	pthread_t threads[MANY];

	for (int i = 0; i < MANY; i++)
		threads[i] = start(i % 2 ? read_and_check : write_and_check, NULL);
	for (int i = 0; i < MANY; i++)
		join(threads[i]);
	say_number("counter", counter);
	say_yes("half written", finished != 0);
}

static pthread_barrier_t barrier;

static void *meet(void *argument)
{
	intptr_t serial = 0;

	for (int i = 0; i < 20; i++) {
		__atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
		serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
		if (counter != (i + 1) * MANY)
			finished = -1;
		pthread_barrier_wait(&barrier);
	}
	(void)argument;
	return (void *)serial;
}

CASE(a_barrier_holds_all_back)
{
	pthread_t threads[MANY];
	long serial = 0;

	pthread_barrier_init(&barrier, NULL, MANY);
	for (int i = 0; i < MANY; i++)
		threads[i] = start(meet, NULL);
	for (int i = 0; i < MANY; i++)
		serial += (long)(intptr_t)join(threads[i]);
	say_number("serial threads", serial);
	say_yes("somebody went ahead", finished != 0);
}

static sem_t full, empty;
static int slots[4];

static void *produce(void *argument)
{
	for (int i = 1; i <= 100; i++) {
		sem_wait(&empty);
		slots[i % 4] = i;
		sem_post(&full);
	}
	return argument;
}

CASE(semaphores_pass_numbers)
{
	pthread_t thread;
	long sum = 0;

	sem_init(&full, 0, 0);
	sem_init(&empty, 0, 4);
	thread = start(produce, NULL);
	for (int i = 1; i <= 100; i++) {
		sem_wait(&full);
		sum += slots[i % 4];
		sem_post(&empty);
	}
	join(thread);
	say_number("sum", sum);
	say_result("trywait", sem_trywait(&full));
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void count_once(void)
{
	counter++;
	wait_a_little();
}

static void *use_once(void *argument)
{
	pthread_once(&once, count_once);
	(void)argument;
	return (void *)(intptr_t)counter;
}

CASE(once_is_once)
{
	pthread_t threads[MANY];
	long sum = 0;

	for (int i = 0; i < MANY; i++)
		threads[i] = start(use_once, NULL);
	for (int i = 0; i < MANY; i++)
		sum += (long)(intptr_t)join(threads[i]);
	say_number("sum", sum);
}

static __thread long own = 100;

static void *change_own(void *argument)
{
	long before = own;

	for (int i = 0; i < 100; i++) {
		own += (long)(intptr_t)argument;
		sched_yield();
	}
	return (void *)(intptr_t)(before == 100 ? own : -1);
}

CASE(each_thread_has_its_own_variables)
{
	pthread_t threads[MANY];
	long sum = 0;

	for (intptr_t i = 0; i < MANY; i++)
		threads[i] = start(change_own, (void *)i);
	for (int i = 0; i < MANY; i++)
		sum += (long)(intptr_t)join(threads[i]);
	say_number("sum", sum);
	say_number("here", own);
}

static pthread_key_t key;

static void destroy(void *value)
{
	counter += (long)(intptr_t)value;
}

static void *use_key(void *argument)
{
	pthread_setspecific(key, argument);
	return pthread_getspecific(key);
}

CASE(keys_are_destroyed_at_the_end)
{
	pthread_key_create(&key, destroy);
	say_number("value", (long)(intptr_t)join(start(use_key, (void *)7)));
	join(start(use_key, NULL));
	say_number("destroyed", counter);
	say_yes("none here", pthread_getspecific(key) == NULL);
}

static void *fail_a_call(void *argument)
{
	close(-1);
	(void)argument;
	return (void *)(intptr_t)(errno == EBADF);
}

CASE(errno_is_each_threads_own)
{
	errno = ENOENT;
	say_yes("EBADF there", join(start(fail_a_call, NULL)) != NULL);
	say_yes("ENOENT here", errno == ENOENT);
}

CASE(a_detached_thread_cannot_be_joined)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_mutex_lock(&mutex); /* keeps it from ending before it is asked for */
	pthread_create(&thread, &attributes, count_with_mutex, NULL);
	say_result("join", as_result(pthread_join(thread, NULL)));
	pthread_mutex_unlock(&mutex);
	until(counter == ROUNDS);
	say_number("it ran", counter);
}

static void *read_for_ever(void *argument)
{
	char byte;

	read((int)(intptr_t)argument, &byte, 1);
	finished = 1;
	return NULL;
}

CASE(a_sleeping_thread_is_cancelled)
{
	int ends[2];
	pthread_t thread;

	pipe(ends);
	thread = start(read_for_ever, (void *)(intptr_t)ends[0]);
	say_result("cancel", as_result(pthread_cancel(thread)));
	say_yes("PTHREAD_CANCELED", join(thread) == PTHREAD_CANCELED);
	say_yes("it went on", finished);
}

static void clean_up(void *argument)
{
	counter = counter * 10 + (long)(intptr_t)argument;
}

static void *wait_with_cleanup(void *argument)
{
	pthread_cleanup_push(clean_up, (void *)1);
	pthread_cleanup_push(clean_up, (void *)2);
	pthread_mutex_lock(&mutex);
	ready = 1;
	for (;;)
		pthread_cond_wait(&condition, &mutex);
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return argument;
}

CASE(cancelling_runs_cleanup_handlers)
{
	pthread_t thread = start(wait_with_cleanup, NULL);

	until(ready);
	pthread_cancel(thread);
	say_yes("PTHREAD_CANCELED", join(thread) == PTHREAD_CANCELED);
	say_number("handlers", counter);
	say_result("the mutex is held", as_result(pthread_mutex_trylock(&mutex)));
}

static void *ignore_cancelling(void *argument)
{
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	ready = 1;
	while (!finished)
		wait_a_little();
	(void)argument;
	return (void *)3;
}

CASE(a_thread_may_refuse_to_be_cancelled)
{
	pthread_t thread = start(ignore_cancelling, NULL);

	until(ready);
	pthread_cancel(thread);
	finished = 1;
	say_number("result", (long)(intptr_t)join(thread));
}

static void *spin(void *argument)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	ready = 1;
	for (;;)
		;
	return argument;
}

CASE(a_busy_thread_is_cancelled_asynchronously)
{
	pthread_t thread = start(spin, NULL);

	until(ready);
	pthread_cancel(thread);
	say_yes("PTHREAD_CANCELED", join(thread) == PTHREAD_CANCELED);
}

static pthread_t caught_by;
static volatile sig_atomic_t caught;

static void note_thread(int number)
{
	(void)number;
	caught_by = pthread_self();
	caught++;
}

static void *until_caught(void *argument)
{
	(void)argument;
	ready = 1;
	until(caught);
	return NULL;
}

CASE(pthread_kill_picks_the_thread)
{
	pthread_t thread;

	catch(SIGUSR1, note_thread, 0);
	thread = start(until_caught, NULL);
	until(ready);
	say_result("pthread_kill", as_result(pthread_kill(thread, SIGUSR1)));
	until(caught);
	say_yes("in that thread", caught_by == thread);
	join(thread);
}

static void *block_usr2(void *argument)
{
	(void)argument;
	block(SIGUSR2);
	return (void *)(intptr_t)(is_blocked(SIGUSR1) + 2 * is_blocked(SIGUSR2));
}

CASE(each_thread_has_its_own_mask)
{
	long blocked;

	block(SIGUSR1);
	blocked = (long)(intptr_t)join(start(block_usr2, NULL));
	say_yes("inherited", blocked & 1);
	say_yes("SIGUSR2 there", blocked & 2);
	say_yes("SIGUSR2 here", is_blocked(SIGUSR2));
}

CASE(kill_goes_to_a_thread_that_lets_it_in)
{
	pthread_t thread;

	catch(SIGUSR1, note_thread, 0);
	thread = start(until_caught, NULL);
	block(SIGUSR1);
	until(ready);
	kill(getpid(), SIGUSR1);
	until(caught);
	say_yes("in the other thread", caught_by == thread);
	join(thread);
}

static void *pending_here(void *argument)
{
	(void)argument;
	return (void *)(intptr_t)(is_pending(SIGUSR1) + 2 * is_pending(SIGUSR2));
}

CASE(only_signals_to_the_group_are_pending_for_all)
{
	long pending;

	block(SIGUSR1);
	block(SIGUSR2);
	kill(getpid(), SIGUSR1);
	pthread_kill(pthread_self(), SIGUSR2);
	pending = (long)(intptr_t)join(start(pending_here, NULL));
	say_yes("to the group", pending & 1);
	say_yes("to the other thread", pending & 2);
}

static void *wait_for_signal(void *argument)
{
	sigset_t set;
	int number = 0;

	(void)argument;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigwait(&set, &number);
	return (void *)(intptr_t)number;
}

CASE(one_thread_waits_for_signals_of_all)
{
	pthread_t thread;

	block(SIGTERM);
	thread = start(wait_for_signal, NULL);
	kill(getpid(), SIGTERM);
	say_signal("taken", (int)(intptr_t)join(thread));
}

static void *raise_term(void *argument)
{
	kill(getpid(), SIGTERM);
	for (;;)
		pause();
	return argument;
}

static void end_by_a_thread(void)
{
	join(start(raise_term, NULL));
}

CASE(a_fatal_signal_ends_all_threads)
{
	say_end("end", child_that(end_by_a_thread));
}

static void *fault(void *argument)
{
	prctl(PR_SET_DUMPABLE, 0);
	*(volatile int *)argument = 1;
	return NULL;
}

static void fault_in_a_thread(void)
{
	join(start(fault, (void *)16));
}

CASE(a_fault_in_a_thread_ends_all)
{
	say_end("end", child_that(fault_in_a_thread));
}

static void *sleep_for_ever(void *argument)
{
	for (;;)
		pause();
	return argument;
}

static void *exit_with_9(void *argument)
{
	(void)argument;
	exit(9);
}

static void exit_by_a_thread(void)
{
	start(sleep_for_ever, NULL);
	join(start(exit_with_9, NULL));
}

static void return_while_others_run(void)
{
	start(sleep_for_ever, NULL);
	start(spin, NULL);
	until(ready);
	exit(4);
}

CASE(exit_ends_all_threads)
{
	say_end("from a thread", child_that(exit_by_a_thread));
	say_end("from the first", child_that(return_while_others_run));
}

static pthread_t first;

static void *join_first(void *argument)
{
	(void)argument;
	pthread_join(first, NULL);
	say_yes("the first has ended", 1);
	exit(6);
}

static void end_the_first(void)
{
	first = pthread_self();
	start(join_first, NULL);
	pthread_exit(NULL);
}

CASE(others_go_on_when_the_first_ends)
{
	say_end("end", child_that(end_the_first));
}

static void leave_by_the_last(void)
{
	start(twice, NULL);
	pthread_exit(NULL);
}

CASE(the_process_ends_with_its_last_thread)
{
	say_end("end", child_that(leave_by_the_last));
}

static void *fork_and_wait(void *argument)
{
	pid_t child = fork();
	int status;

	(void)argument;
	if (child == 0)
		_exit(getppid() == getpid() || syscall(SYS_gettid) != getpid());
	waitpid(child, &status, 0);
	return (void *)(intptr_t)status;
}

CASE(a_thread_forks_alone)
{
	start(sleep_for_ever, NULL);
	say_status("child", (int)(intptr_t)join(start(fork_and_wait, NULL)));
}

static void before_fork(void)
{
	counter = counter * 10 + 1;
}

static void in_parent(void)
{
	counter = counter * 10 + 2;
}

static void in_child(void)
{
	counter = counter * 10 + 3;
}

CASE(atfork_handlers_run)
{
	pid_t child;

	pthread_atfork(before_fork, in_parent, in_child);
	child = fork();
	if (child == 0)
		_exit((int)counter);
	say_number("parent", counter);
	say_end("child", child);
}

static pthread_mutex_t robust;

static void *die_with_the_lock(void *argument)
{
	(void)argument;
	pthread_mutex_lock(&robust);
	return NULL;
}

static void make_mutex(int protocol, int shared)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setprotocol(&attributes, protocol);
	pthread_mutexattr_setpshared(&attributes, shared);
	say_result("pthread_mutex_init", as_result(pthread_mutex_init(&robust, &attributes)));
}

static void say_robust(void)
{
	join(start(die_with_the_lock, NULL));
	say_result("lock", as_result(pthread_mutex_lock(&robust)));
	say_result("consistent", as_result(pthread_mutex_consistent(&robust)));
	pthread_mutex_unlock(&robust);
	say_result("lock again", as_result(pthread_mutex_lock(&robust)));
	pthread_mutex_unlock(&robust);
	join(start(die_with_the_lock, NULL));
	pthread_mutex_lock(&robust);
	pthread_mutex_unlock(&robust);
	say_result("lock once given up", as_result(pthread_mutex_lock(&robust)));
}

CASE(a_robust_mutex_outlives_its_owner)
{
	make_mutex(PTHREAD_PRIO_NONE, PTHREAD_PROCESS_PRIVATE);
	say_robust();
}

CASE(a_robust_pi_mutex_outlives_its_owner)
{
	make_mutex(PTHREAD_PRIO_INHERIT, PTHREAD_PROCESS_PRIVATE);
	say_robust();
}

static void *wait_for_robust(void *argument)
{
	(void)argument;
	return (void *)(intptr_t)pthread_mutex_lock(&robust);
}

static void *lock_and_wait(void *argument)
{
	pthread_mutex_lock(&robust);
	ready = 1;
	while (!finished)
		wait_a_little();
	return argument;
}

CASE(a_waiter_for_a_robust_mutex_is_woken)
{
	pthread_t owner, waiter;

	make_mutex(PTHREAD_PRIO_NONE, PTHREAD_PROCESS_PRIVATE);
	owner = start(lock_and_wait, NULL);
	until(ready);
	waiter = start(wait_for_robust, NULL);
	wait_a_little();
	finished = 1;
	join(owner);
	say_result("lock", as_result((int)(intptr_t)join(waiter)));
}

CASE(a_pi_mutex_protects_a_counter)
{
	pthread_mutexattr_t attributes;
	pthread_t threads[4];

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	say_result("pthread_mutex_init", as_result(pthread_mutex_init(&mutex, &attributes)));
	for (int i = 0; i < 4; i++)
		threads[i] = start(count_with_mutex, NULL);
	for (int i = 0; i < 4; i++)
		join(threads[i]);
	say_number("counter", counter);
}

static void *use_stack(void *argument)
{
	volatile char page[48 << 10];

	for (size_t i = 0; i < sizeof page; i += 1024)
		page[i] = 1;
	(void)argument;
	return (void *)(intptr_t)page[1024];
}

CASE(stack_sizes)
{
	pthread_attr_t attributes;
	pthread_t thread;
	size_t size;

	pthread_attr_init(&attributes);
	say_result("too small", as_result(pthread_attr_setstacksize(&attributes, 100)));
	pthread_attr_setstacksize(&attributes, 256 << 10);
	pthread_create(&thread, &attributes, use_stack, NULL);
	say_number("result", (long)(intptr_t)join(thread));
	pthread_attr_getstacksize(&attributes, &size);
	say_number("size", (long)size);
}

static void *flags_of_altstack(void *argument)
{
	stack_t stack;

	(void)argument;
	sigaltstack(NULL, &stack);
	return (void *)(intptr_t)stack.ss_flags;
}

CASE(a_new_thread_has_no_alternate_stack)
{
	static char area[65536];

	sigaltstack(&(stack_t){ .ss_sp = area, .ss_size = sizeof area }, NULL);
	say_yes("disabled", (intptr_t)join(start(flags_of_altstack, NULL)) == SS_DISABLE);
}

CASE(names_of_threads)
{
	char name[16] = "";

	say_result("set", as_result(pthread_setname_np(pthread_self(), "first")));
	say_result("too long", as_result(pthread_setname_np(pthread_self(), "sixteen letters.")));
	prctl(PR_GET_NAME, name);
	say("name", "%s", name);
}

static void *turn(void *argument)
{
	int *ends = argument;
	char byte;

	while (read(ends[0], &byte, 1) == 1 && byte < 100) {
		byte++;
		write(ends[3], &byte, 1);
	}
	return NULL;
}

CASE(two_threads_play_ping_pong_over_pipes)
{
	int ends[4];
	char byte = 0;
	pthread_t thread;

	pipe(ends);
	pipe(ends + 2);
	thread = start(turn, ends);
	do {
		byte++;
		write(ends[1], &byte, 1);
	} while (byte < 100 && read(ends[2], &byte, 1) == 1);
	join(thread);
	say_number("last", byte);
}
