/* MIPS: the error flag, second results, stack arguments and the indirect call. */
#include "probe.h"

#define CACHEFLUSH_BCACHE 3

static void check_pipe(void);
static void check_stack_arguments(void);

void check_abi(void)
{
	unsigned long pointer;
	static u32 code[4];

	say_number("a3 after an error", (CALL(__NR_close, -1), last_a3));
	say_number("a3 after success", (CALL(__NR_getpid), last_a3));
	check_pipe();
	say_number("cacheflush", CALL(__NR_cacheflush, P(code), sizeof code, CACHEFLUSH_BCACHE));
	say_number("cacheflush of cache 4", CALL(__NR_cacheflush, P(code), sizeof code, 4));
	say_number("set_thread_area", CALL(__NR_set_thread_area, 0x1234560));
	__asm__ volatile(".set push\n.set mips32r2\nrdhwr $3, $29\n.set pop\nmove %0, $3"
			 : "=r"(pointer)
			 :
			 : "$3");
	say_hex("rdhwr of the thread pointer", pointer);
	say_number("sysmips 99", CALL(__NR_sysmips, 99));
	check_stack_arguments();
}

/* The old pipe returns two descriptors in two registers and stores nothing. */
static void check_pipe(void)
{
	int untouched[2] = { -7, -7 };
	char byte = 0;
	reg read_end = CALL(__NR_pipe, P(untouched)), write_end = last_v1;

	say_number("a3 after pipe", last_a3);
	say_number("write to pipe's v1", CALL(__NR_write, write_end, P("q"), 1));
	say_number("read from pipe's v0", CALL(__NR_read, read_end, P(&byte), 1));
	say_yes("it read what was written", byte == 'q');
	say_yes("pipe stores nothing", untouched[0] == -7 && untouched[1] == -7);
}

#if _MIPS_SIM == _ABIO32
static reg call_with_stack(unsigned long stack);

static void check_stack_arguments(void)
{
	char buffer[12] = "";
	reg file = temporary_file();

	say_number("syscall(close, -1)", CALL(4000, __NR_close, -1));
	say_yes("syscall(getpid)", CALL(4000, __NR_getpid) == CALL(__NR_getpid));
	say_number("syscall(syscall)", CALL(4000, 4000, __NR_getpid));
	say_number("syscall(unknown)", CALL(4000, 4999));
	say_number("syscall(getpid of n64)", CALL(4000, 5038));
	CALL(__NR_write, file, P("indirect"), 8);
	/* pread64's offset begins at an even place of the list that pread64 itself gets. */
	say_number("syscall(lseek)", CALL(4000, __NR_lseek, file, 2, 0));
	say_number("syscall(read)", CALL(4000, __NR_read, file, P(buffer), 6));
	say("syscall(read) read", buffer);
	say_number("close(-1) with the stack in a hole",
		   call_with_stack((unsigned long)page_before_hole() + PAGE));
	say_number("close(-1) with the stack in the kernel", call_with_stack(0x80001000u));
	CALL(__NR_close, file);
}

/* close(-1) with another stack pointer at the trap. */
static reg call_with_stack(unsigned long stack)
{
	register reg v0 __asm__("$2") = __NR_close;
	register reg a0 __asm__("$4") = -1;
	register reg a3 __asm__("$7") = 0;
	register unsigned long other __asm__("$16") = stack;

	__asm__ volatile(".set push\n.set noreorder\n"
			 "move $17, $29\n\tmove $29, $16\n\tsyscall\n\tmove $29, $17\n"
			 ".set pop"
			 : "+r"(v0), "+r"(a3)
			 : "r"(a0), "r"(other)
			 : "$17", "$3", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15", "$24",
			   "$25", "$1", "memory");
	return a3 ? -v0 : v0;
}
#else
static void check_stack_arguments(void)
{
#if _MIPS_SIM == _ABIN32
	say_yes("getpid of the n64 table", CALL(5038) == CALL(__NR_getpid));
	say_number("close(-1) of the n64 table", CALL(5003, -1));
#else
	say_number("getpid of the n32 table", CALL(6038));
#endif
	say_number("getpid of the o32 table", CALL(4020));
}
#endif
