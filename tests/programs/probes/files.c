/* 64-bit file offsets: how they travel in the registers of each ABI. */
#include "probe.h"

#define FAR 0x140000003ll /* five gigabytes and a little: needs 33 bits */

static void check_positioned(reg file);
static void check_lengths(reg file);
static void check_advice(reg file);
static void check_pipe(void);

void check_files(void)
{
	reg file = temporary_file();

	if (file < 0) {
		say_number("temporary file", file);
		return;
	}
	check_positioned(file);
	check_lengths(file);
	check_advice(file);
	CALL(__NR_close, file);
	check_pipe();
}

static void check_positioned(reg file)
{
	char buffer[8] = "";
	struct {
		void *base;
		unsigned long bytes;
	} piece = { buffer, 5 };

	say_number("pwrite64 at 5 GB", CALL(__NR_pwrite64, file, P("hello"), 5, PAD OFFSET(FAR)));
	say_number("size after pwrite64", seek(file, 0, 2));
	say_number("pread64 at 5 GB", CALL(__NR_pread64, file, P(buffer), 5, PAD OFFSET(FAR)));
	say("pread64 read", buffer);
	say_number("pread64 at 1 GB", CALL(__NR_pread64, file, P(buffer), 5, PAD OFFSET(0x40000003)));
	say_yes("pread64 at 1 GB read a hole", same(buffer, "\0\0\0\0", 5));
	say_number("pread64 at -1", CALL(__NR_pread64, file, P(buffer), 5, PAD OFFSET(-1ll)));
	say_number("seek to 5 GB", seek(file, FAR, 0));
	say_number("seek by -3 from the end", seek(file, -3, 2));
	say_number("seek before the start", seek(file, -1, 0));
	/* Always two words, low one first and no padding, where `long` has 32 bits; but one on x32. */
	memset(buffer, 0, sizeof buffer);
	say_number("preadv at 5 GB", CALL(__NR_preadv, file, P(&piece), 1,
#if defined(__LP64__) || defined(__x86_64__)
					  FAR));
#else
					  LOW(FAR), HIGH(FAR)));
#endif
	say("preadv read", buffer);
#if defined(__NR_lseek) && !defined(__LP64__)
	say_number("lseek by -5 from the end", CALL(__NR_lseek, file, -5, 2));
	CALL(__NR_lseek, file, 0, 0);
	say_number("lseek to 100", CALL(__NR_lseek, file, 100, 0));
#endif
}

static void check_lengths(reg file)
{
#ifdef __NR_ftruncate64
	say_number("ftruncate64 to 4 GB and 1", CALL(__NR_ftruncate64, file, PAD OFFSET(0x100000001ll)));
#else
	say_number("ftruncate to 4 GB and 1", CALL(__NR_ftruncate, file, 0x100000001ll));
#endif
	say_number("size after truncation", seek(file, 0, 2));
#ifdef __NR_truncate64
	say_number("truncate64 of nothing", CALL(__NR_truncate64, P("/nowhere/at/all"), PAD OFFSET(1ll)));
	say_number("truncate64 to a negative length",
		   CALL(__NR_truncate64, P("/nowhere/at/all"), PAD OFFSET(-1ll << 32)));
#else
	say_number("truncate of nothing", CALL(__NR_truncate, P("/nowhere/at/all"), 1));
	say_number("truncate to a negative length", CALL(__NR_truncate, P("/nowhere/at/all"), -1));
#endif
	say_number("fallocate at a negative offset",
		   CALL(__NR_fallocate, file, 0, OFFSET(-1ll << 32), OFFSET(1ll)));
	say_number("fallocate of nothing", CALL(__NR_fallocate, file, 0, OFFSET(1ll << 32), OFFSET(0ll)));
	say_number("fallocate beyond the largest file",
		   CALL(__NR_fallocate, file, 0, OFFSET(0x7ffffffffffff000ll), OFFSET(0x1000ll)));
}

/* The calls whose arguments were put in another order to fit into registers. */
static void check_advice(reg file)
{
#if defined(__NR_arm_fadvise64_64)
#define ADVISE(advice, offset, bytes) \
	CALL(__NR_arm_fadvise64_64, file, advice, OFFSET(offset), OFFSET(bytes))
#elif defined(__NR_fadvise64_64)
#define ADVISE(advice, offset, bytes) \
	CALL(__NR_fadvise64_64, file, PAD OFFSET(offset), OFFSET(bytes), advice)
#elif defined(__NR3264_fadvise64) && __riscv_xlen == 32
#define ADVISE(advice, offset, bytes) \
	CALL(__NR3264_fadvise64, file, PAD OFFSET(offset), OFFSET(bytes), advice)
#else
#define ADVISE(advice, offset, bytes) \
	CALL(__NR_fadvise64, file, PAD OFFSET(offset), OFFSET(bytes), advice)
#endif
#if defined(__NR_arm_sync_file_range)
#define SYNC(flags, offset, bytes) \
	CALL(__NR_arm_sync_file_range, file, flags, OFFSET(offset), OFFSET(bytes))
#else
#define SYNC(flags, offset, bytes) \
	CALL(__NR_sync_file_range, file, PAD OFFSET(offset), OFFSET(bytes), flags)
#endif
	say_number("fadvise64 advice 1 at 5 GB", ADVISE(1, FAR, 1ll << 33));
	say_number("fadvise64 advice 9", ADVISE(9, 0ll, 0ll));
	say_number("fadvise64 of a negative length", ADVISE(0, 0ll, -1ll << 32));
	say_number("sync_file_range flags 2", SYNC(2, 0ll, 1ll << 33));
	say_number("sync_file_range flags 8", SYNC(8, 0ll, 0ll));
	say_number("sync_file_range at a negative offset", SYNC(0, -1ll << 32, 1ll));
	say_number("sync_file_range beyond the end of numbers",
		   SYNC(0, 0x7fffffff00000000ll, 0x7fffffff00000000ll));
	say_number("readahead of descriptor -1", CALL(__NR_readahead, -1, PAD OFFSET(FAR), 1));
}

static void check_pipe(void)
{
	int ends[2] = { -1, -1 };
	char byte = 0;

	say_number("pipe2", CALL(__NR_pipe2, P(ends), 0));
	CALL(__NR_write, ends[1], P("p"), 1);
	say_number("read from ends[0]", CALL(__NR_read, ends[0], P(&byte), 1));
	say_yes("ends[0] read what was written to ends[1]", byte == 'p');
	say_number("pread64 of a pipe", CALL(__NR_pread64, ends[0], P(&byte), 1, PAD OFFSET(0ll)));
	say_number("seek in a pipe", seek(ends[0], 0, 1));
}
