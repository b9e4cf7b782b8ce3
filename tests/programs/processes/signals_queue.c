/* Which signals wait, in which order they arrive, and the calls that wait for them. */
#include "harness.h"

static char order[128];
static volatile sig_atomic_t calls;
static siginfo_t seen;

static void note(const char *word)
{
	snprintf(order + strlen(order), sizeof order - strlen(order), "%s%s", *order ? " " : "", word);
}

static void note_name(int number)
{
	note(signal_name(number));
	calls++;
}

static void note_value(int number, siginfo_t *information, void *context)
{
	char word[48];

	(void)context;
	snprintf(word, sizeof word, "%s=%d", signal_name(number), information->si_value.sival_int);
	note(word);
	seen = *information;
	calls++;
}

static void catch_with_all_blocked(int number, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	sigfillset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

static void block_all(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

static void unblock_all(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void queue(int number, int value)
{
	if (sigqueue(getpid(), number, (union sigval){ .sival_int = value }))
		say_result("sigqueue", -1);
}

static sigset_t only(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	return set;
}

CASE(a_standard_signal_waits_once)
{
	catch_with_all_blocked(SIGUSR1, note_value);
	block_all();
	queue(SIGUSR1, 1);
	queue(SIGUSR1, 2);
	raise(SIGUSR1);
	unblock_all();
	say("order", "%s", order);
}

CASE(realtime_signals_queue_with_their_values)
{
	catch_with_all_blocked(SIGRTMIN, note_value);
	block_all();
	for (int value = 1; value <= 4; value++)
		queue(SIGRTMIN, value);
	unblock_all();
	say("order", "%s", order);
}

CASE(the_lowest_realtime_signal_comes_first)
{
	for (int number = SIGRTMIN; number <= SIGRTMIN + 3; number++)
		catch_with_all_blocked(number, note_value);
	block_all();
	queue(SIGRTMIN + 3, 1);
	queue(SIGRTMIN + 1, 2);
	queue(SIGRTMIN + 3, 3);
	queue(SIGRTMIN, 4);
	unblock_all();
	say("order", "%s", order);
}

CASE(a_standard_signal_comes_before_realtime)
{
	catch_with_all_blocked(SIGTERM, note_value);
	catch_with_all_blocked(SIGRTMIN + 1, note_value);
	block_all();
	queue(SIGRTMIN + 1, 1);
	queue(SIGTERM, 2);
	unblock_all();
	say("order", "%s", order);
}

CASE(frames_of_unmasked_handlers_are_stacked)
{
	catch(SIGRTMIN, note_name, 0);
	catch(SIGRTMIN + 1, note_name, 0);
	catch(SIGRTMIN + 2, note_name, 0);
	block_all();
	queue(SIGRTMIN, 0);
	queue(SIGRTMIN + 1, 0);
	queue(SIGRTMIN + 2, 0);
	unblock_all();
	say("order", "%s", order);
}

CASE(the_threads_own_signals_come_before_the_groups)
{
	siginfo_t own = { .si_code = SI_QUEUE };

	own.si_value.sival_int = 2;
	catch_with_all_blocked(SIGRTMIN, note_value);
	block_all();
	queue(SIGRTMIN, 1);
	say_result("rt_tgsigqueueinfo",
		   syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGRTMIN, &own));
	unblock_all();
	say("order", "%s", order);
}

static void nested(int number)
{
	note_name(number);
	if (number < SIGRTMIN + 3)
		raise(number + 1);
	note_name(number);
}

CASE(handlers_of_four_signals_nest)
{
	for (int number = SIGRTMIN; number <= SIGRTMIN + 3; number++)
		catch(number, nested, 0);
	raise(SIGRTMIN);
	say("order", "%s", order);
}

static void queue_again(int number, siginfo_t *information, void *context)
{
	note_value(number, information, context);
	if (information->si_value.sival_int < 3)
		queue(number, information->si_value.sival_int + 1);
}

CASE(a_handler_queues_its_own_signal)
{
	catch_information(SIGRTMIN, queue_again, 0);
	queue(SIGRTMIN, 1);
	say("order", "%s", order);
}

CASE(every_realtime_signal_exists)
{
	int count = 0;

	for (int number = SIGRTMIN; number <= SIGRTMAX; number++) {
		catch(number, note_name, 0);
		count += raise(number) == 0;
	}
	say_yes("all are raised", count == SIGRTMAX - SIGRTMIN + 1);
	say_yes("all are handled", calls == count);
}

CASE(siginfo_of_sigqueue)
{
	catch_information(SIGUSR1, note_value, 0);
	queue(SIGUSR1, -7);
	say("order", "%s", order);
	say_yes("SI_QUEUE", seen.si_code == SI_QUEUE);
	say_yes("own pid", seen.si_pid == getpid());
	say_yes("own uid", seen.si_uid == getuid());
}

CASE(a_pointer_travels_with_sigqueue)
{
	catch_information(SIGRTMIN, note_value, 0);
	sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_ptr = &seen });
	say_yes("the same", seen.si_value.sival_ptr == &seen);
}

CASE(a_full_queue_is_eagain)
{
	setrlimit(RLIMIT_SIGPENDING, &(struct rlimit){ 0, 0 });
	block_all();
	say_result("sigqueue of a realtime signal",
		   sigqueue(getpid(), SIGRTMIN, (union sigval){ 0 }));
	say_result("tgkill of a realtime signal",
		   syscall(SYS_tgkill, getpid(), getpid(), SIGRTMIN));
	say_result("kill with a realtime signal", kill(getpid(), SIGRTMIN + 1));
	say_result("sigqueue of a standard signal",
		   sigqueue(getpid(), SIGUSR1, (union sigval){ 0 }));
	say_yes("realtime is pending", is_pending(SIGRTMIN));
	say_yes("the killed one is pending", is_pending(SIGRTMIN + 1));
	say_yes("standard is pending", is_pending(SIGUSR1));
}

CASE(sigtimedwait_takes_a_pending_signal)
{
	sigset_t set = only(SIGRTMIN);
	siginfo_t information;

	block(SIGRTMIN);
	queue(SIGRTMIN, 5);
	queue(SIGRTMIN, 6);
	for (int i = 0; i < 2; i++) {
		say_signal("taken", sigtimedwait(&set, &information, &(struct timespec){ 0 }));
		say_number("value", information.si_value.sival_int);
	}
	say_result("none is left", sigtimedwait(&set, &information, &(struct timespec){ 0 }));
}

CASE(sigtimedwait_takes_the_lowest_first)
{
	sigset_t set;

	sigfillset(&set);
	block_all();
	queue(SIGRTMIN + 2, 0);
	queue(SIGTERM, 0);
	queue(SIGHUP, 0);
	for (int i = 0; i < 3; i++)
		say_signal("taken", sigwaitinfo(&set, NULL));
}

CASE(sigtimedwait_times_out)
{
	sigset_t set = only(SIGRTMIN);

	block(SIGRTMIN);
	say_result("5 ms", sigtimedwait(&set, NULL, &(struct timespec){ 0, 5000000 }));
	say_result("a second and more of nanoseconds",
		   sigtimedwait(&set, NULL, &(struct timespec){ 0, 1000000000 }));
	say_result("negative time", sigtimedwait(&set, NULL, &(struct timespec){ -1, 0 }));
}

static void signal_parent(void)
{
	kill(getppid(), SIGUSR1);
}

CASE(sigwaitinfo_sleeps_until_it_comes)
{
	sigset_t set = only(SIGUSR1);
	siginfo_t information;
	pid_t child;

	block(SIGUSR1);
	child = child_that(signal_parent);
	say_signal("taken", sigwaitinfo(&set, &information));
	say_yes("SI_USER", information.si_code == SI_USER);
	say_yes("sender's pid", information.si_pid == child);
	reap(child);
}

CASE(sigwait_takes_one)
{
	sigset_t set = only(SIGTERM);
	int number = 0;

	block(SIGTERM);
	raise(SIGTERM);
	say_number("sigwait", sigwait(&set, &number));
	say_signal("taken", number);
	say_yes("still pending", is_pending(SIGTERM));
}

CASE(another_signal_interrupts_sigwaitinfo)
{
	sigset_t set = only(SIGUSR1);

	block(SIGUSR1);
	catch(SIGALRM, note_name, SA_RESTART);
	tick(10);
	say_result("sigwaitinfo", sigwaitinfo(&set, NULL));
}

CASE(sigsuspend_swaps_the_mask)
{
	sigset_t none;

	sigemptyset(&none);
	catch(SIGUSR1, note_name, 0);
	block(SIGUSR1);
	raise(SIGUSR1);
	say_number("calls before", calls);
	say_result("sigsuspend", sigsuspend(&none));
	say_number("calls", calls);
	say_yes("blocked again", is_blocked(SIGUSR1));
}

static volatile sig_atomic_t blocked_in_handler;

static void look_at_mask(int number)
{
	(void)number;
	blocked_in_handler = is_blocked(SIGUSR2) + 2 * is_blocked(SIGHUP);
}

CASE(the_handler_in_sigsuspend_has_its_mask)
{
	sigset_t set = only(SIGUSR2);

	catch(SIGUSR1, look_at_mask, 0);
	block(SIGUSR1);
	block(SIGHUP);
	raise(SIGUSR1);
	sigsuspend(&set);
	say_yes("SIGUSR2 is blocked in the handler", blocked_in_handler & 1);
	say_yes("SIGHUP is blocked in the handler", blocked_in_handler & 2);
	say_yes("SIGUSR2 is blocked afterwards", is_blocked(SIGUSR2));
	say_yes("SIGHUP is blocked afterwards", is_blocked(SIGHUP));
}

CASE(pause_ends_with_a_handler)
{
	catch(SIGALRM, note_name, SA_RESTART);
	tick(10);
	say_result("pause", pause());
	say_yes("called", calls > 0);
}

CASE(an_ignored_signal_does_not_end_pause)
{
	sigset_t all;
	pid_t child;

	signal(SIGUSR1, SIG_IGN);
	catch(SIGUSR2, note_name, 0);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	child = fork();
	if (child == 0) {
		kill(getppid(), SIGUSR1);
		kill(getppid(), SIGUSR2);
		_exit(0);
	}
	sigdelset(&all, SIGUSR1);
	sigdelset(&all, SIGUSR2);
	say_result("sigsuspend", sigsuspend(&all));
	say("order", "%s", order);
	reap(child);
}

static void exit_quietly(void)
{
}

CASE(kill_with_signal_0_only_asks)
{
	pid_t child = child_that(exit_quietly);

	say_result("this process", kill(getpid(), 0));
	say_result("this group", kill(0, 0));
	until(0 == waitid(P_PID, (id_t)child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT));
	say_result("a zombie", kill(child, 0));
	reap(child);
	say_result("a reaped one", kill(child, 0));
	say_result("nobody", kill(0x3fffffff, 0));
	say_result("no group", kill(-0x3fffffff, 0));
	say_result("bad number", kill(getpid(), 200));
	say_result("negative number", kill(getpid(), -1));
}

static void wait_for_signals(void)
{
	for (;;)
		pause();
}

CASE(kill_reaches_a_whole_group)
{
	pid_t first = child_that(wait_for_signals), second;

	setpgid(first, first);
	second = fork();
	if (second == 0)
		wait_for_signals();
	setpgid(second, first);
	say_result("kill", kill(-first, SIGTERM));
	say_end("first", first);
	say_end("second", second);
	say_result("the empty group", kill(-first, 0));
}

CASE(kill_of_0_reaches_the_own_group)
{
	pid_t child = child_that(wait_for_signals);

	catch(SIGTERM, note_name, SA_RESTART);
	say_result("kill", kill(0, SIGTERM));
	say("order", "%s", order);
	say_end("child", child);
}

CASE(errors_of_tgkill)
{
	pid_t self = getpid();

	say_result("thread of another group", syscall(SYS_tgkill, getppid(), self, 0));
	say_result("group -1", syscall(SYS_tgkill, -1, self, 0));
	say_result("group 0", syscall(SYS_tgkill, 0, self, 0));
	say_result("thread 0", syscall(SYS_tgkill, self, 0, 0));
	say_result("signal 0", syscall(SYS_tgkill, self, self, 0));
	say_result("bad number", syscall(SYS_tgkill, self, self, 200));
	say_result("tkill of thread -1", syscall(SYS_tkill, -1, 0));
	say_result("tkill with signal 0", syscall(SYS_tkill, self, 0));
}

static long send_forged(int code)
{
	siginfo_t information = { .si_code = code };

	return syscall(SYS_rt_sigqueueinfo, getppid(), 0, &information);
}

CASE(siginfo_cannot_be_forged_for_others)
{
	say_result("SI_USER", send_forged(SI_USER));
	say_result("SI_TKILL", send_forged(SI_TKILL));
	say_result("SEGV_MAPERR", send_forged(SEGV_MAPERR));
	say_result("SI_QUEUE", send_forged(SI_QUEUE));
	say_result("SI_TIMER", send_forged(SI_TIMER));
}

CASE(siginfo_may_be_forged_for_oneself)
{
	siginfo_t information = { .si_code = SI_USER };

	information.si_pid = 4711;
	catch_information(SIGUSR1, note_value, 0);
	say_result("rt_sigqueueinfo",
		   syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &information));
	say_yes("SI_USER", seen.si_code == SI_USER);
	say_number("si_pid", seen.si_pid);
}

static void signal_another_user(void)
{
	pid_t other = getuid() ? 1 : getppid();

	if (!getuid() && setresuid(65534, 65534, 65534))
		say_result("setresuid", -1);
	say_result("signal 0", kill(other, 0));
	say_result("SIGTERM", kill(other, SIGTERM));
	say_result("sigqueue", sigqueue(other, SIGTERM, (union sigval){ 0 }));
	say_result("this process", kill(getpid(), 0));
}

CASE(signals_to_other_users_are_eperm)
{
	say_end("end", child_that(signal_another_user));
}

static void continue_another_user(void)
{
	if (!getuid() && setresuid(65534, 65534, 65534))
		say_result("setresuid", -1);
	say_result("SIGCONT", kill(getppid(), SIGCONT));
}

CASE(sigcont_is_allowed_within_the_session)
{
	say_end("end", child_that(continue_another_user));
}

CASE(sigpending_lists_own_and_group)
{
	sigset_t pending;
	int count = 0;

	block_all();
	queue(SIGRTMIN + 5, 0);
	syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
	kill(getpid(), SIGHUP);
	sigpending(&pending);
	for (int number = 1; number <= SIGRTMAX; number++)
		count += sigismember(&pending, number) == 1;
	say_number("pending", count);
	say_yes("SIGRTMIN+5", sigismember(&pending, SIGRTMIN + 5));
	say_yes("SIGUSR1", sigismember(&pending, SIGUSR1));
	say_yes("SIGHUP", sigismember(&pending, SIGHUP));
}

static sigjmp_buf back;

static void jump(int number)
{
	siglongjmp(back, number);
}

CASE(siglongjmp_restores_the_mask)
{
	catch(SIGUSR1, jump, 0);
	if (sigsetjmp(back, 1) == 0)
		raise(SIGUSR1);
	say_yes("blocked after a saved mask", is_blocked(SIGUSR1));
	if (sigsetjmp(back, 0) == 0)
		raise(SIGUSR1);
	say_yes("blocked without a saved mask", is_blocked(SIGUSR1));
}

static void take_over(int number)
{
	catch(number, note_name, 0);
	note("first");
}

CASE(a_handler_replaces_itself)
{
	catch(SIGUSR1, take_over, 0);
	raise(SIGUSR1);
	raise(SIGUSR1);
	say("order", "%s", order);
}

CASE(signals_between_two_processes_take_turns)
{
	sigset_t set = only(SIGUSR1);
	pid_t child;
	int turns = 0;

	block(SIGUSR1);
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 50; i++) {
			sigwaitinfo(&set, NULL);
			kill(getppid(), SIGUSR1);
		}
		_exit(0);
	}
	while (turns < 50) {
		kill(child, SIGUSR1);
		sigwaitinfo(&set, NULL);
		turns++;
	}
	say_end("child", child);
	say_number("turns", turns);
}
