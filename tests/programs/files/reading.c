/* read(2), write(2), the vectors, positions, preadv2(2) and its flags. */
#include "files.h"

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif

FILE_CASE(read_and_write_move_the_position)
{
	char text[16] = "";
	int file = opened("file", O_RDWR | O_CREAT);

	say_result("write", write(file, "some text", 9));
	say_number("position", (long)lseek(file, 0, SEEK_CUR));
	say_result("read at the end", read(file, text, 4));
	lseek(file, 5, SEEK_SET);
	say_result("read", read(file, text, 100));
	say("text", "%s", text);
	lseek(file, 100, SEEK_SET);
	say_result("read beyond the end", read(file, text, 4));
	say_result("write beyond the end", write(file, "x", 1));
	say_size("size", "file");
	say_result("nothing", write(file, "x", 0));
}

FILE_CASE(errors_of_read_and_write)
{
	make("file", "some text");
	char text[16];

	say_result("read of a writer", read(opened("file", O_WRONLY), text, 4));
	say_result("write of a reader", write(opened("file", O_RDONLY), text, 4));
	say_result("bad descriptor", read(-1, text, 4));
	say_result("bad address", read(opened("file", O_RDONLY), (void *)8, 4));
	say_result("nothing to a bad address", read(opened("file", O_RDONLY), (void *)8, 0));
	say_result("from a bad address", write(opened("file", O_WRONLY), (void *)8, 4));
	say_result("negative count", read(opened("file", O_RDONLY), text, (size_t)-1));
	say_size("size", "file");
}

FILE_CASE(a_fault_half_way_gives_a_short_count)
{
	static char text[8192];
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int file = opened("file", O_RDWR | O_CREAT);

	munmap(pages + 4096, 4096);
	memset(text, 'x', sizeof text);
	write(file, text, sizeof text);
	say_result("read", pread(file, pages + 4000, 200, 0));
	say_result("write", pwrite(file, pages + 4000, 200, 0));
}

FILE_CASE(pread_and_pwrite_leave_the_position)
{
	char text[16] = "";
	int file = opened("file", O_RDWR | O_CREAT);

	say_result("pwrite", pwrite(file, "text", 4, 5));
	say_result("pwrite", pwrite(file, "some ", 5, 0));
	say_number("position", (long)lseek(file, 0, SEEK_CUR));
	say_result("pread", pread(file, text, 15, 5));
	say("text", "%s", text);
	say_result("negative", pread(file, text, 4, -1));
	say_result("beyond the end", pread(file, text, 4, 1000));
	say_result("far", pwrite(file, "x", 1, 5000000000ll));
	say_size("size", "file");
	say_result("read back", pread(file, text, 4, 5000000000ll));
	int ends[2];
	pipe(ends);
	say_result("of a pipe", pread(ends[0], text, 4, 0));
}

FILE_CASE(vectors)
{
	char one[4] = "", two[8] = "";
	struct iovec parts[3] = { { "some", 4 }, { "", 0 }, { " text", 5 } };
	struct iovec into[2] = { { one, 3 }, { two, 7 } };
	int file = opened("file", O_RDWR | O_CREAT);

	say_result("writev", writev(file, parts, 3));
	say_text("text", "file");
	lseek(file, 0, SEEK_SET);
	say_result("readv", readv(file, into, 2));
	say("parts", "%s|%s", one, two);
	say_result("none", readv(file, into, 0));
	say_result("negative", readv(file, into, -1));
	say_result("too many", readv(file, into, 1025));
	say_result("bad address", readv(file, (void *)8, 2));
	into[1].iov_len = (size_t)-1;
	say_result("negative length", readv(file, into, 2));
	into[1] = (struct iovec){ (void *)8, 4 };
	lseek(file, 0, SEEK_SET);
	say_result("second is bad", readv(file, into, 2));
	say_result("preadv", preadv(file, (struct iovec[]){ { two, 4 } }, 1, 5));
	say("text", "%.4s", two);
	say_result("pwritev", pwritev(file, (struct iovec[]){ { "TEXT", 4 } }, 1, 5));
	say_text("text", "file");
	say_result("far", pwritev(file, parts, 1, 6000000000ll));
	say_size("size", "file");
}

FILE_CASE(flags_of_preadv2)
{
	char text[8] = "";
	struct iovec into = { text, 4 }, from = { "TEXT", 4 };
	make("file", "some text");
	int file = opened("file", O_RDWR);

	say_result("no flags", preadv2(file, &into, 1, 5, 0));
	say_result("at the position", preadv2(file, &into, 1, -1, 0));
	say_number("it moves", (long)lseek(file, 0, SEEK_CUR));
	say_result("other negative", preadv2(file, &into, 1, -2, 0));
	say_result("RWF_HIPRI", preadv2(file, &into, 1, 0, RWF_HIPRI));
	say_result("RWF_NOWAIT", preadv2(file, &into, 1, 0, RWF_NOWAIT));
	say_result("unknown", preadv2(file, &into, 1, 0, 0x4000));
	say_result("RWF_APPEND to read", preadv2(file, &into, 1, 0, RWF_APPEND));
	say_result("RWF_APPEND", pwritev2(file, &from, 1, 0, RWF_APPEND));
	say_text("text", "file");
	say_result("RWF_SYNC", pwritev2(file, &from, 1, 0, RWF_SYNC));
	say_result("RWF_DSYNC", pwritev2(file, &from, 1, 0, RWF_DSYNC));
	int end = opened("file", O_RDWR | O_APPEND);
	say_result("RWF_NOAPPEND", pwritev2(end, &from, 1, 1, RWF_NOAPPEND));
	say_text("text", "file");
	say_result("both", pwritev2(end, &from, 1, 1, RWF_NOAPPEND | RWF_APPEND));
}

FILE_CASE(rwf_nowait_of_a_pipe)
{
	int ends[2];
	char text[8];
	struct iovec into = { text, 4 };

	pipe(ends);
	say_result("empty", preadv2(ends[0], &into, 1, -1, RWF_NOWAIT));
	write(ends[1], "x", 1);
	say_result("with something", preadv2(ends[0], &into, 1, -1, RWF_NOWAIT));
}

FILE_CASE(writing_takes_privileges_away)
{
	make("program", "text");
	chmod("program", 06755);
	write(opened("program", O_WRONLY), "T", 1);
	say_mode("by root", "program");
	chmod("program", 06755), chown("program", SOMEBODY, SOMEBODY), chmod("program", 06755);
	become(SOMEBODY, SOMEBODY);
	write(opened("program", O_WRONLY), "T", 1);
	say_mode("by the owner", "program");
	chmod("program", 06745);
	write(opened("program", O_WRONLY), "T", 1);
	say_mode("not executable by the group", "program");
	chmod("program", 06755);
	truncate("program", 2);
	say_mode("by truncate", "program");
	chmod("program", 06755);
	close(opened("program", O_WRONLY | O_TRUNC));
	say_mode("by O_TRUNC", "program");
}

FILE_CASE(times_of_reading_and_writing)
{
	struct timespec old[2] = { { 1000, 0 }, { 2000, 0 } };
	struct stat status;
	char byte;

	make("file", "text");
	utimensat(AT_FDCWD, "file", old, 0);
	int file = opened("file", O_RDWR);
	read(file, &byte, 0);
	stat("file", &status);
	say_yes("reading nothing changes atime", status.st_atime > 2000);
	utimensat(AT_FDCWD, "file", old, 0);
	write(file, "x", 1);
	stat("file", &status);
	say_yes("writing changes mtime and ctime", status.st_mtime > 2000 && status.st_ctime > 2000);
	say_number("not atime", (long)status.st_atime);
	read(file, &byte, 1);
	stat("file", &status);
	say_yes("reading changes atime", status.st_atime > 2000);
	utimensat(AT_FDCWD, "file", old, 0);
	ftruncate(file, 4);
	stat("file", &status);
	say_yes("truncating to the same size does too", status.st_mtime > 2000);
}

FILE_CASE(duplicates_share_the_position)
{
	char byte;
	make("file", "abcdef");
	int file = opened("file", O_RDONLY), copy = dup(file), again = opened("file", O_RDONLY);

	read(file, &byte, 1);
	read(copy, &byte, 1);
	say("duplicate", "%c", byte);
	read(again, &byte, 1);
	say("opened again", "%c", byte);
	pid_t child = fork();
	if (child == 0) {
		read(file, &byte, 1);
		_exit(0);
	}
	reap(child);
	read(file, &byte, 1);
	say("after the child", "%c", byte);
}
