/* MIPS: number in v0, the result in v0, and a3 is 1 after an error, which is then positive.
 * o32 has four argument registers and takes the rest from the stack; n32 and n64 have eight. */
#if _MIPS_SIM == _ABIO32
typedef long reg;
#define PAD 0,
#define SX "sw "
#define LX "lw "
#define WORD_BYTES "4"
#ifdef __MIPSEB__
#define OFFSET(value) HIGH(value), LOW(value)
#else
#define OFFSET(value) LOW(value), HIGH(value)
#endif
#else
typedef long long reg;
#define PAD
#define OFFSET(value) ((reg)(value))
#define SX "sd "
#define LX "ld "
#define WORD_BYTES "8"
#endif

#if _MIPS_SIM == _ABI64
#define ADD "daddiu "
#define LA "dla "
#else
#define ADD "addiu "
#define LA "la "
#endif

#define REGISTERS 32
#if _MIPS_SIM == _ABIO32
#define REGISTER_NAMES                                                                            \
	"zero", "at", "v0", "v1", "a0", "a1", "a2", "a3", "t0", "t1", "t2", "t3", "t4", "t5",     \
		"t6", "t7", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "t8", "t9", "k0",    \
		"k1", "gp", "sp", "fp", "ra"
#define TEMPORARIES 0x0700ff02u /* at, t0-t7, t8, k0, k1: left as the kernel used them */
#else
#define REGISTER_NAMES                                                                            \
	"zero", "at", "v0", "v1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t0", "t1",     \
		"t2", "t3", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "t8", "t9", "k0",    \
		"k1", "gp", "sp", "fp", "ra"
#define TEMPORARIES 0x0700fc02u /* at, a6, a7, t0-t3, t8, k0, k1 */
#endif
#define NEVER_SAID 0x0c000000u /* k0, k1: any interrupt changes them */
#define NUMBER_REGISTER 2
#define RESULT_REGISTER 2
#define ARGUMENT_REGISTER 4
#define STACK_REGISTER 29

reg call(reg number, const reg *arguments); /* leaves a3 and v1 in these: */
extern reg last_a3, last_v1;

#define EACH(operation)                                                      \
	operation("$1", "1") operation("$2", "2") operation("$3", "3")       \
	operation("$4", "4") operation("$5", "5") operation("$6", "6")       \
	operation("$7", "7") operation("$9", "9") operation("$10", "10")     \
	operation("$11", "11") operation("$12", "12") operation("$13", "13") \
	operation("$14", "14") operation("$15", "15") operation("$16", "16") \
	operation("$17", "17") operation("$18", "18") operation("$19", "19") \
	operation("$20", "20") operation("$21", "21") operation("$22", "22") \
	operation("$23", "23") operation("$24", "24") operation("$25", "25") \
	operation("$26", "26") operation("$27", "27")                        \
	operation("$28", "28") operation("$30", "30") operation("$31", "31")
#define STORE(register, index) SX register ", " WORD_BYTES "*" index "($8)\n\t"
#define LOAD(register, index) LX register ", " WORD_BYTES "*" index "($8)\n\t"
#define SAVE(register, index) SX register ", " WORD_BYTES "*" index "($sp)\n\t"
#define RESTORE(register, index) LX register ", " WORD_BYTES "*" index "($sp)\n\t"

#define STORE_REGISTERS(array)                                               \
	ADD "$sp, $sp, -16\n\t" SX "$8, 0($sp)\n\t"                          \
	LA "$8, " array "\n\t"                                               \
	EACH(STORE)                                                          \
	LX "$9, 0($sp)\n\t" SX "$9, " WORD_BYTES "*8($8)\n\t"                \
	ADD "$sp, $sp, 16\n\t"

#define MIPS_STATE ".set noat\n.set noreorder\n"

#define START                                                                \
	MIPS_STATE                                                           \
	STORE_REGISTERS("entry_registers")                                   \
	"move $4, $sp\n\t"                                                   \
	ADD "$sp, $sp, -32\n\t"                                              \
	LA "$25, probe_main\n\t"                                             \
	"jalr $25\n\tnop\n\t"

#define ARGUMENT(register, index) LX register ", " WORD_BYTES "*" index "($12)\n\t"
#if _MIPS_SIM == _ABIO32
#define STACK_ARGUMENT(index) "lw $13, 4*" index "($12)\n\tsw $13, 4*" index "($sp)\n\t"
#define LAST_ARGUMENTS STACK_ARGUMENT("4") STACK_ARGUMENT("5") STACK_ARGUMENT("6")
#else
#define LAST_ARGUMENTS ARGUMENT("$8", "4") ARGUMENT("$9", "5") ARGUMENT("$10", "6")
#endif

#define TRAP_FUNCTIONS                                                       \
	MIPS_STATE                                                           \
	".globl call\ncall:\n\t"                                             \
	ADD "$sp, $sp, -32\n\t"                                              \
	"move $2, $4\n\tmove $12, $5\n\t"                                    \
	ARGUMENT("$4", "0") ARGUMENT("$5", "1")                              \
	ARGUMENT("$6", "2") ARGUMENT("$7", "3")                              \
	LAST_ARGUMENTS                                                       \
	"syscall\n\t"                                                        \
	LA "$12, last_a3\n\t" SX "$7, 0($12)\n\t"                            \
	LA "$12, last_v1\n\t" SX "$3, 0($12)\n\t"                            \
	"beqz $7, call_done\n\t"                                             \
	ADD "$sp, $sp, 32\n\t"                                               \
	"subu $2, $0, $2\n"                                                  \
	"call_done:\n\t"                                                     \
	"jr $31\n\tnop\n"                                                    \
	".globl trap_all\ntrap_all:\n\t"                                     \
	ADD "$sp, $sp, -256\n\t"                                             \
	EACH(SAVE)                                                           \
	LA "$8, before\n\t"                                                  \
	EACH(LOAD)                                                           \
	LX "$8, " WORD_BYTES "*8($8)\n\t"                                    \
	"syscall\n\t"                                                        \
	STORE_REGISTERS("after")                                             \
	EACH(RESTORE)                                                        \
	"jr $31\n\t"                                                         \
	ADD "$sp, $sp, 256\n"
