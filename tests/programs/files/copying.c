/* sendfile(2), copy_file_range(2), splice(2), tee(2): copies inside the kernel. */
#include <sys/sendfile.h>

#include "files.h"

FILE_CASE(sendfile_copies)
{
	make("from", "some text"), make("to", "");
	int from = opened("from", O_RDONLY), to = opened("to", O_RDWR);
	off_t offset = 5;

	say_result("sendfile", sendfile(to, from, NULL, 4));
	say_number("position", (long)lseek(from, 0, SEEK_CUR));
	say_result("at an offset", sendfile(to, from, &offset, 100));
	say_number("offset", (long)offset);
	say_number("position stays", (long)lseek(from, 0, SEEK_CUR));
	say_text("text", "to");
	offset = 100;
	say_result("beyond the end", sendfile(to, from, &offset, 5));
	offset = -1;
	say_result("negative", sendfile(to, from, &offset, 5));
	say_result("nothing", sendfile(to, from, NULL, 0));
}

FILE_CASE(errors_of_sendfile)
{
	int ends[2];
	off_t offset = 0;
	make("from", "some text"), make("to", "");

	pipe(ends);
	say_result("to a reader", sendfile(opened("to", O_RDONLY), opened("from", O_RDONLY), NULL, 4));
	say_result("from a writer", sendfile(opened("to", O_RDWR), opened("from", O_WRONLY), NULL, 4));
	say_result("to the end", sendfile(opened("to", O_RDWR | O_APPEND), opened("from", O_RDONLY), NULL, 4));
	say_result("to a pipe", sendfile(ends[1], opened("from", O_RDONLY), NULL, 4));
	say_result("from a pipe at an offset", sendfile(opened("to", O_RDWR), ends[0], &offset, 4));
	say_result("from a directory", sendfile(opened("to", O_RDWR), opened(".", O_RDONLY), NULL, 4));
	say_result("bad descriptor", sendfile(-1, opened("from", O_RDONLY), NULL, 4));
}

FILE_CASE(copy_file_range_copies)
{
	make("from", "some text"), make("to", "0123456789");
	int from = opened("from", O_RDONLY), to = opened("to", O_RDWR);
	off64_t in = 5, out = 2;

	say_result("at offsets", copy_file_range(from, &in, to, &out, 4, 0));
	say("offsets", "%lld %lld", (long long)in, (long long)out);
	say_text("text", "to");
	say_result("at positions", copy_file_range(from, NULL, to, NULL, 2, 0));
	say_text("text", "to");
	say_number("position", (long)lseek(to, 0, SEEK_CUR));
	say_result("more than there is", copy_file_range(from, NULL, to, NULL, 100, 0));
	say_result("at the end", copy_file_range(from, NULL, to, NULL, 100, 0));
	say_result("nothing", copy_file_range(from, NULL, to, NULL, 0, 0));
	in = 0, out = 20;
	say_result("within a file", copy_file_range(to, &in, to, &out, 3, 0));
	in = 0, out = 2;
	say_result("onto itself", copy_file_range(to, &in, to, &out, 5, 0));
	say_size("size", "to");
}

FILE_CASE(errors_of_copy_file_range)
{
	int ends[2];
	make("from", "some text"), make("to", "0123456789");
	int from = opened("from", O_RDONLY), to = opened("to", O_RDWR);
	off64_t in = -1;

	pipe(ends);
	say_result("flags", copy_file_range(from, NULL, to, NULL, 2, 1));
	say_result("to a reader", copy_file_range(from, NULL, opened("to", O_RDONLY), NULL, 2, 0));
	say_result("to the end", copy_file_range(from, NULL, opened("to", O_RDWR | O_APPEND), NULL, 2, 0));
	say_result("directory", copy_file_range(opened(".", O_RDONLY), NULL, to, NULL, 2, 0));
	say_result("pipe", copy_file_range(ends[0], NULL, to, NULL, 2, 0));
	say_result("negative", copy_file_range(from, &in, to, NULL, 2, 0));
	say_result("bad descriptor", copy_file_range(-1, NULL, to, NULL, 2, 0));
}

FILE_CASE(splice_moves_through_pipes)
{
	int ends[2], more[2];
	make("from", "some text"), make("to", "");
	int from = opened("from", O_RDONLY), to = opened("to", O_RDWR);
	off64_t offset = 5;

	pipe(ends), pipe(more);
	say_result("file to pipe", splice(from, &offset, ends[1], NULL, 100, 0));
	say_number("offset", (long)offset);
	say_result("tee", tee(ends[0], more[1], 2, 0));
	say_result("pipe to file", splice(ends[0], NULL, to, NULL, 100, 0));
	say_text("text", "to");
	say_rest("what tee copied", more[0]);
	say_result("nothing there", splice(ends[0], NULL, to, NULL, 100, SPLICE_F_NONBLOCK));
	say_result("pipe to pipe", (write(ends[1], "abc", 3), splice(ends[0], NULL, more[1], NULL, 2, 0)));
	say_rest("moved", more[0]);
	say_rest("left", ends[0]);
}

FILE_CASE(errors_of_splice)
{
	int ends[2];
	make("from", "some text"), make("to", "");
	int from = opened("from", O_RDONLY), to = opened("to", O_RDWR);
	off64_t offset = 0;

	pipe(ends);
	say_result("no pipe", splice(from, NULL, to, NULL, 4, 0));
	say_result("an offset for the pipe", splice(from, NULL, ends[1], &offset, 4, 0));
	say_result("unknown flag", splice(from, NULL, ends[1], NULL, 4, 0x100));
	say_result("the wrong end", splice(from, NULL, ends[0], NULL, 4, 0));
	say_result("bad descriptor", splice(-1, NULL, ends[1], NULL, 4, 0));
	say_result("to the end", (write(ends[1], "x", 1), splice(ends[0], NULL, opened("to", O_RDWR | O_APPEND), NULL, 1, 0)));
	say_result("tee of a file", tee(from, ends[1], 4, 0));
	say_result("tee to itself", tee(ends[0], ends[1], 4, 0));
	say_result("nothing", splice(from, NULL, ends[1], NULL, 0, 0));
}
