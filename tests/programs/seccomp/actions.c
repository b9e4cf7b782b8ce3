/* What becomes of a call that a filter does not allow. */
#include "filtering.h"

static siginfo_t seen;
static volatile int times;

static void remember(int number, siginfo_t *information, void *context)
{
	(void)number, (void)context;
	seen = *information;
	times++;
}

static void errors(void)
{
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV));
	say_result("refused", syscall(SYS_getppid));
	say_yes("others are allowed", syscall(SYS_getpid) > 0);
	say_number("mode", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	say_number("mode in status", own_status("Seccomp"));
	say_number("filters in status", own_status("Seccomp_filters"));
}

CASE(errno_instead_of_a_call)
{
	say_number("mode before", own_status("Seccomp"));
	say_child("end", errors);
}

static void no_error(void)
{
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_ERRNO));
	say_number("answer", syscall(SYS_getppid));
}

CASE(errno_zero_is_success)
{
	say_child("end", no_error);
}

static void large_error(void)
{
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_ERRNO | 0xffff));
	say_number("answer", syscall(SYS_getppid));
	say_number("errno", errno);
}

CASE(errno_is_bounded)
{
	say_child("end", large_error);
}

static void trapped(void)
{
	long number = SYS_getppid;

	catch_information(SIGSYS, remember, 0);
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_TRAP | 0x1234));
	syscall(number);
	say_number("signals", times);
	say_signal("signal", seen.si_signo);
	say_number("code", seen.si_code);
	say_number("errno", seen.si_errno);
	say_yes("the call", seen.si_syscall == number);
	say_yes("the ABI", seen.si_arch == OWN_ARCH);
	say_yes("the place", seen.si_call_addr != NULL);
}

CASE(trap_is_a_signal)
{
	say_child("end", trapped);
}

static void trapped_blocked(void)
{
	catch_information(SIGSYS, remember, 0);
	block(SIGSYS);
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_TRAP));
	syscall(SYS_getppid);
	say("never", "reached");
}

CASE(trap_is_not_to_be_blocked)
{
	say_child("end", trapped_blocked);
}

static void killed(void)
{
	catch_information(SIGSYS, remember, 0);
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_KILL_PROCESS));
	syscall(SYS_getppid);
	say("never", "reached");
}

CASE(kill_process)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	say_child("end", killed);
}

static void unknown_action(void)
{
	INSTALL(0, ON(SYS_getppid, 0x12340000));
	syscall(SYS_getppid);
	say("never", "reached");
}

CASE(an_unknown_action_kills)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	say_child("end", unknown_action);
}

static void *call_in_thread(void *argument)
{
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_KILL_THREAD));
	syscall(SYS_getppid);
	times++;
	return argument;
}

static void one_thread_dies(void)
{
	pthread_t thread;
	int left = 0;

	pthread_create(&thread, NULL, call_in_thread, NULL);
	until((left = own_status("Threads")) == 1);
	say_number("threads left", left);
	say_number("calls made", times);
	_exit(3);
}

CASE(kill_thread)
{
	say_child("end", one_thread_dies);
}

static void last_thread_dies(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	call_in_thread(NULL);
}

CASE(kill_the_only_thread)
{
	say_child("end", last_thread_dies);
}

static void logged(void)
{
	INSTALL(SECCOMP_FILTER_FLAG_LOG, ON(SYS_getppid, SECCOMP_RET_LOG));
	say_yes("made", syscall(SYS_getppid) == getppid());
}

CASE(log_allows)
{
	say_child("end", logged);
}

static void without_a_tracer(void)
{
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_TRACE));
	say_result("answer", syscall(SYS_getppid));
}

CASE(trace_without_a_tracer)
{
	say_child("end", without_a_tracer);
}

static void without_a_listener(void)
{
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_USER_NOTIF));
	say_result("answer", syscall(SYS_getppid));
}

CASE(notification_without_a_listener)
{
	say_child("end", without_a_listener);
}

static void severest(void)
{
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV));
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_ERRNO | ENOTDIR));
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_LOG));
	say_result("of equals the newest", syscall(SYS_getppid));
	say_number("filters", own_status("Seccomp_filters"));
	catch_information(SIGSYS, remember, 0);
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_TRAP));
	syscall(SYS_getppid);
	say_number("signals", times);
}

CASE(the_severest_of_several)
{
	say_child("end", severest);
}

static void restarted(void)
{
	/* A handler runs between the refused call and what follows: the registers are its own. */
	catch_information(SIGSYS, remember, SA_RESTART);
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_TRAP));
	for (int i = 0; i < 3; i++)
		syscall(SYS_getppid);
	say_number("signals", times);
}

CASE(a_trapped_call_is_not_made_again)
{
	say_child("end", restarted);
}

static void strict(void)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0);
	write(1, "", 0);
	syscall(SYS_exit, 7);
}

static void strict_broken(void)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0);
	syscall(SYS_getppid);
	syscall(SYS_exit, 8);
}

static void strict_again(void)
{
	INSTALL(0, RETURN(SECCOMP_RET_ALLOW));
	say_result("strict mode after filters", prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0));
}

CASE(strict_mode)
{
	say_child("allowed", strict);
	say_child("another call", strict_broken);
	say_child("end", strict_again);
}
