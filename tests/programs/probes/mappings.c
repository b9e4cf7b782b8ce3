/* mmap: six arguments, and the unit of the sixth. */
#include "probe.h"

#define FAR 0x140001000ll

static const char *at(const void *address)
{
	return (reg)(long)address < 0 && (reg)(long)address > -4096 ? "not mapped" : address;
}

void check_mappings(void)
{
	reg file = temporary_file();

	CALL(__NR_pwrite64, file, P("first page"), 11, PAD OFFSET(0ll));
	CALL(__NR_pwrite64, file, P("second page"), 12, PAD OFFSET(4096ll));
	CALL(__NR_pwrite64, file, P("far page"), 9, PAD OFFSET(FAR));
#ifdef __NR_mmap2
#define MAP(offset) (void *)(long)CALL(__NR_mmap2, 0, 100, PROT_READ, MAP_PRIVATE, file, offset)
	say("mmap2 of page 1", at(MAP(1)));
	say("mmap2 of page 0x140001", at(MAP(0x140001)));
#endif
/* i386 and OABI have the oldest mmap, which takes a list: see the parts of these ABIs. */
#if defined(__NR_mmap) && !defined(__i386__) && !(defined(__arm__) && !defined(__ARM_EABI__))
#define MAP_BYTES(offset) \
	(void *)(long)CALL(__NR_mmap, 0, 100, PROT_READ, MAP_PRIVATE, file, offset)
	say("mmap at 4096", at(MAP_BYTES(4096)));
	say_number("mmap at 4097", (reg)(long)MAP_BYTES(4097));
#ifdef WIDE
	say("mmap at 5 GB", at(MAP_BYTES(FAR)));
#endif
#endif
	say_number("munmap of an odd address", CALL(__NR_munmap, 1, PAGE));
	say_number("mprotect of nothing mapped", CALL(__NR_mprotect, 0x1000, PAGE, PROT_READ));
	CALL(__NR_close, file);
}
