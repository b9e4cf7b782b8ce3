/* i386: number in eax, arguments in ebx ecx edx esi edi ebp. */
typedef long reg;

#define PAD
#define OFFSET(value) LOW(value), HIGH(value)

#define REGISTERS 8
#define REGISTER_NAMES "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"
#define NUMBER_REGISTER 0
#define RESULT_REGISTER 0
#define ARGUMENT_REGISTER 3
#define STACK_REGISTER 4

reg call_int80(reg number, const reg *arguments);
reg call_vdso(reg number, const reg *arguments);
reg call_sysenter(reg number, const reg *arguments);
#define call call_int80

#define EACH(operation, array)                                               \
	operation("ecx", array, "4*1") operation("edx", array, "4*2")        \
	operation("ebx", array, "4*3") operation("ebp", array, "4*5")        \
	operation("esi", array, "4*6") operation("edi", array, "4*7")        \
	operation("eax", array, "4*0")
#define STORE(register, array, offset) "movl %" register ", " array "+" offset "\n\t"
#define LOAD(register, array, offset) "movl " array "+" offset ", %" register "\n\t"

#define START                                                                \
	EACH(STORE, "entry_registers")                                       \
	"movl %esp, %eax\n\t"                                                \
	"andl $-16, %esp\n\t"                                                \
	"subl $12, %esp\n\t"                                                 \
	"pushl %eax\n\t"                                                     \
	"call probe_main\n\t"

#define TRAP_FUNCTION(name, trap)                                            \
	".globl " name "\n" name ":\n\t"                                     \
	"pushl %ebx; pushl %ebp; pushl %esi; pushl %edi\n\t"                 \
	EACH(LOAD, "before")                                                 \
	"stc\n\tpushfl\n\tpopl flags_before\n\t"                             \
	trap "\n"                                                            \
	".globl " name "_return\n" name "_return:\n\t"                       \
	EACH(STORE, "after")                                                 \
	"pushfl\n\tpopl flags_after\n\t"                                     \
	"popl %edi; popl %esi; popl %ebp; popl %ebx\n\t"                     \
	"ret\n"

#define CALL_FUNCTION(name, trap)                                            \
	".globl " name "\n" name ":\n\t"                                     \
	"pushl %ebx; pushl %ebp; pushl %esi; pushl %edi\n\t"                 \
	"movl 20(%esp), %eax\n\tmovl 24(%esp), %ebp\n\t"                     \
	"movl 0(%ebp), %ebx\n\tmovl 4(%ebp), %ecx\n\tmovl 8(%ebp), %edx\n\t" \
	"movl 12(%ebp), %esi\n\tmovl 16(%ebp), %edi\n\tmovl 20(%ebp), %ebp\n\t" \
	trap "\n\t"                                                          \
	"popl %edi; popl %esi; popl %ebp; popl %ebx\n\t"                     \
	"ret\n"

/* The kernel returns from sysenter into the vDSO, which pops these three and returns. */
#define SYSENTER_FUNCTION                                                    \
	"enter_kernel:\n\t"                                                  \
	"pushl %ecx; pushl %edx; pushl %ebp\n\t"                             \
	"movl %esp, %ebp\n\t"                                                \
	"sysenter\n"

#define TRAP_FUNCTIONS                                                       \
	SYSENTER_FUNCTION                                                    \
	CALL_FUNCTION("call_int80", "int $0x80")                             \
	CALL_FUNCTION("call_vdso", "call *vdso_entry")                       \
	CALL_FUNCTION("call_sysenter", "call enter_kernel")                  \
	TRAP_FUNCTION("trap_all", "int $0x80")                               \
	TRAP_FUNCTION("trap_all_vdso", "call *vdso_entry")                   \
	TRAP_FUNCTION("trap_all_sysenter", "call enter_kernel")
