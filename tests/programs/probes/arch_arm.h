/* ARM: EABI has the number in r7, OABI in the swi instruction; arguments in r0 to r6. */
typedef long reg;

#ifdef __ARM_EABI__
/* A 64-bit argument starts at an even register. */
#define PAD 0,
#else
#define PAD
#endif
#define OFFSET(value) LOW(value), HIGH(value)

#define REGISTERS 15
#define REGISTER_NAMES                                                                            \
	"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "sp", "lr"
#define RESULT_REGISTER 0
#define ARGUMENT_REGISTER 0
#define STACK_REGISTER 13

#define ARGUMENTS                                                            \
	register reg r0 __asm__("r0") = a[0];                                \
	register reg r1 __asm__("r1") = a[1];                                \
	register reg r2 __asm__("r2") = a[2];                                \
	register reg r3 __asm__("r3") = a[3];                                \
	register reg r4 __asm__("r4") = a[4];                                \
	register reg r5 __asm__("r5") = a[5];                                \
	register reg r6 __asm__("r6") = a[6]

#ifdef __ARM_EABI__
#define NUMBER_REGISTER 7
#define TRAP_ALL "svc #0"

static inline __attribute__((always_inline)) reg call(reg number, const reg *a)
{
	ARGUMENTS;
	register reg r7 __asm__("r7") = number;

	__asm__ volatile("svc #0"
			 : "+r"(r0)
			 : "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5), "r"(r6), "r"(r7)
			 : "memory");
	return r0;
}
#else
#define TRAP_ALL "swi 0x900006"
/* The number must be a constant; r7 is filled with nonsense to show that nobody reads it. */
#define call(number, list)                                                                      \
	({                                                                                      \
		const reg *a = list;                                                            \
		ARGUMENTS;                                                                      \
		register reg r7 __asm__("r7") = 0x7777;                                         \
		__asm__ volatile("swi %c8"                                                      \
				 : "+r"(r0)                                                     \
				 : "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5), "r"(r6), "r"(r7), \
				   "i"(number)                                                  \
				 : "memory");                                                   \
		r0;                                                                             \
	})
#endif

#define EACH(operation)                                                      \
	operation("r2", "8") operation("r3", "12") operation("r4", "16")     \
	operation("r5", "20") operation("r6", "24") operation("r7", "28")    \
	operation("r8", "32") operation("r9", "36") operation("r10", "40")   \
	operation("r11", "44") operation("r12", "48") operation("lr", "56")
#define STORE(register, offset) "str " register ", [r0, #" offset "]\n\t"
#define LOAD(register, offset) "ldr " register ", [r0, #" offset "]\n\t"

#define STORE_REGISTERS(array)                                               \
	"push {r0, r1}\n\t"                                                  \
	"ldr r0, =" array "\n\t"                                             \
	EACH(STORE)                                                          \
	"pop {r2, r3}\n\t"                                                   \
	"str r2, [r0]\n\tstr r3, [r0, #4]\n\t"

#define START                                                                \
	STORE_REGISTERS("entry_registers")                                   \
	"mov r0, sp\n\t"                                                     \
	"bl probe_main\n\t"                                                  \
	".ltorg\n\t"

#ifdef __thumb__
#define ARM_STATE ".syntax unified\n.thumb\n.thumb_func\n"
#else
#define ARM_STATE ".syntax unified\n.arm\n"
#endif

#define TRAP_FUNCTIONS                                                       \
	ARM_STATE ".globl trap_all\n.type trap_all, %function\ntrap_all:\n\t" \
	"push {r4-r11, lr}\n\t"                                              \
	"ldr r0, =before\n\t"                                                \
	EACH(LOAD)                                                           \
	"ldr r1, [r0, #4]\n\tldr r0, [r0]\n\t"                               \
	TRAP_ALL "\n\t"                                                      \
	STORE_REGISTERS("after")                                             \
	"pop {r4-r11, pc}\n\t.ltorg\n"
