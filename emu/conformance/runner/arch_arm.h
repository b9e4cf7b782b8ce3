/* ARM: `svc`. EABI has the number in r7; OABI in the instruction, which is written when needed. */
typedef unsigned int word;
#define REGISTERS 15
#define STACK_POINTER 13
#define FP_BYTES 128
#define WAYS 1
#define NUMBER_REGISTER 7
#define ARGUMENT_REGISTERS { 0, 1, 2 }
#define FP_STEP 8
#define START_FLAGS 0xa0000010
#define RESULT 0
#define NARROW_WAYS 0

#define EACH(operation)                                                                 \
	operation("r0", "0") operation("r1", "4") operation("r2", "8")                  \
	operation("r3", "12") operation("r4", "16") operation("r5", "20")               \
	operation("r6", "24") operation("r7", "28") operation("r8", "32")               \
	operation("r9", "36") operation("r10", "40") operation("r11", "44")             \
	operation("r12", "48") operation("lr", "56")
#define LOAD(name, offset) "ldr " name ", [sp, #" AREA_SP_IN "+" offset "]\n\t"
#define STORE_(name, offset) "str " name ", [sp, #" AREA_SP_OUT "+" offset "]\n\t"

#ifdef __ARM_EABI__
#define INSTRUCTION "svc #0\n"
#define SIGRETURN "mov r7, #173\n\tsvc #0\n\n"
#define TEXT ".text\n"
#define EXTRA_TEXT
#else
/* Behind the instruction that is changed comes no stale code: the runner flushes it. */
#define NUMBER_IN_INSTRUCTION 1
#define INSTRUCTION "trap0_instruction: swi #0x900000\n"
#define SIGRETURN "swi #0x9000ad\n\n"
#define TEXT ".section .trap, \"awx\"\n"
#define EXTRA_TEXT "flush:\n\tmov r2, #0\n\tswi #0x9f0002\n\tbx lr\n\n"
#endif

#define TRAPS                                                                           \
	".arch armv7-a\n.fpu vfpv3-d16\n.arm\n"                                         \
	"trap0:\n\tpush {r4-r11, lr}\n\t"                                               \
	"ldr r0, =area\n\tadd r1, r0, #" AREA_ARGUMENTS "\n\t"                          \
	"str sp, [r1, #" AREA_SP_SAVED "]\n\tmov sp, r1\n\t"                            \
	"add r0, sp, #" AREA_SP_IN_FP "\n\tvldmia r0, {d0-d15}\n\t"                     \
	"ldr r0, [sp, #" AREA_SP_IN_FLAGS "]\n\tmsr cpsr_f, r0\n\t"                     \
	EACH(LOAD)                                                                      \
	INSTRUCTION "trap0_end:\n\t"                                                    \
	EACH(STORE_) "str sp, [sp, #" AREA_SP_OUT "+52]\n\t"                            \
	"mrs r0, cpsr\n\tstr r0, [sp, #" AREA_SP_OUT_FLAGS "]\n\t"                      \
	"add r0, sp, #" AREA_SP_OUT_FP "\n\tvstmia r0, {d0-d15}\n\t"                    \
	"ldr sp, [sp, #" AREA_SP_SAVED "]\n\tpop {r4-r11, pc}\n\t.ltorg\n\n"
#define TRAP_LIST trap0
#define DECLARE_TRAPS extern void trap0(void), trap0_end(void);

#define START                                                                           \
	"push {r0}\n\tldr r0, =area + " AREA_OUT "\n\t"                                 \
	"str r1, [r0, #4]\n\tstr r2, [r0, #8]\n\tstr r3, [r0, #12]\n\t"                 \
	"str r4, [r0, #16]\n\tstr r5, [r0, #20]\n\tstr r6, [r0, #24]\n\t"               \
	"str r7, [r0, #28]\n\tstr r8, [r0, #32]\n\tstr r9, [r0, #36]\n\t"               \
	"str r10, [r0, #40]\n\tstr r11, [r0, #44]\n\tstr r12, [r0, #48]\n\t"            \
	"str lr, [r0, #56]\n\tpop {r1}\n\tstr r1, [r0]\n\tstr sp, [r0, #52]\n\t"        \
	"mov r0, sp\n\tbic sp, sp, #7\n\tbl runner_main\n\t.ltorg\n\n"
#define RESTORER "restorer:\n\t" SIGRETURN
