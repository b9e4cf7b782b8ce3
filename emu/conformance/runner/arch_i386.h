/* i386: `int 0x80`, and the vDSO's entry, which takes the fastest instruction of its CPU. */
typedef unsigned int word;
#define REGISTERS 8
#define STACK_POINTER 4
#define FP_BYTES 128
#define WAYS 2
#define NUMBER_REGISTER 0
#define ARGUMENT_REGISTERS { 3, 1, 2 }
#define FP_STEP 8
#define START_FLAGS 0x246
#define TEXT ".text\n"
#define EXTRA_TEXT
#define RESULT 0
#define NARROW_WAYS 0
#define HAS_VDSO_ENTRY 1

#define EACH(operation)                                                                 \
	operation("eax", "0") operation("ecx", "1") operation("edx", "2")               \
	operation("ebx", "3") operation("ebp", "5") operation("esi", "6")               \
	operation("edi", "7")
#define EACH_FP(operation)                                                              \
	operation("0") operation("1") operation("2") operation("3") operation("4")      \
	operation("5") operation("6") operation("7")
#define LOAD(name, n) "movl area+" AREA_IN "+4*" n ", %" name "\n\t"
#define STORE_(name, n) "movl %" name ", area+" AREA_OUT "+4*" n "\n\t"
#define LOAD_FP(n) "movups area+" AREA_IN_FP "+16*" n ", %xmm" n "\n\t"
#define STORE_FP(n) "movups %xmm" n ", area+" AREA_OUT_FP "+16*" n "\n\t"

#define TRAP_WITH(name, instruction)                                                    \
	name ":\n\t"                                                                    \
	"push %ebx\n\tpush %ebp\n\tpush %esi\n\tpush %edi\n\t"                          \
	"pushl area+" AREA_IN_FLAGS "\n\tpopfl\n\t"                                     \
	"movl %esp, area+" AREA_SAVED "\n\t"                                            \
	"movl $area+" AREA_ARGUMENTS ", %esp\n\t"                                       \
	EACH_FP(LOAD_FP) EACH(LOAD)                                                     \
	instruction "\n" name "_end:\n\t"                                               \
	EACH(STORE_) EACH_FP(STORE_FP)                                                  \
	"movl %esp, area+" AREA_OUT "+16\n\t"                                           \
	"movl area+" AREA_SAVED ", %esp\n\t"                                            \
	"pushfl\n\tpopl area+" AREA_OUT_FLAGS "\n\tcld\n\t"                             \
	"pop %edi\n\tpop %esi\n\tpop %ebp\n\tpop %ebx\n\tret\n\n"
#define TRAPS TRAP_WITH("trap0", "int $0x80") TRAP_WITH("trap1", "call *vdso_entry")
#define TRAP_LIST trap0, trap1
#define DECLARE_TRAPS extern void trap0(void), trap1(void), trap0_end(void);

#define START                                                                           \
	EACH(STORE_) "movl %esp, area+" AREA_OUT "+16\n\t"                              \
	"movl %esp, %eax\n\tandl $-16, %esp\n\tsubl $12, %esp\n\tpush %eax\n\t"         \
	"call runner_main\n\thlt\n\n"
#define RESTORER "restorer:\n\tmovl $173, %eax\n\tint $0x80\n\n"
