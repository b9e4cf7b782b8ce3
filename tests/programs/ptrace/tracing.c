/* A tracer's steps. */
#include "tracing.h"

pid_t traced_child(void (*function)(void), long options)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0))
			_exit(97);
		raise(SIGSTOP);
		function();
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
		say_status("the child does not stop", status);
	if (options && ptrace(PTRACE_SETOPTIONS, child, 0, options))
		say_result("options", -1);
	return child;
}

int next(pid_t tracee)
{
	int status;

	if (waitpid(tracee, &status, __WALL) != tracee) {
		say_result("waitpid", -1);
		_exit(1);
	}
	return status;
}

void say_stop(const char *what, int status)
{
	static const char *events[] = {
		"", "fork", "vfork", "clone", "exec", "vfork done", "exit", "seccomp"
	};
	int event = status >> 16, number = WSTOPSIG(status);

	if (!WIFSTOPPED(status))
		say_status(what, status);
	else if (number == (SIGTRAP | 0x80))
		say(what, "a call");
	else if (event == PTRACE_EVENT_STOP)
		say(what, "a stop, %s", signal_name(number));
	else if (event)
		say(what, "event %s, %s", events[event], signal_name(number));
	else
		say(what, "%s", signal_name(number));
}

void say_next(const char *what, pid_t tracee)
{
	say_stop(what, next(tracee));
}

void go_on(int request, pid_t tracee, int number)
{
	if (ptrace(request, tracee, 0, (long)number))
		say_result("go on", -1);
}

struct call_information {
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t pc, sp;
	union {
		struct { uint64_t number, arguments[6]; } entry;
		struct { int64_t result; uint8_t failed; } exit;
		char room[64];
	};
};

int call_stop(pid_t tracee, long *number)
{
	struct call_information call = { 0 };

	if (ptrace((enum __ptrace_request)0x420e, tracee, sizeof call, &call) < 0)
		say_result("PTRACE_GET_SYSCALL_INFO", -1);
	*number = (long)call.entry.number;
	return call.op;
}

int until_call(pid_t tracee, long number)
{
	for (;;) {
		long found;
		int status;

		go_on(PTRACE_SYSCALL, tracee, 0);
		status = next(tracee);
		if (!WIFSTOPPED(status))
			return status;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80) && call_stop(tracee, &found) == 1 &&
		    found == number)
			return status;
	}
}

void get_registers(pid_t tracee, word *registers)
{
	struct iovec all = { registers, WORDS * sizeof *registers };

	if (ptrace(PTRACE_GETREGSET, tracee, NT_PRSTATUS, &all))
		say_result("registers", -1);
}

void set_registers(pid_t tracee, word *registers)
{
	struct iovec all = { registers, WORDS * sizeof *registers };

	if (ptrace(PTRACE_SETREGSET, tracee, NT_PRSTATUS, &all))
		say_result("registers to set", -1);
}

void set_call(pid_t tracee, long number)
{
#if defined __aarch64__
	int value = (int)number;
	struct iovec one = { &value, sizeof value };

	if (ptrace(PTRACE_SETREGSET, tracee, 0x404, &one))
		say_result("call to set", -1);
#elif defined __arm__
	if (ptrace((enum __ptrace_request)23, tracee, 0, number))
		say_result("call to set", -1);
#else
	word registers[WORDS];

	get_registers(tracee, registers);
	registers[NUMBER] = (word)number;
	set_registers(tracee, registers);
#endif
}

void set_result(pid_t tracee, long value)
{
	word registers[WORDS];

	get_registers(tracee, registers);
	registers[RESULT] = (word)value;
#ifdef __mips__
	registers[FAILED] = 0;
#endif
	set_registers(tracee, registers);
}

long status_field(pid_t process, const char *field)
{
	char path[64], line[256];
	long value = -1;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/status", process);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof line, file))
		if (!strncmp(line, field, strlen(field)))
			value = strtol(line + strlen(field) + 1, NULL, 10);
	if (file)
		fclose(file);
	return value;
}

char state_of(pid_t process)
{
	char path[64], text[512] = "";
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/stat", process);
	file = fopen(path, "r");
	if (!file)
		return '-';
	fgets(text, sizeof text, file);
	fclose(file);
	return strrchr(text, ')')[2];
}
