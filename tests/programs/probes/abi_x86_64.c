/* x86-64 and x32: what syscall does to rcx, r11 and rax, and int 0x80 from 64-bit code. */
#include "probe.h"

#define MAP_LOW 0x40 /* MAP_32BIT */
#define UPPER ((reg)0x7654321000000000ll)

enum { /* numbers of the i386 table */
	I386_WRITE = 4, I386_CLOSE = 6, I386_LSEEK = 19, I386_GETPID = 20, I386_OLDFSTAT = 28,
	I386_MMAP = 90, I386_MUNMAP = 91, I386_SOCKETCALL = 102, I386_FSTAT = 108,
	I386_UNAME = 122, I386_PERSONALITY = 136, I386_LLSEEK = 140, I386_RT_SIGACTION = 174,
	I386_MMAP2 = 192, I386_FSTAT64 = 197,
};

extern reg flags_before, flags_after;
void trap_all_int80(void);
extern const char trap_all_return[], trap_all_int80_return[];

static void check_syscall(void);
static void check_other_table(void);
static void check_int80(void);
static void check_int80_pointers(void);
static void check_int80_structs(void);

void check_abi(void)
{
	check_syscall();
	check_other_table();
	check_int80();
	check_int80_pointers();
	check_int80_structs();
}

static void check_syscall(void)
{
	trap_all();
	say_yes("syscall rcx is the return address", (unsigned long)after[1] == (unsigned long)trap_all_return);
	say_yes("syscall r11 is the flags", after[11] == flags_before);
	say_yes("syscall the carry flag is kept", flags_after & 1);
	say_yes("syscall all flags are kept", flags_after == flags_before);
}

/* Bit 30 of the number selects the x32 table in a kernel that has one. */
static void check_other_table(void)
{
	reg own = CALL(__NR_getpid), other = CALL(__NR_getpid ^ 0x40000000);

	if (other == own)
		say("getpid with bit 30 inverted", "the same");
	else
		say_number("getpid with bit 30 inverted", other);
}

static void check_int80(void)
{
	static char text[] = "int80 text: written\n";
	void *low = (void *)(long)CALL(__NR_mmap, 0, PAGE, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOW, -1, 0);

	say_changed("int80 registers close(-1) changes", trap_all_int80, I386_CLOSE);
	say_number("int80 result of close(-1)", after[RESULT_REGISTER]);
	say_yes("int80 all flags are kept", flags_after == flags_before);
	say_yes("int80 getpid of the i386 table", INT80(I386_GETPID) == CALL(__NR_getpid));
	say_yes("int80 getpid with a long number", INT80(UPPER | I386_GETPID) == CALL(__NR_getpid));
	say_number("int80 unknown number 999", INT80(999));
	say_number("int80 unknown number -1", INT80(-1));
	INT80(I386_PERSONALITY, 0xfffff000);
	say_number("int80 result 0xfffff000", INT80(I386_PERSONALITY, -1));
	INT80(I386_PERSONALITY, 0);
	memcpy(low, text, sizeof text);
	say_number("int80 write from low memory",
		   INT80(I386_WRITE, UPPER | 1, UPPER | P(low), UPPER | (sizeof text - 1)));
	CALL(__NR_munmap, P(low), PAGE);
}

/* Pointers lose their upper half; what is mapped for such a caller lies below 4 GB. */
static void check_int80_pointers(void)
{
	u8 *high = (u8 *)(long)CALL(__NR_mmap, 0x7654321000ll, PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg mapped = INT80(I386_MMAP2, 0, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg file = temporary_file();

#ifdef __LP64__
	say_yes("int80 memory above 4 GB was mapped", (unsigned long)high >> 32);
	say_number("int80 write from above 4 GB", INT80(I386_WRITE, 1, P(high), 1));
#else
	(void)high;
#endif
	say_yes("int80 mmap2 is below 4 GB", mapped > 0 && (u64)mapped < 0x100000000ull);
	say_yes("int80 and usable", *(volatile u8 *)(long)mapped == 0);
	say_number("int80 munmap", INT80(I386_MUNMAP, mapped, PAGE));
	CALL(__NR_pwrite64, file, P("x"), 1, 4096);
	mapped = INT80(I386_MMAP2, 0, PAGE, PROT_READ, MAP_PRIVATE, file, 1);
	say_yes("int80 mmap2 counts pages", mapped > 0 && *(volatile u8 *)(long)mapped == 'x');
	say_number("int80 lseek by 0xfffffffb from the end", INT80(I386_LSEEK, file, 0xfffffffb, 2));
	CALL(__NR_close, file);
}

static reg low_room;

#define FILLS(name, ...)                                                       \
	static reg name(void *buffer)                                          \
	{                                                                      \
		reg result;                                                    \
		memcpy((void *)(long)low_room, buffer, 512);                   \
		result = INT80(__VA_ARGS__);                                   \
		memcpy(buffer, (void *)(long)low_room, 512);                   \
		return result;                                                 \
	}                                                                      \
	_Static_assert(1, "")

FILLS(fill_oldfstat, I386_OLDFSTAT, 60, low_room);
FILLS(fill_fstat, I386_FSTAT, 60, low_room);
FILLS(fill_fstat64, I386_FSTAT64, 60, low_room);
FILLS(fill_uname, I386_UNAME, low_room);
FILLS(fill_sigaction, I386_RT_SIGACTION, 10, 0, low_room, 8);

static void check_int80_structs(void)
{
	u32 *words;
	reg file = temporary_file();

	low_room = CALL(__NR_mmap, 0, PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOW, -1, 0);
	words = (u32 *)(long)low_room;
	CALL(__NR_dup3, file, 60, 0);
	say_size("int80 bytes of oldfstat", fill_oldfstat);
	say_size("int80 bytes of fstat", fill_fstat);
	say_size("int80 bytes of fstat64", fill_fstat64);
	say_size("int80 bytes of uname", fill_uname);
	say_size("int80 bytes of rt_sigaction", fill_sigaction);

	words[0] = 0, words[1] = PAGE, words[2] = PROT_READ;
	words[3] = MAP_PRIVATE | MAP_ANONYMOUS, words[4] = (u32)-1, words[5] = 0;
	say_yes("int80 old mmap takes a list", (u64)INT80(I386_MMAP, low_room) >> 32 == 0);
	words[0] = 1, words[1] = 1, words[2] = 0, words[3] = (u32)low_room + 64;
	say_number("int80 socketcall socketpair", INT80(I386_SOCKETCALL, 8, low_room));
	say_number("int80 _llseek past 4 GB", INT80(I386_LLSEEK, 60, 1, 5, low_room + 64, 0));
	say_hex("int80 _llseek's answer", *(u64 *)(long)(low_room + 64));
	CALL(__NR_close, 60);
	CALL(__NR_close, file);
}
