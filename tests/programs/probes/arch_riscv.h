/* riscv64 and riscv32: number in a7, arguments in a0 to a5. */
typedef long reg;

#define PAD
#if __riscv_xlen == 64
#define OFFSET(value) ((reg)(value))
#define SX "sd "
#define LX "ld "
#define WORD_BYTES "8"
#else
#define OFFSET(value) LOW(value), HIGH(value)
#define SX "sw "
#define LX "lw "
#define WORD_BYTES "4"
#endif

#define REGISTERS 32
#define REGISTER_NAMES                                                                            \
	"zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3",     \
		"a4", "a5", "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10",    \
		"s11", "t3", "t4", "t5", "t6"
#define NUMBER_REGISTER 17
#define RESULT_REGISTER 10
#define ARGUMENT_REGISTER 10
#define STACK_REGISTER 2

static inline __attribute__((always_inline)) reg call(reg number, const reg *a)
{
	register reg a7 __asm__("a7") = number;
	register reg a0 __asm__("a0") = a[0];
	register reg a1 __asm__("a1") = a[1];
	register reg a2 __asm__("a2") = a[2];
	register reg a3 __asm__("a3") = a[3];
	register reg a4 __asm__("a4") = a[4];
	register reg a5 __asm__("a5") = a[5];
	register reg a6 __asm__("a6") = a[6];

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a6)
			 : "memory");
	return a0;
}

#define EACH(operation)                                                      \
	operation("x1", "1") operation("x3", "3") operation("x4", "4")       \
	operation("x6", "6") operation("x7", "7")                            \
	operation("x8", "8") operation("x9", "9") operation("x10", "10")     \
	operation("x11", "11") operation("x12", "12") operation("x13", "13") \
	operation("x14", "14") operation("x15", "15") operation("x16", "16") \
	operation("x17", "17") operation("x18", "18") operation("x19", "19") \
	operation("x20", "20") operation("x21", "21") operation("x22", "22") \
	operation("x23", "23") operation("x24", "24") operation("x25", "25") \
	operation("x26", "26") operation("x27", "27") operation("x28", "28") \
	operation("x29", "29") operation("x30", "30") operation("x31", "31")
#define STORE(register, index) SX register ", " WORD_BYTES "*" index "(x5)\n\t"
#define LOAD(register, index) LX register ", " WORD_BYTES "*" index "(x5)\n\t"
#define SAVE(register, index) SX register ", " WORD_BYTES "*" index "(sp)\n\t"
#define RESTORE(register, index) LX register ", " WORD_BYTES "*" index "(sp)\n\t"

#define STORE_REGISTERS(array)                                               \
	"addi sp, sp, -16\n\t" SX "x5, 0(sp)\n\t"                            \
	"la x5, " array "\n\t"                                               \
	EACH(STORE)                                                          \
	LX "x6, 0(sp)\n\t" SX "x6, " WORD_BYTES "*5(x5)\n\t"                 \
	"addi sp, sp, 16\n\t"

#define START                                                                \
	STORE_REGISTERS("entry_registers")                                   \
	"mv a0, sp\n\t"                                                      \
	"call probe_main\n\t"

#define TRAP_FUNCTIONS                                                       \
	".globl trap_all\ntrap_all:\n\t"                                     \
	"addi sp, sp, -256\n\t"                                              \
	EACH(SAVE)                                                           \
	"la x5, before\n\t"                                                  \
	EACH(LOAD)                                                           \
	LX "x5, " WORD_BYTES "*5(x5)\n\t"                                    \
	"ecall\n\t"                                                          \
	STORE_REGISTERS("after")                                             \
	EACH(RESTORE)                                                        \
	"addi sp, sp, 256\n\t"                                               \
	"ret\n"
