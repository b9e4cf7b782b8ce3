/* What a program finds when it starts: registers, stack, arguments and the auxiliary vector. */
#include <linux/auxvec.h>
#include <linux/elf.h>

#include "probe.h"

#ifdef __LP64__
typedef Elf64_Ehdr elf_header;
#else
typedef Elf32_Ehdr elf_header;
#endif

extern const char __ehdr_start[];
extern void _start(void);

const char *const register_names[REGISTERS] = { REGISTER_NAMES };

static void check_entry_registers(void);
static void check_vector(const unsigned long *vector);

void check_entry(unsigned long *stack)
{
	unsigned long count = stack[0], *environment = stack + count + 2;

	check_entry_registers();
	say_number("entry stack pointer modulo 16", (long)stack & 15);
	say_number("entry argc", (s64)count);
	for (unsigned long i = 1; i < count; i++)
		say("entry argument", (const char *)stack[1 + i]);
	say_yes("entry argv ends with null", stack[1 + count] == 0);
	while (*environment)
		environment++;
	check_vector(environment + 1);
}

static void check_entry_registers(void)
{
	char changed[512] = "";

	for (unsigned int i = 0; i < REGISTERS; i++) {
#ifdef __riscv
		/* start_thread leaves the others as execve's caller had them. */
		if (i != RESULT_REGISTER)
			continue;
#endif
#ifdef STACK_REGISTER
		if (i == STACK_REGISTER)
			continue;
#endif
		if (entry_registers[i] && !(NEVER_SAID >> i & 1)) {
			append(changed, " ");
			append(changed, register_names[i]);
		}
	}
	say("entry registers that are not zero", *changed ? changed + 1 : "none");
}

static unsigned long lookup(const unsigned long *vector, unsigned long type, int *found)
{
	for (*found = 0; vector[0] != AT_NULL; vector += 2)
		if (vector[0] == type) {
			*found = 1;
			return vector[1];
		}
	return 0;
}

static void check_vector(const unsigned long *vector)
{
	const elf_header *header = (const void *)__ehdr_start;
	int found;
	unsigned long random;

	say_number("auxv AT_PAGESZ", lookup(vector, AT_PAGESZ, &found));
	say_number("auxv AT_CLKTCK", lookup(vector, AT_CLKTCK, &found));
	say_yes("auxv AT_PHDR is the program header",
		lookup(vector, AT_PHDR, &found) == (unsigned long)__ehdr_start + header->e_phoff);
	say_yes("auxv AT_PHENT is the header's size",
		lookup(vector, AT_PHENT, &found) == header->e_phentsize);
	say_yes("auxv AT_PHNUM is the number of headers",
		lookup(vector, AT_PHNUM, &found) == header->e_phnum);
	say_yes("auxv AT_ENTRY is the entry point",
		lookup(vector, AT_ENTRY, &found) == header->e_entry);
	say_number("auxv AT_BASE", lookup(vector, AT_BASE, &found));
	say_number("auxv AT_FLAGS", lookup(vector, AT_FLAGS, &found));
	say_number("auxv AT_SECURE", lookup(vector, AT_SECURE, &found));
	say_yes("auxv AT_SECURE is there", found);
	say_yes("auxv AT_UID is getuid",
		lookup(vector, AT_UID, &found) == (unsigned long)CALL(
#ifdef __NR_getuid32
							 __NR_getuid32
#else
							 __NR_getuid
#endif
							 ));
	random = lookup(vector, AT_RANDOM, &found);
	say_yes("auxv AT_RANDOM points to random bytes",
		found && !same((void *)random, (void *)(random + 8), 8));
	lookup(vector, AT_EXECFN, &found);
	say_yes("auxv AT_EXECFN is there", found);
#if defined(__x86_64__) || defined(__i386__)
	say("auxv AT_PLATFORM", (const char *)lookup(vector, AT_PLATFORM, &found));
#elif defined(__aarch64__)
	say("auxv AT_PLATFORM", (const char *)lookup(vector, AT_PLATFORM, &found));
#endif
#ifdef __i386__
	extern unsigned long vdso_entry;

	vdso_entry = lookup(vector, AT_SYSINFO, &found);
	say_yes("auxv AT_SYSINFO is there", found);
	say_yes("auxv AT_SYSINFO is inside the page at AT_SYSINFO_EHDR",
		vdso_entry - lookup(vector, AT_SYSINFO_EHDR, &found) < 2 * PAGE);
#endif
}
