/* Every operation of futex(2), called directly. */
#include <linux/futex.h>

#include "harness.h"

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

enum { MANY = 5, ALL = 1000 };

static long futex(int *word, int operation, int value, const struct timespec *time, int *second,
		  int third)
{
	return syscall(SYS_futex, word, operation, value, time, second, third);
}

/* The place of the timeout holds a second count. */
static long futex2(int *word, int operation, int value, long count, int *second, int third)
{
	return syscall(SYS_futex, word, operation, value, count, second, third);
}

static long wake(int *word, int count)
{
	return futex(word, FUTEX_WAKE, count, NULL, NULL, 0);
}

static int first, second, third;
static volatile int woken;

static void *wait_on(void *word)
{
	futex(word, FUTEX_WAIT, 0, NULL, NULL, 0);
	__atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static pthread_t start(void *(*function)(void *), void *argument)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, function, argument))
		say_result("pthread_create", -1);
	return thread;
}

/* Starts threads and returns when all of them sleep on a word: each is moved there from another. */
static void start_waiters(pthread_t *threads, int count, int *word)
{
	static int door;
	long moved = 0;

	for (int i = 0; i < count; i++)
		threads[i] = start(wait_on, &door);
	until((moved += futex2(&door, FUTEX_CMP_REQUEUE, 0, ALL, word, 0)) >= count);
}

static void join_all(pthread_t *threads, int count)
{
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

CASE(wait_for_another_value_is_eagain)
{
	say_result("wait", futex(&first, FUTEX_WAIT, 1, NULL, NULL, 0));
	say_result("wait privately", futex(&first, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0));
}

CASE(wait_times_out)
{
	struct timespec little = { 0, 2000000 }, none = { 0, 0 }, past = { 1, 0 };

	say_result("wait", futex(&first, FUTEX_WAIT, 0, &little, NULL, 0));
	say_result("wait for no time", futex(&first, FUTEX_WAIT, 0, &none, NULL, 0));
	say_result("until the past",
		   futex(&first, FUTEX_WAIT_BITSET, 0, &past, NULL, FUTEX_BITSET_MATCH_ANY));
	say_result("until the past of the wall clock",
		   futex(&first, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &past, NULL,
			 FUTEX_BITSET_MATCH_ANY));
}

CASE(bad_arguments)
{
	struct timespec much = { 0, 1000000000 }, negative = { -1, 0 };

	say_result("nanoseconds", futex(&first, FUTEX_WAIT, 0, &much, NULL, 0));
	say_result("negative time", futex(&first, FUTEX_WAIT, 0, &negative, NULL, 0));
	say_result("address between words", futex((int *)((char *)&first + 1), FUTEX_WAIT, 0, NULL, NULL, 0));
	say_result("wake between words", wake((int *)((char *)&first + 2), 1));
	say_result("wait at a bad address", futex((int *)8, FUTEX_WAIT, 0, NULL, NULL, 0));
	say_result("wake at a bad address", wake((int *)8, 1));
	say_result("private wake at a bad address", futex((int *)8, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
	say_result("time at a bad address", futex(&first, FUTEX_WAIT, 0, (void *)8, NULL, 0));
	say_result("unknown operation", futex(&first, 99, 0, NULL, NULL, 0));
	say_result("wall clock for a wake", futex(&first, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0));
	say_result("no bits to wait for", futex(&first, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0));
	say_result("no bits to wake", futex(&first, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
	say_result("requeue of a negative count", futex2(&first, FUTEX_REQUEUE, 0, -1, &second, 0));
}

CASE(wake_counts_whom_it_wakes)
{
	pthread_t threads[MANY];

	say_result("nobody", wake(&first, ALL));
	start_waiters(threads, MANY, &first);
	say_result("at another word", wake(&second, ALL));
	say_result("two", wake(&first, 2));
	until(woken == 2);
	say_number("woken", woken);
	say_result("the others", wake(&first, ALL));
	join_all(threads, MANY);
	say_result("then nobody", wake(&first, ALL));
}

CASE(wake_of_none_wakes_one)
{
	pthread_t threads[2];

	start_waiters(threads, 2, &first);
	say_result("wake 0", wake(&first, 0));
	say_result("the others", wake(&first, ALL));
	join_all(threads, 2);
}

static int order[MANY], places;

static void *wait_in_order(void *argument)
{
	futex(&first, FUTEX_WAIT_BITSET, 0, NULL, NULL, 1 << (intptr_t)argument);
	order[__atomic_fetch_add(&places, 1, __ATOMIC_SEQ_CST)] = (int)(intptr_t)argument;
	return NULL;
}

CASE(bits_choose_whom_to_wake)
{
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		threads[i] = start(wait_in_order, (void *)(intptr_t)i);
	until(futex(&first, FUTEX_WAKE_BITSET, ALL, NULL, NULL, 4) == 1);
	pthread_join(threads[2], NULL);
	until(futex(&first, FUTEX_WAKE_BITSET, ALL, NULL, NULL, 1) == 1);
	pthread_join(threads[0], NULL);
	say_result("bits of nobody", futex(&first, FUTEX_WAKE_BITSET, ALL, NULL, NULL, 8));
	until(futex(&first, FUTEX_WAKE_BITSET, ALL, NULL, NULL, ~5) == 1);
	pthread_join(threads[1], NULL);
	say("order", "%d %d %d", order[0], order[1], order[2]);
}

CASE(requeue_moves_waiters)
{
	pthread_t threads[MANY];

	start_waiters(threads, MANY, &first);
	say_result("wake 1 and move 2", futex2(&first, FUTEX_REQUEUE, 1, 2, &second, 0));
	say_result("there", wake(&second, ALL));
	say_result("here", wake(&first, ALL));
	join_all(threads, MANY);
}

CASE(cmp_requeue_counts_both)
{
	pthread_t threads[MANY];

	start_waiters(threads, MANY, &first);
	say_result("another value", futex2(&first, FUTEX_CMP_REQUEUE, 1, ALL, &second, 7));
	say_result("wake 1 and move 2", futex2(&first, FUTEX_CMP_REQUEUE, 1, 2, &second, 0));
	say_result("there", wake(&second, ALL));
	say_result("here", wake(&first, ALL));
	join_all(threads, MANY);
}

CASE(a_waiter_is_moved_twice)
{
	pthread_t thread;

	start_waiters(&thread, 1, &first);
	say_result("once", futex2(&first, FUTEX_CMP_REQUEUE, 0, ALL, &second, 0));
	say_result("twice", futex2(&second, FUTEX_CMP_REQUEUE, 0, ALL, &third, 0));
	say_result("wake", wake(&third, ALL));
	join_all(&thread, 1);
}

static void say_operation(const char *what, int operation, int argument, int before)
{
	first = before;
	if (futex2(&second, FUTEX_WAKE_OP, 1, 1, &first, FUTEX_OP(operation, argument, FUTEX_OP_CMP_EQ, 0)))
		say_result(what, -1);
	say(what, "%d", first);
}

CASE(wake_op_changes_the_second_word)
{
	say_operation("set", FUTEX_OP_SET, 9, 5);
	say_operation("add", FUTEX_OP_ADD, 9, 5);
	say_operation("add -1", FUTEX_OP_ADD, -1, 5);
	say_operation("or", FUTEX_OP_OR, 10, 5);
	say_operation("and not", FUTEX_OP_ANDN, 4, 5);
	say_operation("xor", FUTEX_OP_XOR, 15, 5);
	say_operation("or a shifted bit", FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT, 12, 5);
	first = 0;
	say_result("unknown operation", futex2(&second, FUTEX_WAKE_OP, 1, 1, &first,
					       FUTEX_OP(6, 0, FUTEX_OP_CMP_EQ, 0)));
	say_result("unknown comparison", futex2(&second, FUTEX_WAKE_OP, 1, 1, &first,
						FUTEX_OP(FUTEX_OP_SET, 0, 9, 0)));
}

static void say_comparison(const char *what, int comparison, int argument)
{
	pthread_t thread;

	first = 0;
	start_waiters(&thread, 1, &first);
	first = 5;
	say_result(what, futex2(&second, FUTEX_WAKE_OP, 1, 1, &first,
				FUTEX_OP(FUTEX_OP_ADD, 1, comparison, argument)));
	wake(&first, ALL);
	pthread_join(thread, NULL);
}

CASE(wake_op_compares_the_old_value)
{
	say_comparison("5 == 5", FUTEX_OP_CMP_EQ, 5);
	say_comparison("5 == 6", FUTEX_OP_CMP_EQ, 6);
	say_comparison("5 != 6", FUTEX_OP_CMP_NE, 6);
	say_comparison("5 < 5", FUTEX_OP_CMP_LT, 5);
	say_comparison("5 <= 5", FUTEX_OP_CMP_LE, 5);
	say_comparison("5 > -1", FUTEX_OP_CMP_GT, -1);
	say_comparison("5 >= 6", FUTEX_OP_CMP_GE, 6);
}

CASE(wake_op_wakes_at_both_words)
{
	pthread_t here[2], there[2];

	start_waiters(here, 2, &first);
	start_waiters(there, 2, &second);
	say_result("woken", futex2(&first, FUTEX_WAKE_OP, ALL, 1, &second,
				   FUTEX_OP(FUTEX_OP_SET, 1, FUTEX_OP_CMP_EQ, 0)));
	say_number("value", second);
	say_result("left there", wake(&second, ALL));
	join_all(here, 2);
	join_all(there, 2);
}

static void *wait_privately(void *word)
{
	futex(word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	return NULL;
}

CASE(private_and_shared_are_two_queues)
{
	pthread_t thread = start(wait_privately, &first);
	long moved;

	until((moved = futex2(&first, FUTEX_CMP_REQUEUE_PRIVATE, 0, 1, &second, 0)) == 1);
	say_result("moved", moved);
	say_result("shared wake", wake(&second, ALL));
	say_result("private wake", futex(&second, FUTEX_WAKE_PRIVATE, ALL, NULL, NULL, 0));
	pthread_join(thread, NULL);
}

static int *shared;

static void wait_in_child(void)
{
	long result = futex(shared, FUTEX_WAIT, 0, NULL, NULL, 0);

	say_result("wait", result);
}

CASE(a_futex_is_shared_with_a_child)
{
	pid_t child;

	shared = shared_memory(sizeof *shared);
	child = child_that(wait_in_child);
	until(wake(shared, ALL) == 1);
	say_end("child", child);
}

CASE(private_memory_is_not_shared_with_a_child)
{
	pid_t child;

	shared = &first;
	child = fork();
	if (child == 0) {
		struct timespec time = { 0, 30000000 };

		say_result("wait", futex(shared, FUTEX_WAIT, 0, &time, NULL, 0));
		_exit(0);
	}
	for (int i = 0; i < 10; i++) {
		if (wake(shared, ALL))
			say("wake", "reached the child");
		wait_a_little();
	}
	say_end("child", child);
}

CASE(two_mappings_of_a_file_are_one_futex)
{
	int file = temporary_file();
	int *here, *there;
	pthread_t thread;

	ftruncate(file, 4096);
	here = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	there = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	thread = start(wait_on, here + 5);
	until(wake(there + 5, ALL) == 1);
	pthread_join(thread, NULL);
	say_number("woken", woken);
}

CASE(processes_take_turns_with_a_futex)
{
	int *turn = shared_memory(sizeof *turn);
	pid_t child = fork();
	int self = child == 0;

	for (int i = 0; i < 100; i++) {
		while (__atomic_load_n(turn, __ATOMIC_SEQ_CST) % 2 != self)
			futex(turn, FUTEX_WAIT, *turn % 2 == self ? -1 : *turn, NULL, NULL, 0);
		__atomic_add_fetch(turn, 1, __ATOMIC_SEQ_CST);
		wake(turn, 1);
	}
	if (self)
		_exit(0);
	say_end("child", child);
	say_number("turns", *turn);
}

static void *try_pi(void *word)
{
	return (void *)(intptr_t)(futex(word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0) ? errno : 0);
}

static void *unlock_pi(void *word)
{
	return (void *)(intptr_t)(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) ? errno : 0);
}

static int error_of(void *(*function)(void *), void *word)
{
	void *error;

	pthread_join(start(function, word), &error);
	return (int)(intptr_t)error;
}

CASE(a_pi_futex_has_an_owner)
{
	struct timespec past = { 1, 0 };

	say_result("lock", futex(&first, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	say_yes("the word is the tid", first == getpid());
	say_result("lock again", futex(&first, FUTEX_LOCK_PI, 0, &past, NULL, 0));
	say_result("trylock elsewhere", as_result(error_of(try_pi, &first)));
	say_result("unlock elsewhere", as_result(error_of(unlock_pi, &first)));
	say_result("unlock", futex(&first, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	say_number("word", first);
	say_result("unlock again", futex(&first, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
}

static void *lock_pi_until(void *word)
{
	struct timespec past = { 1, 0 };

	return (void *)(intptr_t)(futex(word, FUTEX_LOCK_PI, 0, &past, NULL, 0) ? errno : 0);
}

CASE(waiting_for_a_pi_futex_times_out)
{
	futex(&first, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	say_result("lock elsewhere", as_result(error_of(lock_pi_until, &first)));
	say_yes("the owner is the same", (first & FUTEX_TID_MASK) == getpid());
}

static void *lock_and_unlock_pi(void *word)
{
	long result = futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);

	woken = 1;
	if (!result)
		result = (first & FUTEX_TID_MASK) != syscall(SYS_gettid);
	return (void *)(intptr_t)(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) || result);
}

CASE(a_pi_futex_is_handed_over)
{
	pthread_t thread;
	void *failed;

	futex(&first, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	thread = start(lock_and_unlock_pi, &first);
	until(__atomic_load_n(&first, __ATOMIC_SEQ_CST) & FUTEX_WAITERS);
	say_yes("it waits", (first & FUTEX_WAITERS) && !woken);
	say_result("unlock", futex(&first, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	pthread_join(thread, &failed);
	say_yes("failed", failed != NULL);
	say_number("word", first);
}

CASE(a_pi_futex_of_nobody)
{
	first = 0x3ffffff;
	say_result("lock", futex(&first, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
}

CASE(lock_pi2_takes_the_monotonic_clock)
{
	struct timespec past = { 1, 0 };

	say_result("lock", futex(&first, FUTEX_LOCK_PI2, 0, &past, NULL, 0));
	say_result("unlock", futex(&first, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
}

static void *wait_requeue_pi(void *argument)
{
	long result = futex(&first, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &second, 0);

	(void)argument;
	if (!result)
		result = (second & FUTEX_TID_MASK) != syscall(SYS_gettid);
	return (void *)(intptr_t)(futex(&second, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) || result);
}

CASE(waiters_are_requeued_to_a_pi_futex)
{
	pthread_t threads[2];
	long moved = 0;
	void *failed;

	futex(&second, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	for (int i = 0; i < 2; i++)
		threads[i] = start(wait_requeue_pi, NULL);
	until((moved += futex2(&first, FUTEX_CMP_REQUEUE_PI, 1, ALL, &second, 0)) >= 2);
	say_number("moved", moved);
	say_result("unlock", futex(&second, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], &failed);
		say_yes("failed", failed != NULL);
	}
}

static struct robust_list_head head;
static struct {
	struct robust_list list;
	int word;
} held;

static volatile int failed;

static void *die_holding(void *argument)
{
	(void)argument;
	head.list.next = &held.list;
	head.futex_offset = (long)((char *)&held.word - (char *)&held.list);
	held.list.next = &head.list;
	held.word = (int)syscall(SYS_gettid) | (int)FUTEX_WAITERS;
	if (syscall(SYS_set_robust_list, &head, sizeof head)) {
		say_result("set_robust_list", -1);
		failed = 1;
	}
	return NULL;
}

CASE(a_dead_owner_is_marked_in_its_robust_list)
{
	pthread_join(start(die_holding, NULL), NULL);
	if (!failed)
		until(held.word & FUTEX_OWNER_DIED);
	say("word", "%08x", failed ? 0 : held.word);
	say_result("list of another size", syscall(SYS_set_robust_list, &head, 1));
}

static void *wait_for_held(void *argument)
{
	(void)argument;
	while (!(__atomic_load_n(&held.word, __ATOMIC_SEQ_CST) & FUTEX_OWNER_DIED))
		futex(&held.word, FUTEX_WAIT, held.word, NULL, NULL, 0);
	return NULL;
}

static void *die_holding_late(void *argument)
{
	die_holding(argument);
	until(woken);
	return NULL;
}

CASE(a_dead_owner_wakes_one_waiter)
{
	pthread_t owner = start(die_holding_late, NULL), waiter;

	until(held.word);
	waiter = start(wait_for_held, NULL);
	wait_a_little();
	woken = 1;
	pthread_join(owner, NULL);
	pthread_join(waiter, NULL);
	say("word", "%08x", held.word);
}

CASE(get_robust_list_returns_it)
{
	struct robust_list_head *found = NULL;
	size_t size = 0;

	syscall(SYS_set_robust_list, &head, sizeof head);
	say_result("get_robust_list", syscall(SYS_get_robust_list, 0, &found, &size));
	say_yes("the same", found == &head && size == sizeof head);
	say_result("of nobody", syscall(SYS_get_robust_list, 0x3fffffff, &found, &size));
}

struct waiter {
	uint64_t value, address;
	uint32_t flags, reserved;
};

enum { SIZE_U32 = 2 };

static long waitv(struct waiter *waiters, unsigned int count, void *time)
{
	return syscall(SYS_futex_waitv, waiters, count, 0, time, CLOCK_MONOTONIC);
}

static struct waiter waiter_for(int *word, int value)
{
	return (struct waiter){ (uint64_t)value, (uint64_t)(uintptr_t)word, SIZE_U32, 0 };
}

CASE(errors_of_waitv)
{
	struct waiter waiters[2] = { waiter_for(&first, 0), waiter_for(&second, 1) };
	struct { int64_t seconds, nanoseconds; } past = { 1, 0 };

	say_result("another value", waitv(waiters, 2, NULL));
	say_result("no waiters", waitv(waiters, 0, NULL));
	say_result("too many", waitv(waiters, 129, NULL));
	say_result("bad address", waitv((void *)8, 1, NULL));
	say_result("until the past", waitv(waiters, 1, &past));
	waiters[0].flags = 0x40;
	say_result("unknown flags", waitv(waiters, 1, NULL));
	waiters[0] = waiter_for(&first, 0);
	waiters[0].reserved = 1;
	say_result("reserved field", waitv(waiters, 1, NULL));
}

static void *wait_on_three(void *argument)
{
	struct waiter waiters[3] = { waiter_for(&first, 0), waiter_for(&second, 0),
				     waiter_for(&third, 0) };

	(void)argument;
	return (void *)(intptr_t)waitv(waiters, 3, NULL);
}

CASE(waitv_tells_which_was_woken)
{
	pthread_t thread;
	void *index;

	if (waitv(NULL, 0, NULL) && errno == ENOSYS) {
		say_result("waitv", -1);
		return;
	}
	thread = start(wait_on_three, NULL);
	until(wake(&second, ALL) == 1);
	pthread_join(thread, &index);
	say_number("index", (long)(intptr_t)index);
	say_result("nobody is left", wake(&first, ALL));
}

CASE(fd_is_gone)
{
	say_result("FUTEX_FD", futex(&first, FUTEX_FD, 0, NULL, NULL, 0));
}
