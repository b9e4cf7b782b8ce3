/* Bad addresses: EFAULT, short counts, and strings that end just in time. */
#include "probe.h"

static void check_write(u8 *hole);
static void check_read(u8 *hole);
static void check_paths(u8 *hole);

void check_faults(void)
{
	u8 *hole = page_before_hole() + PAGE;

	check_write(hole);
	check_read(hole);
	check_paths(hole);
}

static void check_write(u8 *hole)
{
	reg file = temporary_file();
	int ends[2];
	struct {
		const void *base;
		unsigned long bytes;
	} pieces[2] = { { "abc", 3 }, { hole, 4 } };

	CALL(__NR_pipe2, P(ends), O_NONBLOCK);
	say_number("write from a hole", CALL(__NR_write, file, P(hole), 10));
	say_number("write of a page before a hole and one in it",
		   CALL(__NR_write, file, P(hole - PAGE), 2 * PAGE));
	say_number("file's size after that write", seek(file, 0, 2));
	say_number("write of no bytes from a hole", CALL(__NR_write, file, P(hole), 0));
	say_number("writev of 3 good and 4 bad bytes", CALL(__NR_writev, file, P(pieces), 2));
	say_number("write from a hole to a pipe", CALL(__NR_write, ends[1], P(hole), 10));
	say_number("read of the empty pipe", CALL(__NR_read, ends[0], P(hole - 10), 10));
	say_number("write from address -1", CALL(__NR_write, file, -1, 10));
	CALL(__NR_close, file);
	CALL(__NR_close, ends[0]);
	CALL(__NR_close, ends[1]);
}

static void check_read(u8 *hole)
{
	reg file = temporary_file();
	struct {
		void *base;
		unsigned long bytes;
	} pieces[2] = { { hole - 4, 4 }, { hole, 4 } };

	CALL(__NR_pwrite64, file, P("first"), 5, PAD OFFSET(0ll));
	CALL(__NR_pwrite64, file, P("last"), 4, PAD OFFSET(8188ll));
	say_number("read into a hole", CALL(__NR_pread64, file, P(hole), 20, PAD OFFSET(0ll)));
	seek(file, 0, 0);
	say_number("read of two pages into one before a hole",
		   CALL(__NR_read, file, P(hole - PAGE), 2 * PAGE));
	say_yes("the first page arrived", same(hole - PAGE, "first", 5));
	say_number("position after that read", seek(file, 0, 1));
	seek(file, 0, 0);
	say_number("readv into 4 good and 4 bad bytes", CALL(__NR_readv, file, P(pieces), 2));
	say_number("readv with a list in a hole", CALL(__NR_readv, file, P(hole), 2));
	say_number("read of descriptor -1 into a hole", CALL(__NR_read, -1, P(hole), 1));
	CALL(__NR_close, file);
}

static void check_paths(u8 *hole)
{
	u8 *long_path = map_pages(2 * PAGE);

	memcpy(hole - 9, "/nowhere", 9);
	say_number("path that ends before a hole", CALL(__NR_openat, AT_FDCWD, P(hole - 9), 0));
	hole[-1] = 'x';
	say_number("path that runs into a hole", CALL(__NR_openat, AT_FDCWD, P(hole - 9), 0));
	memset(long_path, 'x', PAGE + 1);
	say_number("path of 4097 bytes", CALL(__NR_openat, AT_FDCWD, P(long_path), 0));
	for (unsigned int i = 0; i < PAGE - 1; i += 2)
		memcpy(long_path + i, "./", 2);
	long_path[PAGE - 2] = 0;
	say_ok("path of 4094 bytes", CALL(__NR_openat, AT_FDCWD, P(long_path), 0));
}
