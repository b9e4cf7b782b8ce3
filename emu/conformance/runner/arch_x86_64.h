/* x86-64 and x32: `syscall` and `int 0x80`. */
typedef unsigned long long word;
#define REGISTERS 16
#define STACK_POINTER 4
#define FP_BYTES 256
#define WAYS 2
#define NUMBER_REGISTER 0
#define ARGUMENT_REGISTERS { 7, 6, 2 }
#define FP_STEP 8
#define START_FLAGS 0x246
#define TEXT ".text\n"
#define EXTRA_TEXT
#define RESULT 0
#define NARROW_WAYS 2 /* a mask: the ways whose results have 32 bits */

#define EACH(operation)                                                                 \
	operation("rax", "0") operation("rcx", "1") operation("rdx", "2")               \
	operation("rbx", "3") operation("rbp", "5") operation("rsi", "6")               \
	operation("rdi", "7") operation("r8", "8") operation("r9", "9")                 \
	operation("r10", "10") operation("r11", "11") operation("r12", "12")            \
	operation("r13", "13") operation("r14", "14") operation("r15", "15")
#define EACH_FP(operation)                                                              \
	operation("0") operation("1") operation("2") operation("3") operation("4")      \
	operation("5") operation("6") operation("7") operation("8") operation("9")      \
	operation("10") operation("11") operation("12") operation("13")                 \
	operation("14") operation("15")
#define LOAD(name, n) "movq area+" AREA_IN "+8*" n "(%rip), %" name "\n\t"
#define STORE_(name, n) "movq %" name ", area+" AREA_OUT "+8*" n "(%rip)\n\t"
#define LOAD_FP(n) "movups area+" AREA_IN_FP "+16*" n "(%rip), %xmm" n "\n\t"
#define STORE_FP(n) "movups %xmm" n ", area+" AREA_OUT_FP "+16*" n "(%rip)\n\t"

#define TRAP_WITH(name, instruction)                                                    \
	name ":\n\t"                                                                    \
	"push %rbx\n\tpush %rbp\n\tpush %r12\n\tpush %r13\n\tpush %r14\n\tpush %r15\n\t" \
	"pushq area+" AREA_IN_FLAGS "(%rip)\n\tpopfq\n\t"                               \
	"movq %rsp, area+" AREA_SAVED "(%rip)\n\t"                                      \
	"leaq area+" AREA_ARGUMENTS "(%rip), %rsp\n\t"                                  \
	EACH_FP(LOAD_FP) EACH(LOAD)                                                     \
	instruction "\n" name "_end:\n\t"                                               \
	EACH(STORE_) EACH_FP(STORE_FP)                                                  \
	"movq %rsp, area+" AREA_OUT "+32(%rip)\n\t"                                     \
	"movq area+" AREA_SAVED "(%rip), %rsp\n\t"                                      \
	"pushfq\n\tpopq area+" AREA_OUT_FLAGS "(%rip)\n\tcld\n\t"                       \
	"pop %r15\n\tpop %r14\n\tpop %r13\n\tpop %r12\n\tpop %rbp\n\tpop %rbx\n\tret\n\n"
#define TRAPS TRAP_WITH("trap0", "syscall") TRAP_WITH("trap1", "int $0x80")
#define TRAP_LIST trap0, trap1
#define DECLARE_TRAPS extern void trap0(void), trap1(void), trap0_end(void);

#define START                                                                           \
	EACH(STORE_) "movq %rsp, area+" AREA_OUT "+32(%rip)\n\t"                        \
	"movq %rsp, %rdi\n\tandq $-16, %rsp\n\tcall runner_main\n\thlt\n\n"
#ifdef __ILP32__
#define RESTORER "restorer:\n\tmovl $0x40000201, %eax\n\tsyscall\n\n"
#else
#define RESTORER "restorer:\n\tmovl $15, %eax\n\tsyscall\n\n"
#endif
