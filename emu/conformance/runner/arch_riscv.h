/* RISC-V: `ecall`. Register 0 stays what it is. */
#if __riscv_xlen == 64
typedef unsigned long long word;
#define LX "ld "
#define SX "sd "
#define WB "8"
#else
typedef unsigned int word;
#define LX "lw "
#define SX "sw "
#define WB "4"
#endif
#define REGISTERS 32
#define STACK_POINTER 2
#define WAYS 1
#define NUMBER_REGISTER 17
#define ARGUMENT_REGISTERS { 10, 11, 12 }
#define FP_STEP 8
#define START_FLAGS 0
#define TEXT ".text\n"
#define EXTRA_TEXT
#define RESULT 10
#define NARROW_WAYS 0
#ifdef __riscv_flen
#define FP_BYTES 256
#else
#define FP_BYTES 0
#endif

#define EACH(o)                                                                         \
	o("1") o("3") o("4") o("5") o("6") o("7") o("8") o("9") o("10") o("11") o("12") \
	o("13") o("14") o("15") o("16") o("17") o("18") o("19") o("20") o("21") o("22") \
	o("23") o("24") o("25") o("26") o("27") o("28") o("29") o("30") o("31")
#define SAVED(o)                                                                        \
	o("1", "0") o("8", "1") o("9", "2") o("18", "3") o("19", "4") o("20", "5")      \
	o("21", "6") o("22", "7") o("23", "8") o("24", "9") o("25", "10") o("26", "11") \
	o("27", "12") o("3", "13") o("4", "14")
#define LOAD(n) LX "x" n ", " AREA_SP_IN "+" WB "*" n "(sp)\n\t"
#define STORE_(n) SX "x" n ", " AREA_SP_OUT "+" WB "*" n "(sp)\n\t"
#define PUSH(n, place) SX "x" n ", " WB "*" place "(sp)\n\t"
#define POP(n, place) LX "x" n ", " WB "*" place "(sp)\n\t"
#if FP_BYTES
#define EACH_FP(o) EACH(o) o("0") o("2")
#define LOAD_FP(n) "fld f" n ", 8*" n "(a0)\n\t"
#define STORE_FP(n) "fsd f" n ", 8*" n "(a0)\n\t"
#else
#define EACH_FP(o)
#endif

#define TRAPS                                                                           \
	"trap0:\n\taddi sp, sp, -128\n\t" SAVED(PUSH)                                   \
	"la a0, area\n\tli a1, " AREA_ARGUMENTS "\n\tadd a1, a0, a1\n\t"                \
	SX "sp, " AREA_SP_SAVED "(a1)\n\tmv sp, a1\n\t"                                 \
	"addi a0, sp, " AREA_SP_IN_FP "\n\t" EACH_FP(LOAD_FP) EACH(LOAD)                \
	"ecall\ntrap0_end:\n\t"                                                         \
	EACH(STORE_) SX "sp, " AREA_SP_OUT "+" WB "*2(sp)\n\t"                          \
	"addi a0, sp, " AREA_SP_OUT_FP "\n\t" EACH_FP(STORE_FP)                         \
	LX "sp, " AREA_SP_SAVED "(sp)\n\t" SAVED(POP) "addi sp, sp, 128\n\tret\n\n"
#define TRAP_LIST trap0
#define DECLARE_TRAPS extern void trap0(void), trap0_end(void);

#define STORE_FROM_T0(n) SX "x" n ", " WB "*" n "(t0)\n\t"
#define START                                                                           \
	"addi sp, sp, -16\n\t" SX "t0, 0(sp)\n\tla t0, area\n\t"                        \
	SX "t1, 8(sp)\n\tli t1, " AREA_OUT "\n\tadd t0, t0, t1\n\t" LX "t1, 8(sp)\n\t"  \
	EACH(STORE_FROM_T0) LX "t1, 0(sp)\n\t" SX "t1, " WB "*5(t0)\n\t"                \
	"addi sp, sp, 16\n\t" SX "sp, " WB "*2(t0)\n\t"                                 \
	"mv a0, sp\n\tandi sp, sp, -16\n\tcall runner_main\n\n"
#define RESTORER "restorer:\n\tli a7, 139\n\tecall\n\n"
