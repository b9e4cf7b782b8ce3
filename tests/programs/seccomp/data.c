/* What filters see, and how they compute: each answers a number, 0 to 4095, as an error. */
#include "filtering.h"

#define ANSWER_A                                                                   \
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfff),                                \
	BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO), BPF_STMT(BPF_RET | BPF_A, 0)
#define FOR_GETPPID LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0), \
	RETURN(SECCOMP_RET_ALLOW)

static long arguments[6];

/* What a filter answers to getppid with these arguments. */
static long answer(struct sock_filter *filter, unsigned length)
{
	int ends[2];
	long found = -1;
	pid_t child;

	pipe(ends);
	child = fork();
	if (!child) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (install(filter, length, 0))
			_exit(1);
		long *a = arguments;
		found = syscall(SYS_getppid, a[0], a[1], a[2], a[3], a[4], a[5]);
		if (found == -1)
			found = errno;
		write(ends[1], &found, sizeof found);
		_exit(0);
	}
	close(ends[1]);
	read(ends[0], &found, sizeof found);
	close(ends[0]);
	reap(child);
	return found;
}

#define SAY_ANSWER(what, ...) do {                                                 \
	struct sock_filter filter_[] = { FOR_GETPPID, __VA_ARGS__, ANSWER_A };     \
	say_number(what, answer(filter_, LENGTH(filter_)));                        \
} while (0)
#define IMMEDIATE(value) BPF_STMT(BPF_LD | BPF_IMM, value)
#define INDEX(value) BPF_STMT(BPF_LDX | BPF_IMM, value)
#define BY_K(operation, value) BPF_STMT(BPF_ALU | operation | BPF_K, value)
#define BY_X(operation) BPF_STMT(BPF_ALU | operation | BPF_X, 0)

CASE(all_arguments)
{
	for (int i = 0; i < 6; i++)
		arguments[i] = 0x101 + i;
	SAY_ANSWER("first", LOAD_LOW(0));
	SAY_ANSWER("second", LOAD_LOW(1));
	SAY_ANSWER("third", LOAD_LOW(2));
	SAY_ANSWER("fourth", LOAD_LOW(3));
	SAY_ANSWER("fifth", LOAD_LOW(4));
	SAY_ANSWER("sixth", LOAD_LOW(5));
	SAY_ANSWER("upper half", LOAD_HIGH(1));
	arguments[0] = -1;
	SAY_ANSWER("lower half of -1", LOAD_LOW(0), BY_K(BPF_RSH, 24));
}

CASE(number_and_abi)
{
	SAY_ANSWER("number", LOAD(nr), BY_K(BPF_SUB, SYS_getppid), BY_K(BPF_ADD, 5));
	SAY_ANSWER("abi", LOAD(arch), INDEX(OWN_ARCH), BY_X(BPF_SUB), BY_K(BPF_ADD, 6));
	SAY_ANSWER("size", BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0));
	SAY_ANSWER("size as an index", BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
		   BPF_STMT(BPF_MISC | BPF_TXA, 0));
	SAY_ANSWER("no place above", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 8 + LOW),
		   BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), RETURN(SECCOMP_RET_ERRNO | 9),
		   IMMEDIATE(8));
}

CASE(arithmetic)
{
	SAY_ANSWER("sum", IMMEDIATE(0xffffffff), BY_K(BPF_ADD, 8));
	SAY_ANSWER("difference", IMMEDIATE(3), BY_K(BPF_SUB, 4), BY_K(BPF_RSH, 24));
	SAY_ANSWER("product", IMMEDIATE(0x10001), BY_K(BPF_MUL, 0x10003));
	SAY_ANSWER("quotient", IMMEDIATE(0xffffffff), BY_K(BPF_DIV, 0x100000));
	SAY_ANSWER("and", IMMEDIATE(0xff0), BY_K(BPF_AND, 0x0ff));
	SAY_ANSWER("or", IMMEDIATE(0xf00), BY_K(BPF_OR, 0x00f));
	SAY_ANSWER("exclusive or", IMMEDIATE(0xff0), BY_K(BPF_XOR, 0x0ff));
	SAY_ANSWER("to the left", IMMEDIATE(0x80000001), BY_K(BPF_LSH, 1));
	SAY_ANSWER("to the right", IMMEDIATE(0x80000000), BY_K(BPF_RSH, 28));
	SAY_ANSWER("negative", IMMEDIATE(1), BY_K(BPF_NEG, 0), BY_K(BPF_RSH, 20));
	SAY_ANSWER("by an index", IMMEDIATE(100), INDEX(7), BY_X(BPF_ADD), BY_X(BPF_MUL), BY_X(BPF_DIV));
	SAY_ANSWER("bits by an index", IMMEDIATE(0x123), INDEX(0x0f0), BY_X(BPF_OR), BY_X(BPF_XOR));
	SAY_ANSWER("a long shift", IMMEDIATE(3), INDEX(33), BY_X(BPF_LSH));
	SAY_ANSWER("scratch memory", IMMEDIATE(0x321), BPF_STMT(BPF_ST, 15), IMMEDIATE(0),
		   BPF_STMT(BPF_LDX | BPF_MEM, 15), BPF_STMT(BPF_STX, 0), BPF_STMT(BPF_LD | BPF_MEM, 0));
	SAY_ANSWER("to and fro", IMMEDIATE(0x77), BPF_STMT(BPF_MISC | BPF_TAX, 0), IMMEDIATE(0),
		   BPF_STMT(BPF_MISC | BPF_TXA, 0));
}

#define SAY_JUMP(what, a, condition, k) \
	SAY_ANSWER(what, IMMEDIATE(a), BPF_JUMP(BPF_JMP | condition | BPF_K, k, 1, 0), \
		   RETURN(SECCOMP_RET_ERRNO | 2), IMMEDIATE(1))

CASE(jumps)
{
	SAY_JUMP("equal", 5, BPF_JEQ, 5);
	SAY_JUMP("not equal", 5, BPF_JEQ, 6);
	SAY_JUMP("greater", 0xffffffff, BPF_JGT, 5);
	SAY_JUMP("not greater", 5, BPF_JGT, 5);
	SAY_JUMP("at least", 5, BPF_JGE, 5);
	SAY_JUMP("a bit", 5, BPF_JSET, 4);
	SAY_JUMP("no bit", 5, BPF_JSET, 2);
	SAY_ANSWER("far", IMMEDIATE(3), BPF_STMT(BPF_JMP | BPF_JA, 1), IMMEDIATE(4), BY_K(BPF_ADD, 1));
}

static void divide(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	INSTALL(0, FOR_GETPPID, INDEX(0), IMMEDIATE(1), BY_X(BPF_DIV), RETURN(SECCOMP_RET_ALLOW));
	syscall(SYS_getppid);
}

CASE(a_division_by_zero_kills)
{
	say_child("end", divide);
}
