/* What each flag and the mask of sigaction(2) do. */
#include "harness.h"

static volatile sig_atomic_t calls, depth, deepest;
static volatile siginfo_t seen;

static void nest(int number)
{
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (++calls < 3)
		raise(number);
	depth--;
}

static void count(int number)
{
	(void)number;
	calls++;
}

static void remember(int number, siginfo_t *information, void *context)
{
	(void)number;
	(void)context;
	seen = *information;
	calls++;
}

static int flags_of(int number)
{
	struct sigaction action;

	sigaction(number, NULL, &action);
	return action.sa_flags;
}

CASE(a_handler_blocks_its_own_signal)
{
	catch(SIGUSR1, nest, 0);
	raise(SIGUSR1);
	say_number("calls", calls);
	say_number("inside each other", deepest);
	say_yes("blocked afterwards", is_blocked(SIGUSR1));
}

CASE(nodefer_lets_it_nest)
{
	catch(SIGUSR1, nest, SA_NODEFER);
	raise(SIGUSR1);
	say_number("calls", calls);
	say_number("inside each other", deepest);
}

static sigset_t mask_in_handler;

static void look_at_mask(int number)
{
	(void)number;
	sigprocmask(SIG_BLOCK, NULL, &mask_in_handler);
}

CASE(nodefer_keeps_the_signal_in_its_own_mask)
{
	struct sigaction action = { .sa_handler = look_at_mask, .sa_flags = SA_NODEFER };

	sigaddset(&action.sa_mask, SIGUSR1);
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	say_yes("blocked in the handler", sigismember(&mask_in_handler, SIGUSR1));
}

static void raise_twice(void)
{
	catch(SIGUSR1, count, SA_RESETHAND);
	raise(SIGUSR1);
	say_number("calls", calls);
	raise(SIGUSR1);
}

CASE(resethand_catches_once)
{
	say_end("second one", child_that(raise_twice));
}

static struct sigaction action_in_handler;

static void look_at_action(int number)
{
	sigaction(number, NULL, &action_in_handler);
	look_at_mask(number);
}

CASE(resethand_resets_before_the_call)
{
	catch(SIGUSR1, look_at_action, SA_RESETHAND | SA_RESTART);
	raise(SIGUSR1);
	say_yes("default in the handler", action_in_handler.sa_handler == SIG_DFL);
	say_yes("blocked in the handler", sigismember(&mask_in_handler, SIGUSR1));
	say_yes("other flags stay", !!(flags_of(SIGUSR1) & SA_RESTART));
}

CASE(siginfo_of_raise)
{
	catch_information(SIGUSR1, remember, 0);
	raise(SIGUSR1);
	say_signal("si_signo", seen.si_signo);
	say_yes("SI_TKILL", seen.si_code == SI_TKILL);
	say_yes("own pid", seen.si_pid == getpid());
	say_yes("own uid", seen.si_uid == getuid());
	say_number("si_errno", seen.si_errno);
}

static void signal_parent(void)
{
	kill(getppid(), SIGUSR1);
}

CASE(siginfo_of_kill)
{
	pid_t child;

	catch_information(SIGUSR1, remember, SA_RESTART);
	child = child_that(signal_parent);
	reap(child);
	until(calls);
	say_yes("SI_USER", seen.si_code == SI_USER);
	say_yes("sender's pid", seen.si_pid == child);
}

static void exit_with_41(void)
{
	_exit(41);
}

CASE(siginfo_of_an_exit)
{
	pid_t child;

	catch_information(SIGCHLD, remember, SA_RESTART);
	child = child_that(exit_with_41);
	until(calls);
	say_signal("si_signo", seen.si_signo);
	say_yes("CLD_EXITED", seen.si_code == CLD_EXITED);
	say_number("si_status", seen.si_status);
	say_yes("child's pid", seen.si_pid == child);
	say_yes("times are not negative", seen.si_utime >= 0 && seen.si_stime >= 0);
}

static void be_killed(void)
{
	raise(SIGKILL);
}

CASE(siginfo_of_a_killing)
{
	catch_information(SIGCHLD, remember, SA_RESTART);
	child_that(be_killed);
	until(calls);
	say_yes("CLD_KILLED", seen.si_code == CLD_KILLED);
	say_signal("si_status", seen.si_status);
}

static void stop(void)
{
	raise(SIGSTOP);
}

static void stop_and_continue(int flags)
{
	pid_t child;
	int wanted = !(flags & SA_NOCLDSTOP);

	catch_information(SIGCHLD, remember, SA_RESTART | flags);
	child = child_that(stop);
	waitpid(child, NULL, WUNTRACED);
	until(!wanted || calls == 1);
	say_number("signals after the stop", calls);
	if (calls) {
		say_yes("CLD_STOPPED", seen.si_code == CLD_STOPPED);
		say_signal("si_status", seen.si_status);
	}
	calls = 0;
	block(SIGCHLD); /* else its end may come in between */
	kill(child, SIGCONT);
	reap(child);
	say_yes("a signal is pending", is_pending(SIGCHLD));
	unblock(SIGCHLD);
	say_number("signals after the end", calls);
}

CASE(a_stop_signals_the_parent)
{
	stop_and_continue(0);
}

CASE(nocldstop_hides_the_stop)
{
	stop_and_continue(SA_NOCLDSTOP);
}

static void wait_for_no_zombie(void)
{
	pid_t child = child_that(exit_with_41);

	say_result("wait", waitpid(child, NULL, 0));
	say_result("kill", kill(child, 0));
}

CASE(nocldwait_leaves_no_zombie)
{
	catch(SIGCHLD, SIG_DFL, SA_NOCLDWAIT);
	wait_for_no_zombie();
}

CASE(nocldwait_still_calls_the_handler)
{
	catch(SIGCHLD, count, SA_NOCLDWAIT | SA_RESTART);
	wait_for_no_zombie();
	until(calls);
	say_number("calls", calls);
}

CASE(ignoring_sigchld_leaves_no_zombie)
{
	signal(SIGCHLD, SIG_IGN);
	wait_for_no_zombie();
}

CASE(default_sigchld_leaves_a_zombie)
{
	pid_t child = child_that(exit_with_41);

	until(0 == waitid(P_PID, (id_t)child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT));
	say_result("kill", kill(child, 0));
	say_end("end", child);
}

/* The struct of the kernel. */
struct kernel_action {
#ifdef __mips__
	unsigned int flags;
	void (*handler)(int);
#else
	void (*handler)(int);
	unsigned long flags;
#ifndef __riscv
	void (*restorer)(void);
#endif
#endif
	unsigned long mask[16 / sizeof(long)];
};

#ifdef __mips__
enum { SET_BYTES = 16 };
#else
enum { SET_BYTES = 8 };
#endif

static void raise_without_restorer(void)
{
	struct kernel_action action = { .handler = count };

	say_result("rt_sigaction", syscall(SYS_rt_sigaction, SIGUSR1, &action, NULL, SET_BYTES));
	raise(SIGUSR1);
	say_number("calls", calls);
}

CASE(a_handler_without_restorer)
{
	say_end("end", child_that(raise_without_restorer));
}

CASE(unknown_flags_are_cleared)
{
	struct kernel_action action = { .handler = SIG_IGN, .flags = 0x400 | 0x100 | SA_RESTART };

	syscall(SYS_rt_sigaction, SIGUSR1, &action, NULL, SET_BYTES);
	syscall(SYS_rt_sigaction, SIGUSR1, NULL, &action, SET_BYTES);
	say_yes("SA_RESTART stays", !!(action.flags & SA_RESTART));
	say_yes("SA_UNSUPPORTED stays", !!(action.flags & 0x400));
	say_yes("an unknown one stays", !!(action.flags & 0x100));
}

CASE(errors_of_sigaction)
{
	struct kernel_action action = { .handler = count };

	say_result("SIGKILL", syscall(SYS_rt_sigaction, SIGKILL, &action, NULL, SET_BYTES));
	say_result("SIGSTOP", syscall(SYS_rt_sigaction, SIGSTOP, &action, NULL, SET_BYTES));
	say_result("SIGKILL is read", syscall(SYS_rt_sigaction, SIGKILL, NULL, &action, SET_BYTES));
	say_result("number 0", syscall(SYS_rt_sigaction, 0, &action, NULL, SET_BYTES));
	say_result("number -1", syscall(SYS_rt_sigaction, -1, &action, NULL, SET_BYTES));
	say_result("number too high",
		   syscall(SYS_rt_sigaction, SET_BYTES * 8 + 1, &action, NULL, SET_BYTES));
	say_result("size of the set",
		   syscall(SYS_rt_sigaction, SIGUSR1, &action, NULL, SET_BYTES - 4));
	say_result("bad address", syscall(SYS_rt_sigaction, SIGUSR1, 8l, NULL, SET_BYTES));
}

CASE(the_old_action_comes_back)
{
	struct sigaction action = { .sa_sigaction = remember, .sa_flags = SA_SIGINFO | SA_NODEFER };
	struct sigaction old = { 0 };

	sigaddset(&action.sa_mask, SIGUSR2);
	sigaddset(&action.sa_mask, SIGRTMAX);
	sigaddset(&action.sa_mask, SIGKILL);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR1, NULL, &old);
	say_yes("handler", old.sa_sigaction == remember);
	say_yes("flags", (old.sa_flags & ~0x04000000) == (SA_SIGINFO | SA_NODEFER));
	say_yes("SIGUSR2 in its mask", sigismember(&old.sa_mask, SIGUSR2));
	say_yes("SIGRTMAX in its mask", sigismember(&old.sa_mask, SIGRTMAX));
	say_yes("SIGKILL in its mask", sigismember(&old.sa_mask, SIGKILL));
	say_yes("SIGHUP in its mask", sigismember(&old.sa_mask, SIGHUP));
}

static char order[16];

static void note(int number)
{
	order[strlen(order)] = number == SIGUSR1 ? '1' : number == SIGUSR2 ? '2' : '3';
}

static void note_around_a_raise(int number)
{
	note(number);
	raise(SIGUSR2);
	note(number);
}

CASE(the_mask_defers_other_signals)
{
	struct sigaction action = { .sa_handler = note_around_a_raise };

	sigaddset(&action.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &action, NULL);
	catch(SIGUSR2, note, 0);
	raise(SIGUSR1);
	say("order", "%s", order);
}

CASE(without_a_mask_other_signals_nest)
{
	catch(SIGUSR1, note_around_a_raise, 0);
	catch(SIGUSR2, note, 0);
	raise(SIGUSR1);
	say("order", "%s", order);
}

static void block_more(int number)
{
	(void)number;
	block(SIGUSR2);
}

CASE(the_mask_is_restored_after_the_handler)
{
	catch(SIGUSR1, block_more, 0);
	block(SIGHUP);
	raise(SIGUSR1);
	say_yes("SIGUSR1 is blocked", is_blocked(SIGUSR1));
	say_yes("SIGUSR2 is blocked", is_blocked(SIGUSR2));
	say_yes("SIGHUP is blocked", is_blocked(SIGHUP));
}

static void block_in_context(int number, siginfo_t *information, void *context)
{
	ucontext_t *frame = context;

	(void)number;
	(void)information;
	say_yes("SIGHUP is in the frame's mask", sigismember(&frame->uc_sigmask, SIGHUP));
	say_yes("the signal is in the frame's mask", sigismember(&frame->uc_sigmask, SIGUSR1));
	sigaddset(&frame->uc_sigmask, SIGUSR2);
	sigaddset(&frame->uc_sigmask, SIGKILL);
}

CASE(the_frame_holds_the_mask)
{
	catch_information(SIGUSR1, block_in_context, 0);
	block(SIGHUP);
	raise(SIGUSR1);
	say_yes("SIGUSR2 is blocked now", is_blocked(SIGUSR2));
	say_yes("SIGKILL is blocked now", is_blocked(SIGKILL));
}

CASE(ignoring_discards_what_is_pending)
{
	catch(SIGUSR1, count, 0);
	block(SIGUSR1);
	raise(SIGUSR1);
	say_yes("pending", is_pending(SIGUSR1));
	signal(SIGUSR1, SIG_IGN);
	say_yes("pending once ignored", is_pending(SIGUSR1));
	catch(SIGUSR1, count, 0);
	unblock(SIGUSR1);
	say_number("calls", calls);
}

CASE(default_of_an_ignored_one_discards_too)
{
	catch(SIGWINCH, count, 0);
	block(SIGWINCH);
	raise(SIGWINCH);
	signal(SIGWINCH, SIG_DFL);
	say_yes("pending", is_pending(SIGWINCH));
}

CASE(an_ignored_signal_stays_pending_while_blocked)
{
	signal(SIGUSR1, SIG_IGN);
	block(SIGUSR1);
	raise(SIGUSR1);
	say_yes("pending", is_pending(SIGUSR1));
	catch(SIGUSR1, count, 0);
	unblock(SIGUSR1);
	say_number("calls", calls);
}

CASE(kill_and_stop_cannot_be_blocked)
{
	sigset_t all, now;

	sigfillset(&all);
	say_result("sigprocmask", sigprocmask(SIG_SETMASK, &all, NULL));
	sigprocmask(SIG_BLOCK, NULL, &now);
	say_yes("SIGTERM is blocked", sigismember(&now, SIGTERM));
	say_yes("SIGKILL is blocked", sigismember(&now, SIGKILL));
	say_yes("SIGSTOP is blocked", sigismember(&now, SIGSTOP));
}

CASE(errors_of_sigprocmask)
{
	sigset_t set;

	sigemptyset(&set);
	say_result("unknown how", syscall(SYS_rt_sigprocmask, 77, &set, NULL, SET_BYTES));
	say_result("unknown how without a set",
		   syscall(SYS_rt_sigprocmask, 77, NULL, &set, SET_BYTES));
	say_result("size", syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, SET_BYTES * 2));
	say_result("bad set", syscall(SYS_rt_sigprocmask, SIG_BLOCK, 8l, NULL, SET_BYTES));
	say_result("bad old set", syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, 8l, SET_BYTES));
}

static void child_without_pending(void)
{
	say_yes("blocked in the child", is_blocked(SIGUSR1));
	say_yes("pending in the child", is_pending(SIGUSR1));
}

CASE(a_child_inherits_mask_and_handler_but_nothing_pending)
{
	catch(SIGUSR1, count, 0);
	block(SIGUSR1);
	raise(SIGUSR1);
	say_end("child", child_that(child_without_pending));
	say_yes("pending in the parent", is_pending(SIGUSR1));
}
