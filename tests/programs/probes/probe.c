/* A raw ABI probe: says, line by line, how this kernel keeps the rules of its system call ABI. */
#include <linux/wait.h>

#include "probe.h"

__attribute__((noreturn, used)) void probe_main(unsigned long *stack)
{
	check_entry(stack);
	check_registers();
	check_errors();
	check_files();
	check_mappings();
	check_faults();
	check_structures();
	check_abi();
	say("end", "reached");
	CALL(__NR_exit, 0);
	__builtin_trap();
}

reg temporary_file(void)
{
	static char path[] = "/tmp/emu-probe-0000000000";
	u32 id = (u32)CALL(__NR_getpid);
	reg file;

	for (char *digit = path + sizeof path - 2; *digit == '0'; digit--, id >>= 4)
		*digit = "abcdefghijklmnop"[id & 15];
	file = CALL(__NR_openat, AT_FDCWD, P(path), O_RDWR | O_CREAT | O_EXCL | O_LARGEFILE, 0600);
	CALL(__NR_unlinkat, AT_FDCWD, P(path));
	for (char *digit = path + sizeof path - 2; *digit != '-'; digit--)
		*digit = '0';
	return file;
}

void *map_pages(unsigned long bytes)
{
#ifdef __NR_mmap2
	return (void *)(long)CALL(__NR_mmap2, 0, bytes, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#else
	return (void *)(long)CALL(__NR_mmap, 0, bytes, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#endif
}

u8 *page_before_hole(void)
{
	u8 *pages = map_pages(2 * PAGE);

	CALL(__NR_munmap, P(pages + PAGE), PAGE);
	return pages;
}

s64 seek(reg file, s64 offset, int whence)
{
#ifdef __NR__llseek
	s64 result = -1;
	reg error = CALL(__NR__llseek, file, HIGH(offset), LOW(offset), P(&result), whence);

	return error < 0 ? error : result;
#elif defined(__NR_llseek)
	s64 result = -1;
	reg error = CALL(__NR_llseek, file, HIGH(offset), LOW(offset), P(&result), whence);

	return error < 0 ? error : result;
#else
	return CALL(__NR_lseek, file, (reg)offset, whence);
#endif
}

void say_end(const char *name, void (*function)(void))
{
	int information[32] = { 0 }; /* siginfo: signo, errno and code (MIPS: code and errno) ... */
#ifdef __mips__
	const int *code = information + 1;
#else
	const int *code = information + 2;
#endif
	const int *status = information + (sizeof(long) == 8 ? 6 : 5);
	char text[] = "signal 00";
	reg child = CALL(__NR_clone, SIGCHLD);

	if (child == 0) {
		function();
		CALL(__NR_exit, 0);
	}
	if (CALL(__NR_waitid, P_PID, child, P(information), WEXITED) < 0) {
		say(name, "waitid failed");
		return;
	}
	if (*code == CLD_EXITED)
		memcpy(text, "status", 6);
	text[7] = (char)('0' + *status / 10);
	text[8] = (char)('0' + *status % 10);
	say(name, text);
}
