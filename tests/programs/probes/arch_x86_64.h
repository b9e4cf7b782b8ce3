/* x86-64 and x32: number in rax, arguments in rdi rsi rdx r10 r8 r9; rcx and r11 are lost. */
typedef long long reg;

#define PAD
#define OFFSET(value) ((reg)(value))

#define REGISTERS 16
#define REGISTER_NAMES                                                                            \
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", \
		"r13", "r14", "r15"
#define NUMBER_REGISTER 0
#define RESULT_REGISTER 0
#define ARGUMENT_REGISTER 7
#define STACK_REGISTER 4

static inline __attribute__((always_inline)) reg call(reg number, const reg *a)
{
	register reg r10 __asm__("r10") = a[3];
	register reg r8 __asm__("r8") = a[4];
	register reg r9 __asm__("r9") = a[5];

	__asm__ volatile("syscall"
			 : "+a"(number)
			 : "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return number;
}

/* int 0x80 from 64-bit code: the i386 table and registers. */
static inline __attribute__((always_inline)) reg call_int80(reg number, const reg *a)
{
	register reg arg1 __asm__("r12") = a[0];
	register reg arg6 __asm__("r13") = a[5];

	__asm__ volatile("xchgq %%rbx, %%r12\n\txchgq %%rbp, %%r13\n\t"
			 "int $0x80\n\t"
			 "xchgq %%rbx, %%r12\n\txchgq %%rbp, %%r13"
			 : "+a"(number), "+r"(arg1), "+r"(arg6)
			 : "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
			 : "memory");
	return number;
}
#define INT80(number, ...) call_int80(number, (reg[7]){__VA_ARGS__})

#define EACH(operation, array)                                                      \
	operation("rcx", array, "8*1") operation("rdx", array, "8*2")               \
	operation("rbx", array, "8*3") operation("rbp", array, "8*5")               \
	operation("rsi", array, "8*6") operation("rdi", array, "8*7")               \
	operation("r8", array, "8*8") operation("r9", array, "8*9")                 \
	operation("r10", array, "8*10") operation("r11", array, "8*11")             \
	operation("r12", array, "8*12") operation("r13", array, "8*13")             \
	operation("r14", array, "8*14") operation("r15", array, "8*15")             \
	operation("rax", array, "8*0")
#define STORE(register, array, offset) "movq %" register ", " array "+" offset "\n\t"
#define LOAD(register, array, offset) "movq " array "+" offset ", %" register "\n\t"

#define START                                                                       \
	EACH(STORE, "entry_registers")                                              \
	"movq %rsp, %rdi\n\t"                                                       \
	"andq $-16, %rsp\n\t"                                                       \
	"call probe_main\n\t"

/* Fill all registers, trap, look what came back. `flags` holds CF=1 before and all flags after. */
#define TRAP_FUNCTION(name, trap)                                                   \
	".globl " name "\n" name ":\n\t"                                            \
	"pushq %rbx; pushq %rbp; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n\t" \
	EACH(LOAD, "before")                                                        \
	"stc\n\tpushfq\n\tpopq flags_before\n\t"                                    \
	trap "\n"                                                                   \
	".globl " name "_return\n" name "_return:\n\t"                              \
	EACH(STORE, "after")                                                        \
	"pushfq\n\tpopq flags_after\n\t"                                            \
	"popq %r15; popq %r14; popq %r13; popq %r12; popq %rbp; popq %rbx\n\t"      \
	"ret\n"
#define TRAP_FUNCTIONS TRAP_FUNCTION("trap_all", "syscall") TRAP_FUNCTION("trap_all_int80", "int $0x80")
