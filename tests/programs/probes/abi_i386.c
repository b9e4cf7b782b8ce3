/* i386: sysenter and __kernel_vsyscall, and calls that take a list of arguments. */
#include "probe.h"

extern reg flags_before, flags_after;
void trap_all_vdso(void);
void trap_all_sysenter(void);

#define VDSO(number, ...) call_vdso(number, (reg[7]){__VA_ARGS__})
#define SYSENTER(number, ...) call_sysenter(number, (reg[7]){__VA_ARGS__})

static void check_ways(void);
static void check_lists(void);
static void try_sysenter(void);

void check_abi(void)
{
	trap_all();
	say_yes("int80 all flags are kept", flags_after == flags_before);
	check_lists();
	say_number("lseek past 2 GB", CALL(__NR_lseek, -1, 0x7fffffff, 0));
	check_ways();
}

static void check_ways(void)
{
	reg file = temporary_file();
	u8 *mapped;

	say_changed("vdso registers close(-1) changes", trap_all_vdso, __NR_close);
	say_number("vdso unknown number 999", VDSO(999));
	CALL(__NR_pwrite64, file, P("sixth argument"), 15, OFFSET(4096ll));
	mapped = (u8 *)VDSO(__NR_mmap2, 0, PAGE, PROT_READ, MAP_PRIVATE, file, 1);
	say("vdso mmap2 of page 1", (char *)mapped);
	say_end("sysenter in a child", try_sysenter);
	say_changed("sysenter registers close(-1) changes", trap_all_sysenter, __NR_close);
	say_number("sysenter result of close(-1)", after[RESULT_REGISTER]);
	say_number("sysenter unknown number 999", SYSENTER(999));
	mapped = (u8 *)SYSENTER(__NR_mmap2, 0, PAGE, PROT_READ, MAP_PRIVATE, file, 1);
	say("sysenter mmap2 of page 1", (char *)mapped);
	say_number("sysenter write from address -1", SYSENTER(__NR_write, 1, -1, 1));
	CALL(__NR_close, file);
}

static void try_sysenter(void)
{
	SYSENTER(__NR_exit, 7);
}

static void check_lists(void)
{
	int ends[2] = { -1, -1 };
	u32 words[6] = { 0, 100, PROT_READ, MAP_PRIVATE, 0, 4096 };
	long timeout[2] = { 0, 0 };
	u32 bits[32] = { 0 };
	reg file = temporary_file();

	CALL(__NR_pwrite64, file, P("list"), 5, OFFSET(4096ll));
	words[4] = (u32)file;
	say("old mmap takes a list and bytes", (char *)CALL(__NR_mmap, P(words)));
	words[5] = 4097;
	say_number("old mmap at 4097", CALL(__NR_mmap, P(words)));

	u32 pair[4] = { 1, 1, 0, (u32)ends };
	say_number("socketcall socketpair", CALL(__NR_socketcall, 8, P(pair)));
	u32 send[4] = { (u32)ends[0], (u32)"ping", 4, 0 };
	say_number("socketcall send", CALL(__NR_socketcall, 9, P(send)));
	say_number("socketcall 99", CALL(__NR_socketcall, 99, P(send)));
	say_number("socketcall with a bad list", CALL(__NR_socketcall, 8, 1));

	bits[ends[1] / 32] = 1u << (ends[1] % 32);
	u32 old_select[5] = { (u32)ends[1] + 1, (u32)bits, 0, 0, (u32)timeout };
	say_number("old select takes a list", CALL(__NR_select, P(old_select)));
	say_yes("and sets the bit", bits[ends[1] / 32] == 1u << (ends[1] % 32));

	reg set = CALL(__NR_ipc, 2, 0, 1, 0600); /* SEMGET of IPC_PRIVATE */
	u32 argument = 0;
	say_ok("ipc semget", set);
	say_number("ipc semctl IPC_RMID", CALL(__NR_ipc, 3, set, 0, 0, P(&argument)));
	say_number("ipc 99", CALL(__NR_ipc, 99));
	CALL(__NR_close, file);
}
