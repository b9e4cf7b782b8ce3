/* MIPS: `syscall`. k0 and k1 are the kernel's and not looked at. */
#if _MIPS_SIM == _ABIO32
typedef unsigned int word;
#define LX "lw "
#define SX "sw "
#define WB "4"
#define ADD "addiu "
#define SIGRETURN "4193"
#else
typedef unsigned long long word;
#define LX "ld "
#define SX "sd "
#define WB "8"
#define ADD "daddiu "
#endif
#if _MIPS_SIM == _ABI64
#define LA "dla "
#define SIGRETURN "5211"
#else
#define LA "la "
#endif
#if _MIPS_SIM == _ABIN32
#define SIGRETURN "6211"
#endif
#define REGISTERS 32
#define STACK_POINTER 29
#define FP_BYTES 256
#define WAYS 1
#define NUMBER_REGISTER 2
#define ARGUMENT_REGISTERS { 4, 5, 6 }
#define FP_STEP 16
#define START_FLAGS 0
#define TEXT ".text\n"
#define EXTRA_TEXT
#define RESULT 2
#define NARROW_WAYS 0
#define ERROR_FLAG 7

#define EACH(o)                                                                         \
	o("1") o("2") o("3") o("4") o("5") o("6") o("7") o("8") o("9") o("10") o("11")  \
	o("12") o("13") o("14") o("15") o("16") o("17") o("18") o("19") o("20") o("21") \
	o("22") o("23") o("24") o("25") o("28") o("30") o("31")
#define SAVED(o)                                                                        \
	o("16", "0") o("17", "1") o("18", "2") o("19", "3") o("20", "4") o("21", "5")   \
	o("22", "6") o("23", "7") o("28", "8") o("30", "9") o("31", "10")
#define LOAD(n) LX "$" n ", " AREA_SP_IN "+" WB "*" n "($29)\n\t"
#define STORE_(n) SX "$" n ", " AREA_SP_OUT "+" WB "*" n "($29)\n\t"
#define PUSH(n, place) SX "$" n ", 32+" WB "*" place "($29)\n\t"
#define POP(n, place) LX "$" n ", 32+" WB "*" place "($29)\n\t"
#define EVEN_FP(o)                                                                      \
	o("0") o("2") o("4") o("6") o("8") o("10") o("12") o("14") o("16") o("18")      \
	o("20") o("22") o("24") o("26") o("28") o("30")
#define LOAD_FP(n) "ldc1 $f" n ", 8*" n "($4)\n\t"
#define STORE_FP(n) "sdc1 $f" n ", 8*" n "($4)\n\t"

#define TRAPS                                                                           \
	".set noreorder\n.set noat\n.set nomacro\n.set hardfloat\n"                     \
	"trap0:\n\t" ADD "$29, $29, -160\n\t" SAVED(PUSH)                               \
	".set macro\n\t" LA "$4, area+" AREA_ARGUMENTS "\n\t.set nomacro\n\t"           \
	SX "$29, " AREA_SP_SAVED "($4)\n\tmove $29, $4\n\t"                             \
	ADD "$4, $29, " AREA_SP_IN_FP "\n\t" EVEN_FP(LOAD_FP) EACH(LOAD)                \
	"syscall\ntrap0_end:\n\t"                                                       \
	EACH(STORE_) SX "$29, " AREA_SP_OUT "+" WB "*29($29)\n\t"                       \
	ADD "$4, $29, " AREA_SP_OUT_FP "\n\t" EVEN_FP(STORE_FP)                         \
	LX "$29, " AREA_SP_SAVED "($29)\n\t" SAVED(POP)                                 \
	"jr $31\n\t" ADD "$29, $29, 160\n\n.set macro\n.set reorder\n.set at\n"
#define TRAP_LIST trap0
#define DECLARE_TRAPS extern void trap0(void), trap0_end(void);

#define STORE_FROM_26(n) SX "$" n ", " WB "*" n "($26)\n\t"
#define START                                                                           \
	".set noat\n\t" LA "$26, area+" AREA_OUT "\n\t" EACH(STORE_FROM_26)             \
	SX "$29, " WB "*29($26)\n\t.set at\n\tmove $4, $29\n\t"                         \
	"li $26, -16\n\tand $29, $29, $26\n\t" ADD "$29, $29, -32\n\tjal runner_main\n\tnop\n\n"
#define RESTORER "restorer:\n\tli $2, " SIGRETURN "\n\tsyscall\n\n"
