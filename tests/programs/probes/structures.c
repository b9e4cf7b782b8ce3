/* How many bytes the kernel writes for a struct, and that it needs no alignment. */
#include <asm/statfs.h>
#include <linux/stat.h>

#include "probe.h"

#define ROOM 1024

static u8 room[ROOM];

void say_size(const char *name, fill_function *fill)
{
	static const u8 patterns[] = { 0xee, 0x11 };
	long size = 0;

	for (unsigned int i = 0; i < sizeof patterns; i++) {
		long end = ROOM;
		reg result;

		memset(room, patterns[i], ROOM);
		result = fill(room);
		if (result < 0) {
			say_number(name, result);
			return;
		}
		while (end > 0 && room[end - 1] == patterns[i])
			end--;
		if (end > size)
			size = end;
	}
	say_number(name, size);
}

#define FILLS(name, ...)                              \
	static reg name(void *buffer)                 \
	{                                             \
		return CALL(__VA_ARGS__);             \
	}                                             \
	_Static_assert(1, "")

#ifdef __NR_fstat
FILLS(fill_fstat, __NR_fstat, 0, P(buffer));
#endif
#ifdef __NR_fstat64
FILLS(fill_fstat64, __NR_fstat64, 0, P(buffer));
#endif
#ifdef __NR_oldfstat
FILLS(fill_oldfstat, __NR_oldfstat, 0, P(buffer));
#endif
FILLS(fill_statx, __NR_statx, 0, P(""), AT_EMPTY_PATH, STATX_BASIC_STATS, P(buffer));
#if !defined(__arm__) || defined(__ARM_EABI__)
FILLS(fill_uname, __NR_uname, P(buffer));
#endif
FILLS(fill_sysinfo, __NR_sysinfo, P(buffer));
FILLS(fill_sigaltstack, __NR_sigaltstack, 0, P(buffer));
FILLS(fill_itimer, __NR_getitimer, 0, P(buffer));
FILLS(fill_getrandom, __NR_getrandom, P(buffer), 16, 0);
#ifdef __mips__
FILLS(fill_sigaction, __NR_rt_sigaction, 10, 0, P(buffer), 16);
#else
FILLS(fill_sigaction, __NR_rt_sigaction, 10, 0, P(buffer), 8);
#endif
#ifdef __NR_getrlimit
FILLS(fill_rlimit, __NR_getrlimit, 7, P(buffer));
#endif
#ifdef __NR_prlimit64
FILLS(fill_rlimit64, __NR_prlimit64, 0, 7, 0, P(buffer));
#endif
#ifdef __NR_statfs64
FILLS(fill_statfs64, __NR_statfs64, P("/"), sizeof(struct statfs64), P(buffer));
#endif
#ifdef __NR_statfs
FILLS(fill_statfs, __NR_statfs, P("/"), P(buffer));
#endif
#ifdef __NR_clock_gettime
FILLS(fill_clock, __NR_clock_gettime, 0, P(buffer));
#endif
#ifdef __NR_clock_gettime64
FILLS(fill_clock64, __NR_clock_gettime64, 0, P(buffer));
#endif
#ifdef __NR_gettimeofday
FILLS(fill_timeofday, __NR_gettimeofday, P(buffer), 0);
#endif
FILLS(fill_getrusage, __NR_getrusage, 0, P(buffer));
FILLS(fill_times, __NR_times, P(buffer));

static void check_unaligned(void);

void check_structures(void)
{
	reg saved = CALL(__NR_dup3, 0, 60, 0), file = temporary_file();

	CALL(__NR_pwrite64, file, P("abc"), 3, PAD OFFSET(0ll));
	CALL(__NR_dup3, file, 0, 0); /* descriptor 0 is a file of which we know the kind */
#ifdef __NR_fstat
	say_size("bytes of fstat", fill_fstat);
#endif
#ifdef __NR_fstat64
	say_size("bytes of fstat64", fill_fstat64);
#endif
#ifdef __NR_oldfstat
	say_size("bytes of oldfstat", fill_oldfstat);
#endif
	say_size("bytes of statx", fill_statx);
#if !defined(__arm__) || defined(__ARM_EABI__)
	say_size("bytes of uname", fill_uname);
#endif
	say_size("bytes of sysinfo", fill_sysinfo);
	say_size("bytes of sigaltstack", fill_sigaltstack);
	say_size("bytes of getitimer", fill_itimer);
	say_size("bytes of rt_sigaction", fill_sigaction);
	say_size("bytes of getrandom(16)", fill_getrandom);
#ifdef __NR_getrlimit
	say_size("bytes of getrlimit", fill_rlimit);
#endif
#ifdef __NR_prlimit64
	say_size("bytes of prlimit64", fill_rlimit64);
#endif
#ifdef __NR_statfs
	say_size("bytes of statfs", fill_statfs);
#endif
#ifdef __NR_statfs64
	say_size("bytes of statfs64", fill_statfs64);
#endif
#ifdef __NR_clock_gettime
	say_size("bytes of clock_gettime", fill_clock);
#endif
#ifdef __NR_clock_gettime64
	say_size("bytes of clock_gettime64", fill_clock64);
#endif
#ifdef __NR_gettimeofday
	say_size("bytes of gettimeofday", fill_timeofday);
#endif
	say_size("bytes of getrusage", fill_getrusage);
	say_size("bytes of times", fill_times);
	check_unaligned();
	if (saved >= 0)
		CALL(__NR_dup3, 60, 0, 0);
}

static void check_unaligned(void)
{
	u8 here[300], there[300];

	memset(here, 0, sizeof here);
	memset(there, 0, sizeof there);
	say_number("statx into an odd address",
		   CALL(__NR_statx, 0, P(""), AT_EMPTY_PATH, STATX_BASIC_STATS, P(here + 1)));
	CALL(__NR_statx, 0, P(""), AT_EMPTY_PATH, STATX_BASIC_STATS, P(there));
	say_yes("it is the same struct", same(here + 1, there, 64));
	say_number("size in it", ((struct statx *)there)->stx_size);
}
