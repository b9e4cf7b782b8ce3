/* Who may install which filters. */
#include "filtering.h"

static void say_program(const char *what, struct sock_filter *filter, unsigned length)
{
	say_result(what, install(filter, length, 0));
}

#define SAY_PROGRAM(what, ...) do {                                                \
	struct sock_filter filter_[] = { __VA_ARGS__ };                            \
	say_program(what, filter_, LENGTH(filter_));                               \
} while (0)

static void programs(void)
{
	static struct sock_filter many[BPF_MAXINSNS + 1];

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	say_program("empty", many, 0);
	SAY_PROGRAM("no return", LOAD(nr));
	SAY_PROGRAM("unaligned", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), RETURN(0));
	SAY_PROGRAM("beyond the data", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), RETURN(0));
	SAY_PROGRAM("a byte", BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), RETURN(0));
	SAY_PROGRAM("at an index", BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), RETURN(0));
	SAY_PROGRAM("a remainder", BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 2), RETURN(0));
	SAY_PROGRAM("a division by zero", BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RETURN(0));
	SAY_PROGRAM("a long shift", BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), RETURN(0));
	SAY_PROGRAM("a jump behind the end", BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), RETURN(0));
	SAY_PROGRAM("a far jump", BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), RETURN(0));
	SAY_PROGRAM("memory that is not there", BPF_STMT(BPF_ST, 16), RETURN(0));
	SAY_PROGRAM("memory not written", BPF_STMT(BPF_LD | BPF_MEM, 3), RETURN(0));
	SAY_PROGRAM("memory written on one way",
		    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), BPF_STMT(BPF_ST, 3),
		    BPF_STMT(BPF_LD | BPF_MEM, 3), RETURN(0));
	SAY_PROGRAM("no such code", BPF_STMT(0x1234, 0), RETURN(0));
	for (unsigned i = 0; i < LENGTH(many); i++)
		many[i] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	say_program("too long", many, BPF_MAXINSNS + 1);
	say_program("longest", many, BPF_MAXINSNS);
	int filters = 1;
	while (!install(many, BPF_MAXINSNS, 0))
		filters++;
	say_number("of the longest", filters);
	say_result("one more", install(many, BPF_MAXINSNS, 0));
}

CASE(programs_are_checked)
{
	say_child("end", programs);
}

static void arguments(void)
{
	struct sock_filter filter[] = { RETURN(SECCOMP_RET_ALLOW) };
	struct sock_fprog nowhere = { 1, NULL };
	struct sock_fprog good = { 1, filter };
	unsigned action = SECCOMP_RET_TRACE;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	say_result("no such operation", syscall(SYS_seccomp, 99, 0, NULL));
	say_result("strict with flags", syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL));
	say_result("strict with arguments", syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, &good));
	say_result("no such flag", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 1 << 20, &good));
	say_result("nobody to receive", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 1 << 5, &good));
	say_result("no program", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL));
	say_result("no instructions", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &nowhere));
	say_result("prctl", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &good, 0, 0));
	say_result("no such mode", prctl(PR_SET_SECCOMP, 3, &good, 0, 0));
	say_result("mode none", prctl(PR_SET_SECCOMP, SECCOMP_MODE_DISABLED, 0, 0, 0));
	say_result("an action", syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
	action = 0x12340000;
	say_result("no action", syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
	say_result("with flags", syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 1, &action));
	say_result("nowhere", syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, NULL));
}

CASE(arguments_are_checked)
{
	say_child("end", arguments);
}

static void sizes(void)
{
	struct seccomp_notif_sizes found = { 0 };

	say_result("answer", syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &found));
	say_number("notification", found.seccomp_notif);
	say_number("response", found.seccomp_notif_resp);
	say_number("data", found.seccomp_data);
}

CASE(sizes_of_notifications)
{
	say_child("end", sizes);
}

static void unprivileged(void)
{
	struct sock_filter filter[] = { RETURN(SECCOMP_RET_ALLOW) };

	say_result("root may", install(filter, 1, 0));
	syscall(SYS_setresuid, 1000, 1000, 1000);
	say_result("a user may not", install(filter, 1, 0));
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	say_result("until without privileges", install(filter, 1, 0));
}

CASE(privileges)
{
	say_child("end", unprivileged);
}

static void make_child(void)
{
	INSTALL(0, ON(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV));
	pid_t child = fork();

	if (!child) {
		say_result("a child", syscall(SYS_getppid));
		execute("filtered", "x");
	}
	reap(child);
}

ROLE(filtered)
{
	say_result("another program", syscall(SYS_getppid));
	say_number("its filters", own_status("Seccomp_filters"));
}

CASE(children_and_programs_keep_filters)
{
	say_child("end", make_child);
}

static volatile int stage;
static long thread_found[2];
static volatile pid_t thread_id;

static void *asked_later(void *argument)
{
	thread_id = syscall(SYS_gettid);
	if (argument)
		INSTALL(0, RETURN(SECCOMP_RET_ALLOW));
	stage = 1;
	until(stage == 2);
	thread_found[0] = syscall(SYS_getppid);
	thread_found[1] = errno;
	return NULL;
}

static void synchronised(int stranger, unsigned flags)
{
	pthread_t thread;
	long answer;

	stage = 0;
	pthread_create(&thread, NULL, asked_later, stranger ? "" : NULL);
	until(stage == 1);
	answer = INSTALL(flags, ON(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV));
	if (answer > 0)
		say_yes("refused because of the thread", answer == thread_id);
	else
		say_result("answer", answer);
	stage = 2;
	pthread_join(thread, NULL);
	errno = thread_found[1];
	if (thread_found[0] > 0)
		say_yes("the thread's call was made", 1);
	else
		say_result("the thread", thread_found[0]);
}

static void all_threads(void)
{
	synchronised(0, SECCOMP_FILTER_FLAG_TSYNC);
}

static void own_thread(void)
{
	synchronised(0, 0);
}

static void strange_thread(void)
{
	synchronised(1, SECCOMP_FILTER_FLAG_TSYNC);
}

static void strange_thread_by_error(void)
{
	synchronised(1, SECCOMP_FILTER_FLAG_TSYNC | 1 << 4);
}

CASE(threads_are_synchronised)
{
	say_child("one", own_thread);
	say_child("all", all_threads);
	say_child("one is out of step", strange_thread);
	say_child("told by an error", strange_thread_by_error);
}
