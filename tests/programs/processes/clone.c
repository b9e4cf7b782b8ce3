/* clone(2) and clone3(2), flag by flag, and what belongs to a thread of the kernel. */
#include <linux/sched.h>
#include <poll.h>

#include "harness.h"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ull
#endif

enum { STACK = 65536 };

static volatile int value;
static volatile pid_t told_pid, told_tid, told_parent;
static int descriptor = -1;

static int tell(void *argument)
{
	(void)argument;
	value = 1;
	told_pid = (pid_t)syscall(SYS_getpid);
	told_tid = (pid_t)syscall(SYS_gettid);
	told_parent = (pid_t)syscall(SYS_getppid);
	return 3;
}

static pid_t start(int (*function)(void *), int flags, void *argument, pid_t *parent_tid,
		   pid_t *child_tid)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return clone(function, stack + STACK, flags, argument, parent_tid, NULL, child_tid);
}

/* A thread by clone() leaves its end in a word that the kernel clears. */
static pid_t thread_word;

static pid_t start_thread(int (*function)(void *), void *argument)
{
	thread_word = -1;
	return start(function,
		     CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			     CLONE_SYSVSEM | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID,
		     argument, &thread_word, &thread_word);
}

static void wait_for_thread(void)
{
	until(__atomic_load_n(&thread_word, __ATOMIC_SEQ_CST) == 0);
}

CASE(without_clone_vm_memory_is_a_copy)
{
	pid_t child = start(tell, SIGCHLD, NULL, NULL, NULL);

	say_end("end", child);
	say_number("value", value);
}

CASE(clone_vm_shares_memory)
{
	pid_t child = start(tell, CLONE_VM | SIGCHLD, NULL, NULL, NULL);

	say_end("end", child);
	say_number("value", value);
	say_yes("a process of its own", told_pid == child && told_tid == child);
	say_yes("child of this one", told_parent == getpid());
}

CASE(clone_thread_stays_in_the_process)
{
	pid_t tid = start_thread(tell, NULL);

	wait_for_thread();
	say_yes("same pid", told_pid == getpid());
	say_yes("own tid", told_tid == tid && tid != getpid());
	say_yes("same parent", told_parent == getppid());
	say_result("wait", waitpid(-1, NULL, __WALL));
}

CASE(clone_parent_settid_tells_before_it_returns)
{
	pid_t tid = 0, child = start(tell, CLONE_PARENT_SETTID | SIGCHLD, NULL, &tid, NULL);

	say_yes("the same", tid == child);
	reap(child);
}

static pid_t told;

static int check_told(void *argument)
{
	(void)argument;
	return told == syscall(SYS_gettid) ? 0 : 1;
}

CASE(clone_child_settid_tells_the_child)
{
	pid_t child = start(check_told, CLONE_CHILD_SETTID | SIGCHLD, NULL, NULL, &told);

	say_end("end", child);
	say_number("here", told);
}

CASE(clone_child_cleartid_clears_and_wakes)
{
	pid_t word = 77, child;

	child = start(tell, CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, NULL, NULL, &word);
	say_end("end", child);
	say_number("word", word);
}

static int set_address(void *argument)
{
	return syscall(SYS_set_tid_address, argument) == syscall(SYS_gettid) ? 0 : 1;
}

CASE(set_tid_address_does_the_same)
{
	pid_t word = 77, child = start(set_address, CLONE_VM | SIGCHLD, &word, NULL, NULL);

	say_end("end", child);
	say_number("word", word);
	say_yes("returns the tid", syscall(SYS_set_tid_address, &word) == getpid());
}

static int close_it(void *argument)
{
	(void)argument;
	return close(descriptor);
}

static void say_descriptors(int flags)
{
	descriptor = open("/dev/null", O_RDONLY);
	say_end("end", start(close_it, flags | SIGCHLD, NULL, NULL, NULL));
	say_result("close", close(descriptor));
}

CASE(without_clone_files_descriptors_are_a_copy)
{
	say_descriptors(0);
}

CASE(clone_files_shares_descriptors)
{
	say_descriptors(CLONE_FILES);
}

static int change_directory(void *argument)
{
	(void)argument;
	umask(077);
	return chdir("/dev");
}

static void say_directory(int flags)
{
	char path[256] = "";

	chdir("/");
	say_end("end", start(change_directory, flags | SIGCHLD, NULL, NULL, NULL));
	getcwd(path, sizeof path);
	say("directory", "%s", path);
	say("umask", "%03o", umask(0));
}

CASE(without_clone_fs_the_directory_is_a_copy)
{
	say_directory(0);
}

CASE(clone_fs_shares_the_directory)
{
	say_directory(CLONE_FS);
}

static int ignore_usr1(void *argument)
{
	(void)argument;
	signal(SIGUSR1, SIG_IGN);
	block(SIGUSR2);
	return 0;
}

static void say_handlers(int flags)
{
	struct sigaction action;

	say_end("end", start(ignore_usr1, flags | CLONE_VM | SIGCHLD, NULL, NULL, NULL));
	sigaction(SIGUSR1, NULL, &action);
	say_yes("ignored here", action.sa_handler == SIG_IGN);
	say_yes("blocked here", is_blocked(SIGUSR2));
}

CASE(without_clone_sighand_handlers_are_a_copy)
{
	say_handlers(0);
}

CASE(clone_sighand_shares_handlers_not_masks)
{
	say_handlers(CLONE_SIGHAND);
}

static int sleep_and_tell(void *argument)
{
	wait_a_little();
	return tell(argument);
}

CASE(clone_vfork_waits_for_the_end)
{
	pid_t child = start(sleep_and_tell, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL, NULL, NULL);

	say_number("value", value);
	say_end("end", child);
}

CASE(vfork_lends_its_memory)
{
	static volatile int lent;
	pid_t child = vfork();

	if (child == 0) {
		lent = 5;
		_exit(2);
	}
	say_number("value", lent);
	say_end("end", child);
}

static void clone_a_sibling(void)
{
	pid_t parent = getppid();
	int status;
	pid_t sibling = start(tell, CLONE_PARENT | CLONE_VM | CLONE_VFORK | SIGCHLD, NULL, NULL,
			      NULL);

	say_yes("parent of the sibling", told_parent == parent);
	say_result("wait", waitpid(sibling, &status, __WALL));
	_exit(1);
}

CASE(clone_parent_makes_a_sibling)
{
	pid_t child = child_that(clone_a_sibling);

	say_end("child", child);
	say_yes("one more to wait for", waitpid(-1, NULL, 0) > 0);
	say_result("then none", waitpid(-1, NULL, 0));
}

CASE(a_child_without_exit_signal)
{
	int status = 0;
	pid_t child = start(tell, 0, NULL, NULL, NULL);

	say_result("wait", waitpid(child, &status, 0));
	say_yes("with __WCLONE", waitpid(child, &status, __WCLONE) == child);
	child = start(tell, 0, NULL, NULL, NULL);
	say_yes("with __WALL", waitpid(child, &status, __WALL) == child);
	say_status("status", status);
	child = start(tell, SIGCHLD, NULL, NULL, NULL);
	say_result("an ordinary one with __WCLONE", waitpid(child, &status, __WCLONE));
	reap(child);
}

static volatile sig_atomic_t caught;

static void note(int number)
{
	caught = number;
}

CASE(another_exit_signal)
{
	int status;
	pid_t child;

	catch(SIGUSR1, note, SA_RESTART);
	child = start(tell, SIGUSR1, NULL, NULL, NULL);
	say_yes("wait", waitpid(child, &status, __WALL) == child);
	until(caught);
	say_signal("caught", caught);
}

CASE(clone_pidfd_gives_a_descriptor)
{
	int pidfd = -1;
	pid_t child = start(tell, CLONE_PIDFD | SIGCHLD, NULL, &pidfd, NULL);
	struct pollfd poll_it = { pidfd, POLLIN, 0 };

	say_yes("descriptor", pidfd >= 0);
	reap(child);
	if (pidfd < 0)
		return;
	say_yes("close-on-exec", fcntl(pidfd, F_GETFD) == FD_CLOEXEC);
	say_result("poll", poll(&poll_it, 1, 0));
	say_yes("readable", poll_it.revents & POLLIN);
}

CASE(flags_that_do_not_go_together)
{
	say_result("SIGHAND without VM", start(tell, CLONE_SIGHAND | SIGCHLD, NULL, NULL, NULL));
	say_result("THREAD without SIGHAND",
		   start(tell, CLONE_THREAD | CLONE_VM | SIGCHLD, NULL, NULL, NULL));
	say_result("NEWNS with FS", start(tell, CLONE_NEWNS | CLONE_FS | SIGCHLD, NULL, NULL, NULL));
	say_result("PIDFD with PARENT_SETTID",
		   start(tell, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, NULL, &told, NULL));
	say_result("wait", waitpid(-1, NULL, __WALL));
}

/* All of the first version's fields. */
struct arguments {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	uint64_t more[8];
};

static pid_t clone3(struct arguments arguments, size_t size)
{
	pid_t child = (pid_t)syscall(SYS_clone3, &arguments, size);

	if (child == 0)
		_exit(8);
	return child;
}

#define ADDRESS(object) ((uint64_t)(uintptr_t)(object))

CASE(clone3_forks)
{
	pid_t tid = 0;
	pid_t child = clone3((struct arguments){ .flags = CLONE_PARENT_SETTID,
						 .parent_tid = ADDRESS(&tid),
						 .exit_signal = SIGCHLD },
			     64);

	say_yes("the same tid", child > 0 && tid == child);
	say_end("end", child);
}

CASE(clone3_gives_a_pidfd_and_the_tid)
{
	int pidfd = -1;
	pid_t tid = 0;
	pid_t child = clone3((struct arguments){ .flags = CLONE_PIDFD | CLONE_PARENT_SETTID,
						 .pidfd = ADDRESS(&pidfd),
						 .parent_tid = ADDRESS(&tid),
						 .exit_signal = SIGCHLD },
			     64);

	say_yes("descriptor", pidfd >= 0);
	say_yes("the same tid", child > 0 && tid == child);
	say_end("end", child);
}

CASE(errors_of_clone3)
{
	struct arguments plain = { .exit_signal = SIGCHLD };
	struct arguments changed = plain;

	say_result("too small", clone3(plain, 56));
	say_result("larger than a page", clone3(plain, 5000));
	changed.more[3] = 1;
	say_result("a later version's field", clone3(changed, sizeof changed));
	changed = plain;
	changed.stack = ADDRESS(&plain);
	say_result("a stack without size", clone3(changed, 64));
	changed = plain;
	changed.stack_size = 4096;
	say_result("a size without stack", clone3(changed, 64));
	changed = plain;
	changed.flags = 1ull << 40;
	say_result("unknown flags", clone3(changed, 64));
	changed.flags = SIGCHLD;
	say_result("the signal among the flags", clone3(changed, 64));
	changed = plain;
	changed.exit_signal = 300;
	say_result("bad exit signal", clone3(changed, 64));
	changed = plain;
	changed.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
	say_result("an exit signal for a thread", clone3(changed, 64));
	changed = plain;
	changed.flags = CLONE_CLEAR_SIGHAND | CLONE_SIGHAND | CLONE_VM;
	say_result("CLEAR_SIGHAND with SIGHAND", clone3(changed, 64));
	say_result("bad address", syscall(SYS_clone3, 8l, 64));
}

CASE(clone_clear_sighand_resets_handlers)
{
	struct arguments arguments = { .flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD };
	struct sigaction caught_one, ignored_one;
	pid_t child;

	catch(SIGUSR1, note, 0);
	signal(SIGUSR2, SIG_IGN);
	child = (pid_t)syscall(SYS_clone3, &arguments, 64);
	if (child == 0) {
		sigaction(SIGUSR1, NULL, &caught_one);
		sigaction(SIGUSR2, NULL, &ignored_one);
		_exit((caught_one.sa_handler == SIG_DFL) + 2 * (ignored_one.sa_handler == SIG_IGN));
	}
	say_end("end", child);
}

CASE(unshare_files_makes_a_copy)
{
	pid_t child;

	descriptor = open("/dev/null", O_RDONLY);
	say_result("unshare of what is not shared", unshare(CLONE_FILES | CLONE_FS));
	child = fork();
	if (child == 0) {
		pid_t inner = start(close_it, CLONE_FILES | SIGCHLD, NULL, NULL, NULL);

		reap(inner);
		_exit(close(descriptor) == -1);
	}
	say_end("shared", child);
	say_result("unshare with an unknown flag", unshare(1));
}

static int exit_at_once(void *argument)
{
	(void)argument;
	syscall(SYS_exit, 5);
	return 0;
}

CASE(exit_ends_only_the_thread)
{
	pid_t tid = start_thread(exit_at_once, NULL);

	wait_for_thread();
	until(syscall(SYS_tgkill, getpid(), tid, 0) == -1);
	say_result("tgkill", syscall(SYS_tgkill, getpid(), tid, 0));
}

CASE(ids_of_a_first_thread)
{
	say_yes("tid is pid", syscall(SYS_gettid) == getpid());
	say_yes("its parent is another", getppid() != getpid());
	say_yes("group of its own", getpgrp() == getpid());
}

CASE(affinity)
{
	cpu_set_t all, one;
	int first = 0;

	say_result("sched_getaffinity", sched_getaffinity(0, sizeof all, &all));
	say_yes("at least one", CPU_COUNT(&all) >= 1);
	while (!CPU_ISSET(first, &all))
		first++;
	CPU_ZERO(&one);
	say_result("none", sched_setaffinity(0, sizeof one, &one));
	CPU_SET(first, &one);
	say_result("one", sched_setaffinity(0, sizeof one, &one));
	sched_getaffinity(0, sizeof all, &all);
	say_number("now", CPU_COUNT(&all));
	say_yes("runs on it", sched_getcpu() == first);
	say_result("small buffer", syscall(SYS_sched_getaffinity, 0, 1, &one));
	say_result("nobody", sched_getaffinity(0x3fffffff, sizeof one, &one));
}

CASE(scheduling_calls)
{
	struct sched_param parameters = { 0 };

	say_result("sched_yield", sched_yield());
	say_yes("SCHED_OTHER", sched_getscheduler(0) == SCHED_OTHER);
	say_result("lowest FIFO", sched_get_priority_min(SCHED_FIFO));
	say_result("highest FIFO", sched_get_priority_max(SCHED_FIFO));
	say_result("highest OTHER", sched_get_priority_max(SCHED_OTHER));
	say_result("unknown policy", sched_get_priority_max(77));
	parameters.sched_priority = 5;
	say_result("a priority for OTHER", sched_setscheduler(0, SCHED_OTHER, &parameters));
	parameters.sched_priority = 0;
	say_result("SCHED_BATCH", sched_setscheduler(0, SCHED_BATCH, &parameters));
	say_yes("SCHED_BATCH now", sched_getscheduler(0) == SCHED_BATCH);
}

CASE(nice_values)
{
	pid_t child;

	say_result("setpriority", setpriority(PRIO_PROCESS, 0, 15));
	say_result("getpriority now", getpriority(PRIO_PROCESS, 0));
	say_result("by 100 more", nice(100));
	child = fork();
	if (child == 0)
		_exit(getpriority(PRIO_PROCESS, 0));
	say_end("inherited", child);
	say_result("unknown kind", getpriority(5, 0));
	say_result("nobody", getpriority(PRIO_PROCESS, 0x3fffffff));
}

enum { QUERY = 0, GLOBAL = 1, PRIVATE_EXPEDITED = 8, REGISTER_PRIVATE_EXPEDITED = 16 };

CASE(membarrier)
{
	long commands = syscall(SYS_membarrier, QUERY, 0, 0);

	say_yes("GLOBAL", commands & GLOBAL);
	say_yes("PRIVATE_EXPEDITED", commands & PRIVATE_EXPEDITED);
	say_result("GLOBAL", syscall(SYS_membarrier, GLOBAL, 0, 0));
	say_result("before it registers", syscall(SYS_membarrier, PRIVATE_EXPEDITED, 0, 0));
	say_result("registers", syscall(SYS_membarrier, REGISTER_PRIVATE_EXPEDITED, 0, 0));
	say_result("after that", syscall(SYS_membarrier, PRIVATE_EXPEDITED, 0, 0));
	say_result("unknown flags", syscall(SYS_membarrier, GLOBAL, 77, 0));
	say_result("unknown command", syscall(SYS_membarrier, 1 << 30, 0, 0));
}

static _Alignas(32) struct {
	uint32_t cpu_id_start, cpu_id;
	uint64_t critical_section;
	uint32_t flags, padding[3];
} area = { .cpu_id = (uint32_t)-1 };

/* The C library has registered one already, or the kernel has none. */
CASE(rseq_registers_once)
{
	long result = syscall(SYS_rseq, &area, 32, 0, 0x53053053);

	say_yes("EINVAL, ENOSYS or 0", !result || errno == EINVAL || errno == ENOSYS);
	say_yes("the cpu is known if it is 0", result || (int)area.cpu_id >= 0);
	result = syscall(SYS_rseq, &area, 32, 2, 0x53053053);
	say_yes("unknown flags are refused", result == -1);
}
