/* arm64: `svc #0`. */
typedef unsigned long long word;
#define REGISTERS 32 /* x31 stands for sp */
#define STACK_POINTER 31
#define FP_BYTES 512
#define WAYS 1
#define NUMBER_REGISTER 8
#define ARGUMENT_REGISTERS { 0, 1, 2 }
#define FP_STEP 8
#define START_FLAGS 0xa0000000
#define TEXT ".text\n"
#define EXTRA_TEXT
#define RESULT 0
#define NARROW_WAYS 0

#define EACH(operation)                                                                 \
	operation("0") operation("1") operation("2") operation("3") operation("4")      \
	operation("5") operation("6") operation("7") operation("8") operation("9")      \
	operation("10") operation("11") operation("12") operation("13") operation("14") \
	operation("15") operation("16") operation("17") operation("18") operation("19") \
	operation("20") operation("21") operation("22") operation("23") operation("24") \
	operation("25") operation("26") operation("27") operation("28") operation("29") \
	operation("30")
#define EACH_FP(operation)                                                              \
	operation("0", "1") operation("2", "3") operation("4", "5") operation("6", "7") \
	operation("8", "9") operation("10", "11") operation("12", "13")                 \
	operation("14", "15") operation("16", "17") operation("18", "19")               \
	operation("20", "21") operation("22", "23") operation("24", "25")               \
	operation("26", "27") operation("28", "29") operation("30", "31")
#define LOAD(n) "ldr x" n ", [sp, " AREA_SP_IN " + 8*" n "]\n\t"
#define STORE_(n) "str x" n ", [sp, " AREA_SP_OUT " + 8*" n "]\n\t"
#define LOAD_FP(n, m) "ldp q" n ", q" m ", [x0], 32\n\t"
#define STORE_FP(n, m) "stp q" n ", q" m ", [x0], 32\n\t"

#define SAVE                                                                            \
	"stp x19, x20, [sp, -96]!\n\tstp x21, x22, [sp, 16]\n\tstp x23, x24, [sp, 32]\n\t" \
	"stp x25, x26, [sp, 48]\n\tstp x27, x28, [sp, 64]\n\tstp x29, x30, [sp, 80]\n\t"
#define TAKE_BACK                                                                       \
	"ldp x21, x22, [sp, 16]\n\tldp x23, x24, [sp, 32]\n\tldp x25, x26, [sp, 48]\n\t" \
	"ldp x27, x28, [sp, 64]\n\tldp x29, x30, [sp, 80]\n\tldp x19, x20, [sp], 96\n\t"

#define TRAPS                                                                           \
	"trap0:\n\t" SAVE                                                               \
	"ldr x1, =area\n\tmov x2, sp\n\tadd x3, x1, " AREA_ARGUMENTS "\n\tmov sp, x3\n\t" \
	"str x2, [sp, " AREA_SP_SAVED "]\n\t"                                           \
	"add x0, sp, " AREA_SP_IN_FP "\n\t" EACH_FP(LOAD_FP)                            \
	"ldr x0, [sp, " AREA_SP_IN_FLAGS "]\n\tmsr nzcv, x0\n\t"                        \
	EACH(LOAD)                                                                      \
	"svc 0\ntrap0_end:\n\t"                                                         \
	EACH(STORE_)                                                                    \
	"mov x0, sp\n\tstr x0, [sp, " AREA_SP_OUT " + 248]\n\t"                         \
	"mrs x0, nzcv\n\tstr x0, [sp, " AREA_SP_OUT_FLAGS "]\n\t"                       \
	"add x0, sp, " AREA_SP_OUT_FP "\n\t" EACH_FP(STORE_FP)                          \
	"ldr x0, [sp, " AREA_SP_SAVED "]\n\tmov sp, x0\n\t" TAKE_BACK "ret\n\t.ltorg\n\n"
#define TRAP_LIST trap0
#define DECLARE_TRAPS extern void trap0(void), trap0_end(void);

#define START                                                                           \
	"sub sp, sp, 16\n\tstp x0, x1, [sp]\n\tldr x0, =area + " AREA_OUT "\n\t"        \
	"stp x2, x3, [x0, 16]\n\tstp x4, x5, [x0, 32]\n\tstp x6, x7, [x0, 48]\n\t"      \
	"stp x8, x9, [x0, 64]\n\tstp x10, x11, [x0, 80]\n\tstp x12, x13, [x0, 96]\n\t"  \
	"stp x14, x15, [x0, 112]\n\tstp x16, x17, [x0, 128]\n\tstp x18, x19, [x0, 144]\n\t" \
	"stp x20, x21, [x0, 160]\n\tstp x22, x23, [x0, 176]\n\tstp x24, x25, [x0, 192]\n\t" \
	"stp x26, x27, [x0, 208]\n\tstp x28, x29, [x0, 224]\n\tstr x30, [x0, 240]\n\t"  \
	"ldp x1, x2, [sp], 16\n\tstp x1, x2, [x0]\n\tmov x1, sp\n\tstr x1, [x0, 248]\n\t" \
	"mov x0, sp\n\tbl runner_main\n\t.ltorg\n\n"
#define RESTORER "restorer:\n\tmov x8, 139\n\tsvc 0\n\n"
