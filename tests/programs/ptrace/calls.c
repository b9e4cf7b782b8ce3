/* Stops at a call's entry and exit, where the tracer changes what is called and what it answers. */
#include "tracing.h"

static void *shared;

static void ask_for_parent(void)
{
	long answer = syscall(SYS_getppid);

	_exit(answer == 77 ? 77 : answer == getpid() ? 1 : answer == getppid() ? 2 : 3);
}

CASE(entry_and_exit)
{
	pid_t child = traced_child(ask_for_parent, PTRACE_O_TRACESYSGOOD);
	unsigned long message;
	siginfo_t information = { 0 };
	long number;

	until_call(child, SYS_getppid);
	ptrace(PTRACE_GETEVENTMSG, child, 0, &message);
	say_number("message at the entry", (long)message);
	ptrace(PTRACE_GETSIGINFO, child, 0, &information);
	say_signal("signal", information.si_signo);
	say_number("code", information.si_code);
	say_yes("of itself", information.si_pid == child);
	go_on(PTRACE_SYSCALL, child, 0);
	say_next("then", child);
	ptrace(PTRACE_GETEVENTMSG, child, 0, &message);
	say_number("message at the exit", (long)message);
	say_number("kind", call_stop(child, &number));
	say_yes("result", number == getpid());
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

CASE(without_the_mark)
{
	pid_t child = traced_child(ask_for_parent, 0);

	go_on(PTRACE_SYSCALL, child, 0);
	say_next("then", child);
	kill(child, SIGKILL);
	say_next("end", child);
}

CASE(another_call)
{
	pid_t child = traced_child(ask_for_parent, PTRACE_O_TRACESYSGOOD);

	until_call(child, SYS_getppid);
	set_call(child, SYS_getpid);
	go_on(PTRACE_CONT, child, 0);
	say_next("its own id", child);
}

CASE(a_call_is_skipped)
{
	pid_t child = traced_child(ask_for_parent, PTRACE_O_TRACESYSGOOD);

	until_call(child, SYS_getppid);
	set_call(child, -1);
	go_on(PTRACE_SYSCALL, child, 0);
	say_next("exit", child);
	set_result(child, 77);
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

CASE(another_result)
{
	pid_t child = traced_child(ask_for_parent, PTRACE_O_TRACESYSGOOD);

	until_call(child, SYS_getppid);
	go_on(PTRACE_SYSCALL, child, 0);
	next(child);
	set_result(child, 77);
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

static void fill(void)
{
	char bytes[8] = "abcdefg";
	int ends[2];
	long count;

	pipe(ends);
	count = write(ends[1], bytes, 7);
	_exit((int)count);
}

CASE(another_argument)
{
	pid_t child = traced_child(fill, PTRACE_O_TRACESYSGOOD);
	word registers[WORDS];

	until_call(child, SYS_write);
	get_registers(child, registers);
	say_number("count", (long)registers[ARGUMENT_2]);
	registers[ARGUMENT_2] = 3;
	set_registers(child, registers);
	go_on(PTRACE_CONT, child, 0);
	say_next("written", child);
}

static void fail_to_close(void)
{
	close(-1);
	_exit(errno);
}

struct exit_information {
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t pc, sp;
	int64_t result;
	uint8_t failed;
};

CASE(information_of_a_failure)
{
	pid_t child = traced_child(fail_to_close, PTRACE_O_TRACESYSGOOD);
	struct exit_information information = { 0 };
	word registers[WORDS];

	say_number("at a signal", ptrace((enum __ptrace_request)0x420e, child, sizeof information,
					 &information));
	say_number("kind", information.op);
	until_call(child, SYS_close);
	go_on(PTRACE_SYSCALL, child, 0);
	next(child);
	say_number("size", ptrace((enum __ptrace_request)0x420e, child, sizeof information,
				  &information));
	say_number("kind", information.op);
	say("result", "%s", strerrorname_np((int)-information.result));
	say_number("failed", information.failed);
	get_registers(child, registers);
	say_yes("pc", (word)information.pc == registers[PC]);
	go_on(PTRACE_CONT, child, 0);
	say_yes("errno", WEXITSTATUS(next(child)) == EBADF);
}

static void three_words(void)
{
	_exit(syscall(SYS_close, 1000, 0x1234, 0x5678) == -1 ? 0 : 1);
}

struct entry_information {
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t pc, sp, number, arguments[6];
};

CASE(information_of_an_entry)
{
	pid_t child = traced_child(three_words, PTRACE_O_TRACESYSGOOD);
	struct entry_information information = { 0 };

	until_call(child, SYS_close);
	say_number("size", ptrace((enum __ptrace_request)0x420e, child, sizeof information,
				  &information));
	for (int i = 0; i < 3; i++)
		say_number("argument", (long)information.arguments[i]);
	memset(&information, 0xff, sizeof information);
	say_number("cut", ptrace((enum __ptrace_request)0x420e, child, 4L, &information));
	say_number("kind", information.op);
	say_yes("rest untouched", information.arch == 0xffffffff);
	kill(child, SIGKILL);
	say_next("end", child);
}

static void sleep_a_little(void)
{
	struct timespec time = { 0, 30000000 };

	_exit(nanosleep(&time, NULL) ? 1 : 0);
}

static long sleeping_call(void)
{
#ifdef SYS_clock_nanosleep
	return SYS_clock_nanosleep;
#else
	return SYS_clock_nanosleep_time64;
#endif
}

CASE(a_broken_call_is_made_again)
{
	pid_t child = traced_child(sleep_a_little, PTRACE_O_TRACESYSGOOD);
	struct exit_information information = { 0 };
	int status;
	long number = 0;

	for (;;) { /* which of its names libc calls differs */
		go_on(PTRACE_SYSCALL, child, 0);
		status = next(child);
		if (!WIFSTOPPED(status))
			break;
		if (call_stop(child, &number) == 1 && number != SYS_exit_group)
			break;
	}
	say_yes("a sleep", number == sleeping_call() || number != SYS_getppid);
	go_on(PTRACE_SYSCALL, child, 0);
	wait_a_little();
	kill(child, SIGUSR1);
	say_next("exit", child);
	ptrace((enum __ptrace_request)0x420e, child, sizeof information, &information);
	say_number("result", (long)information.result);
	go_on(PTRACE_SYSCALL, child, 0);
	say_next("signal", child);
	go_on(PTRACE_SYSCALL, child, 0);
	say_next("again", child);
	say_number("kind", call_stop(child, &number));
	say_yes("restart_syscall", number == SYS_restart_syscall);
	go_on(PTRACE_SYSCALL, child, 0);
	say_next("exit", child);
	call_stop(child, &number);
	say_number("result", number);
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

static void handle(int number)
{
	(void)number;
}

static void read_from_a_pipe(void)
{
	char byte;
	int ends[2];

	catch(SIGUSR1, handle, 0);
	pipe(ends);
	_exit(read(ends[0], &byte, 1) == -1 && errno == EINTR ? 0 : 1);
}

CASE(a_broken_call_with_a_handler)
{
	pid_t child = traced_child(read_from_a_pipe, PTRACE_O_TRACESYSGOOD);
	struct exit_information information = { 0 };
	long number;

	until_call(child, SYS_read);
	go_on(PTRACE_SYSCALL, child, 0);
	wait_a_little();
	kill(child, SIGUSR1);
	say_next("exit", child);
	ptrace((enum __ptrace_request)0x420e, child, sizeof information, &information);
	say_number("result", (long)information.result);
	go_on(PTRACE_SYSCALL, child, 0);
	say_next("signal", child);
	go_on(PTRACE_SYSCALL, child, SIGUSR1);
	say_next("the handler's return", child);
	say_number("kind", call_stop(child, &number));
	go_on(PTRACE_SYSCALL, child, 0);
	say_next("its exit", child);
	call_stop(child, &number);
	say("it answers", "%s", strerrorname_np((int)-number));
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
}

static void write_to_a_full_pipe(void)
{
	char bytes[65536] = "";
	int ends[2];

	pipe(ends);
	catch(SIGUSR1, handle, SA_RESTART);
	write(ends[1], bytes, sizeof bytes);
	write(ends[1], bytes, 9);
	_exit(0);
}

CASE(a_call_is_made_again_as_it_was_changed)
{
	pid_t child = traced_child(write_to_a_full_pipe, PTRACE_O_TRACESYSGOOD);
	word registers[WORDS];

	until_call(child, SYS_write);
	go_on(PTRACE_SYSCALL, child, 0);
	next(child);
	until_call(child, SYS_write);
	get_registers(child, registers);
	registers[ARGUMENT_2] = 5;
	set_registers(child, registers);
	go_on(PTRACE_SYSCALL, child, 0);
	wait_a_little();
	kill(child, SIGUSR1);
	say_next("broken", child);
	go_on(PTRACE_SYSCALL, child, 0);
	say_next("signal", child);
	go_on(PTRACE_SYSCALL, child, 0);
	say_next("again", child);
	get_registers(child, registers);
	say_number("count", (long)registers[ARGUMENT_2]);
	kill(child, SIGKILL);
	say_next("end", child);
}

CASE(a_signal_instead_of_going_on)
{
	pid_t child = traced_child(ask_for_parent, PTRACE_O_TRACESYSGOOD);

	until_call(child, SYS_getppid);
	go_on(PTRACE_CONT, child, SIGUSR2);
	say_next("signal", child);
	go_on(PTRACE_CONT, child, 0);
	say_next("end", child);
	(void)shared;
}
