/* arm64: number in x8, arguments in x0 to x5. */
typedef long reg;

#define PAD
#define OFFSET(value) ((reg)(value))

#define REGISTERS 31
#define REGISTER_NAMES                                                                            \
	"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",  \
		"x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24",     \
		"x25", "x26", "x27", "x28", "x29", "x30"
#define NUMBER_REGISTER 8
#define RESULT_REGISTER 0
#define ARGUMENT_REGISTER 0

#define CALL_WITH(trap)                                                      \
	register reg x8 __asm__("x8") = number;                              \
	register reg x0 __asm__("x0") = a[0];                                \
	register reg x1 __asm__("x1") = a[1];                                \
	register reg x2 __asm__("x2") = a[2];                                \
	register reg x3 __asm__("x3") = a[3];                                \
	register reg x4 __asm__("x4") = a[4];                                \
	register reg x5 __asm__("x5") = a[5];                                \
	__asm__ volatile(trap                                                \
			 : "+r"(x0)                                          \
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) \
			 : "memory");                                        \
	return x0

static inline __attribute__((always_inline)) reg call(reg number, const reg *a)
{
	CALL_WITH("svc #0");
}

static inline reg call_svc5(reg number, const reg *a)
{
	CALL_WITH("svc #5");
}

#define EACH_PAIR(operation)                                                 \
	operation("x2", "x3", "16*1") operation("x4", "x5", "16*2")          \
	operation("x6", "x7", "16*3") operation("x8", "x9", "16*4")          \
	operation("x10", "x11", "16*5") operation("x12", "x13", "16*6")      \
	operation("x14", "x15", "16*7") operation("x16", "x17", "16*8")      \
	operation("x18", "x19", "16*9") operation("x20", "x21", "16*10")     \
	operation("x22", "x23", "16*11") operation("x24", "x25", "16*12")    \
	operation("x26", "x27", "16*13") operation("x28", "x29", "16*14")
#define STORE(first, second, offset) "stp " first ", " second ", [x0, " offset "]\n\t"
#define LOAD(first, second, offset) "ldp " first ", " second ", [x0, " offset "]\n\t"

/* Uses 16 bytes of stack; x0 and x1 are lost. */
#define STORE_REGISTERS(array)                                               \
	"stp x0, x1, [sp, #-16]!\n\t"                                        \
	"ldr x0, =" array "\n\t"                                             \
	EACH_PAIR(STORE)                                                     \
	"str x30, [x0, 8*30]\n\t"                                            \
	"ldp x2, x3, [sp], #16\n\t"                                          \
	"stp x2, x3, [x0]\n\t"
#define LOAD_REGISTERS(array)                                                \
	"ldr x0, =" array "\n\t"                                             \
	EACH_PAIR(LOAD)                                                      \
	"ldr x30, [x0, 8*30]\n\t"                                            \
	"ldp x0, x1, [x0]\n\t"

#define START                                                                \
	STORE_REGISTERS("entry_registers")                                   \
	"mov x0, sp\n\t"                                                     \
	"bl probe_main\n\t"

#define TRAP_FUNCTIONS                                                       \
	".globl trap_all\ntrap_all:\n\t"                                     \
	"stp x19, x20, [sp, #-96]!\n\tstp x21, x22, [sp, #16]\n\t"           \
	"stp x23, x24, [sp, #32]\n\tstp x25, x26, [sp, #48]\n\t"             \
	"stp x27, x28, [sp, #64]\n\tstp x29, x30, [sp, #80]\n\t"             \
	LOAD_REGISTERS("before")                                             \
	"svc #0\n\t"                                                         \
	STORE_REGISTERS("after")                                             \
	"ldp x21, x22, [sp, #16]\n\t"                                        \
	"ldp x23, x24, [sp, #32]\n\tldp x25, x26, [sp, #48]\n\t"             \
	"ldp x27, x28, [sp, #64]\n\tldp x29, x30, [sp, #80]\n\t"             \
	"ldp x19, x20, [sp], #96\n\t"                                        \
	"ret\n\t.ltorg\n"
