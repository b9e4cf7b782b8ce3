/* truncate(2), fallocate(2), lseek(2) of data and holes, limits on size. */
#include <linux/falloc.h>

#include "files.h"

static void say_blocks(const char *what, int file)
{
	struct stat status;

	fstat(file, &status);
	say(what, "%lld bytes in %lld", (long long)status.st_size, (long long)status.st_blocks);
}

FILE_CASE(truncate_cuts_and_extends)
{
	make("file", "some text");
	say_result("shorter", truncate("file", 4));
	say_text("text", "file");
	say_result("longer", truncate("file", 7));
	say_text("zeroes behind", "file");
	say_result("negative", truncate("file", -1));
	say_result("nothing", truncate("nothing", 0));
	say_result("directory", truncate(".", 0));
	mkfifo("fifo", 0644);
	say_result("fifo", truncate("fifo", 0));
	say_result("a slash at the end", truncate("file/", 0));
	symlink("file", "link");
	say_result("through a link", truncate("link", 2));
	say_text("text", "file");
}

FILE_CASE(ftruncate_needs_a_file_open_for_writing)
{
	int ends[2];
	make("file", "some text");

	say_result("read only", ftruncate(opened("file", O_RDONLY), 0));
	say_result("write only", ftruncate(opened("file", O_WRONLY), 3));
	say_result("negative", ftruncate(opened("file", O_WRONLY), -5));
	say_result("bad descriptor", ftruncate(-1, 0));
	pipe(ends);
	say_result("pipe", ftruncate(ends[1], 0));
	say_result("directory", ftruncate(opened(".", O_RDONLY), 0));
	say_text("text", "file");
}

FILE_CASE(what_was_cut_comes_back_as_zeroes)
{
	make("file", "abcdefgh");
	truncate("file", 3);
	truncate("file", 8);
	say_text("text", "file");
}

FILE_CASE(a_sparse_file_costs_what_is_written)
{
	int file = opened("file", O_RDWR | O_CREAT);

	say_result("far away", pwrite(file, "x", 1, 10 << 20));
	say_blocks("size", file);
	char bytes[4];
	say_result("a hole", pread(file, bytes, 4, 5 << 20));
	say_number("zero", bytes[0] | bytes[1] | bytes[2] | bytes[3]);
	ftruncate(file, 4096);
	say_blocks("cut", file);
	pwrite(file, "x", 1, 4095);
	say_blocks("written", file);
}

FILE_CASE(data_and_holes)
{
	int file = opened("file", O_RDWR | O_CREAT);

	pwrite(file, "x", 1, 3 * 65536);
	ftruncate(file, 8 * 65536);
	say_result("hole at the start", lseek(file, 0, SEEK_HOLE));
	say_result("data from the start", lseek(file, 0, SEEK_DATA));
	say_result("hole behind it", lseek(file, 3 * 65536, SEEK_HOLE));
	say_result("data within it", lseek(file, 3 * 65536 + 5, SEEK_DATA));
	say_result("no more data", lseek(file, 4 * 65536, SEEK_DATA));
	say_result("the last hole", lseek(file, 7 * 65536, SEEK_HOLE));
	say_result("data beyond the end", lseek(file, 8 * 65536, SEEK_DATA));
	say_result("hole beyond the end", lseek(file, 8 * 65536, SEEK_HOLE));
	say_result("negative", lseek(file, -1, SEEK_DATA));
	pwrite(file, "x", 1, 8 * 65536 - 1);
	say_result("hole at the end of data", lseek(file, 8 * 65536 - 1, SEEK_HOLE));
}

FILE_CASE(lseek_errors)
{
	make("file", "0123456789");
	int file = opened("file", O_RDONLY);

	say_result("beyond the end", lseek(file, 100, SEEK_SET));
	say_result("before the start", lseek(file, -1, SEEK_SET));
	say_result("back from here", lseek(file, -101, SEEK_CUR));
	say_result("from the end", lseek(file, -3, SEEK_END));
	say_result("unknown whence", lseek(file, 0, 5));
	say_result("position stays", lseek(file, 0, SEEK_CUR));
	say_result("bad descriptor", lseek(-1, 0, SEEK_SET));
	say_result("the largest", lseek(file, 0x7fffffffffffffff, SEEK_SET) > 0 ? 0 : -1);
	say_result("one more", lseek(file, 1, SEEK_CUR));
}

FILE_CASE(fallocate_reserves)
{
	int file = opened("file", O_RDWR | O_CREAT);

	say_result("fallocate", fallocate(file, 0, 1000, 10000));
	say_blocks("size", file);
	say_result("keeping the size", fallocate(file, FALLOC_FL_KEEP_SIZE, 0, 20000));
	say_blocks("size", file);
	say_result("no length", fallocate(file, 0, 0, 0));
	say_result("negative offset", fallocate(file, 0, -1, 5));
	say_result("too far", fallocate(file, 0, 0x7fffffffffffffff, 5));
	say_result("read only", fallocate(opened("file", O_RDONLY), 0, 0, 5));
	say_result("directory", fallocate(opened(".", O_RDONLY), 0, 0, 5));
	int ends[2];
	pipe(ends);
	say_result("pipe", fallocate(ends[1], 0, 0, 5));
	say_result("unknown mode", fallocate(file, 0x1000, 0, 5));
	say_result("posix_fallocate", posix_fallocate(file, 0, 30000));
	say_blocks("size", file);
}

FILE_CASE(fallocate_punches_holes)
{
	static char page[16384];
	int file = opened("file", O_RDWR | O_CREAT);

	memset(page, 'x', sizeof page);
	write(file, page, sizeof page);
	say_result("without keeping the size", fallocate(file, FALLOC_FL_PUNCH_HOLE, 0, 4096));
	say_result("punch", fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4000, 8288));
	say_blocks("size", file);
	pread(file, page, sizeof page, 0);
	say_yes("edges", page[3999] == 'x' && !page[4000] && !page[12287] && page[12288] == 'x');
	say_result("hole", lseek(file, 0, SEEK_HOLE));
	say_result("data", lseek(file, 4096, SEEK_DATA));
	say_result("within a page", fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 50));
	pread(file, page, 200, 0);
	say_yes("edges", page[99] == 'x' && !page[100] && !page[149] && page[150] == 'x');
	say_result("beyond the end", fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 99999, 50));
	say_blocks("size", file);
}

FILE_CASE(modes_of_fallocate_that_tmpfs_lacks)
{
	int file = opened("file", O_RDWR | O_CREAT);

	ftruncate(file, 65536);
	say_result("zero", fallocate(file, FALLOC_FL_ZERO_RANGE, 0, 4096));
	say_result("collapse", fallocate(file, FALLOC_FL_COLLAPSE_RANGE, 0, 4096));
	say_result("insert", fallocate(file, FALLOC_FL_INSERT_RANGE, 0, 4096));
	say_result("unshare", fallocate(file, FALLOC_FL_UNSHARE_RANGE, 0, 4096));
	say_result("zero and punch", fallocate(file, FALLOC_FL_ZERO_RANGE | FALLOC_FL_PUNCH_HOLE, 0, 4096));
	say_blocks("size", file);
}

static volatile sig_atomic_t caught;

static void note(int number)
{
	caught = number;
}

FILE_CASE(limits_on_file_size)
{
	struct rlimit limit = { 10, 10 };
	int file = opened("file", O_RDWR | O_CREAT);

	catch(SIGXFSZ, note, 0);
	setrlimit(RLIMIT_FSIZE, &limit);
	say_result("as far as allowed", write(file, "0123456789abc", 13));
	say_signal("signal", caught);
	say_result("no more", write(file, "x", 1));
	say_signal("signal", caught);
	caught = 0;
	say_result("ftruncate", ftruncate(file, 20));
	say_signal("signal", caught);
	caught = 0;
	say_result("fallocate", fallocate(file, 0, 0, 20));
	say_signal("signal", caught);
	say_size("size", "file");
	caught = 0;
	say_result("at a position beyond", pwrite(file, "x", 1, 100));
	say_signal("signal", caught);
}

FILE_CASE(a_mapping_sees_what_is_written)
{
	make("file", "some text");
	int file = opened("file", O_RDWR);
	char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	pwrite(file, "SOME", 4, 0);
	say("mapped", "%.9s", memory);
	memory[5] = 'T';
	say_text("read", "file");
	say_result("msync", msync(memory, 4096, MS_SYNC));
	memory[20] = 'x';
	say_size("size", "file");
	ftruncate(file, 30);
	say_yes("what was behind the end", memory[20] == 0 || memory[20] == 'x');
}

FILE_CASE(advice_and_sync)
{
	int ends[2];
	make("file", "text");
	int file = opened("file", O_RDWR);

	pipe(ends);
	say_result("fsync", fsync(file));
	say_result("fdatasync", fdatasync(file));
	say_result("fsync of a directory", fsync(opened(".", O_RDONLY)));
	say_result("fsync of a pipe", fsync(ends[0]));
	say_result("syncfs", syncfs(file));
	say_result("sync_file_range", sync_file_range(file, 0, 4, SYNC_FILE_RANGE_WRITE));
	say_result("of a pipe", sync_file_range(ends[0], 0, 4, SYNC_FILE_RANGE_WRITE));
	say_result("unknown flag", sync_file_range(file, 0, 4, 64));
	say_result("negative", sync_file_range(file, -4, 4, SYNC_FILE_RANGE_WRITE));
	say_result("posix_fadvise", posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL));
	say_number("unknown advice", posix_fadvise(file, 0, 0, 77));
	say_number("advice of a pipe", posix_fadvise(ends[0], 0, 0, POSIX_FADV_NORMAL) == ESPIPE);
	say_number("bad descriptor", posix_fadvise(-1, 0, 0, POSIX_FADV_NORMAL) == EBADF);
	say_result("readahead", readahead(file, 0, 4096));
	say_result("of a pipe", readahead(ends[0], 0, 4096));
	say_result("write only", readahead(opened("file", O_WRONLY), 0, 4096));
	say_result("of a directory", readahead(opened(".", O_RDONLY), 0, 4096));
	sync();
}
