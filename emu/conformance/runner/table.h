/* The table's format: 64-bit words in the program's byte order. See emu/conformance/table.py. */
#ifndef TABLE_H
#define TABLE_H

#define MAGIC 0x31656c6261742d65ull /* "e-table1" as a little-endian word */
#define SCRATCH_BYTES 65536
#define VARIABLES 256
#define CALL_ARGUMENTS 16

enum operation {
	END,		/* no more checks */
	CHECK,		/* name: the address of its text */
	TRAP,		/* way, number of settings, then for each: place, operand */
	RESULT_IS,	/* operand: what the call answered, errors negative */
	RESULT_IN,	/* lowest, highest */
	RESULT_TO,	/* variable */
	KEEPS,		/* mask of registers that have their values from before the trap */
	REGISTER_IS,	/* register, mask, operand */
	FP_KEEPS,	/* how many bytes of the floating point registers */
	FLAGS_ARE,	/* mask, operand */
	MEMORY_IS,	/* address, length, address of what it should be */
	FIELD_IS,	/* address, size, is signed, mask, operand */
	FIELD_IN,	/* address, size, is signed, lowest, highest */
	FIELD_TO,	/* address, size, is signed, variable */
	VALUE_IS,	/* operand, mask, operand: both masked are equal */
	CLEAR,		/* address, length, byte */
	COPY,		/* to, operand for from, length */
	STORE,		/* address, size, operand */
	UNLESS_ZERO,	/* words to skip when the result is not 0: what a child does */
	SKIP_IF,	/* operand, text: a result that ends the check, and what it means */
	TOUCH,		/* address: read a byte there; it may fault */
	AUXILIARY,	/* to, type: that entry of the auxiliary vector, or zeroes */
};

/* An operand is two words: IMMEDIATE and a value, or VARIABLE and its index, plus a value's bits
 * above the low 8 to add. */
enum operand { IMMEDIATE, VARIABLE };

/* What the runner tells of itself, where the table begins. */
struct exports {
	u64 magic;
	unsigned long scratch;
	unsigned long records;	/* what the signal handler notes */
	unsigned long handler;
	unsigned long restorer;
	unsigned long arguments; /* the stack pointer during a trap */
	unsigned long entry;	/* the registers at the start */
	unsigned long returned;	/* the address behind the first way's trap instruction */
	unsigned long table;	/* the first operation: behind these, in the next page */
};
#endif
