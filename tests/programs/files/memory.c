/* memfd_create(2) and its seals. */
#include "files.h"

FILE_CASE(a_file_in_memory)
{
	struct stat status;
	char text[64] = "", path[64];
	int file = memfd_create("name", 0);

	say_yes("opened", file >= 0);
	write(file, "text", 4);
	fstat(file, &status);
	say("mode", "%o", status.st_mode);
	say_number("size", (long)status.st_size);
	say_number("links", (long)status.st_nlink);
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	readlink(path, text, sizeof text - 1);
	say("its name", "%s", text);
	say_text("opened again", path);
	say_number("close-on-exec", fcntl(memfd_create("x", MFD_CLOEXEC), F_GETFD));
	say_result("a name too long", memfd_create(long_name(250), 0));
	say_result("unknown flag", memfd_create("x", 0x8000));
	say_result("seals", fcntl(file, F_GET_SEALS));
	say_result("sealing is off", fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
}

FILE_CASE(seals_hold)
{
	int file = memfd_create("name", MFD_ALLOW_SEALING);

	write(file, "some text", 9);
	say_result("seals", fcntl(file, F_GET_SEALS));
	say_result("F_SEAL_SHRINK", fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK));
	say_result("shrink", ftruncate(file, 4));
	say_result("grow", ftruncate(file, 40));
	say_result("F_SEAL_GROW", fcntl(file, F_ADD_SEALS, F_SEAL_GROW));
	say_result("grow", ftruncate(file, 50));
	say_result("write beyond", pwrite(file, "x", 1, 60));
	say_result("write within", pwrite(file, "x", 1, 0));
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	say_result("F_SEAL_WRITE while mapped", fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
	munmap(memory, 4096);
	say_result("F_SEAL_WRITE", fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
	say_result("write", pwrite(file, "x", 1, 0));
	say_result("map to write", mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, file, 0) == MAP_FAILED ? -1 : 0);
	say_result("map to read", mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0) == MAP_FAILED ? -1 : 0);
	say_result("F_SEAL_SEAL", fcntl(file, F_ADD_SEALS, F_SEAL_SEAL));
	say_result("more", fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
	say_result("all", fcntl(file, F_GET_SEALS));
	make("file", "");
	say_result("of a file", fcntl(opened("file", O_RDWR), F_GET_SEALS));
	int ends[2];
	pipe(ends);
	say_result("of a pipe", fcntl(ends[0], F_GET_SEALS));
}

FILE_CASE(pipes_have_sizes)
{
	int ends[2];

	pipe(ends);
	say_result("size", fcntl(ends[0], F_GETPIPE_SZ));
	say_result("set", fcntl(ends[0], F_SETPIPE_SZ, 5000));
	say_result("size", fcntl(ends[1], F_GETPIPE_SZ));
	write(ends[1], long_name(4999), 4999);
	say_result("smaller than what is in it", fcntl(ends[0], F_SETPIPE_SZ, 4096));
	say_result("of a file", fcntl(opened(".", O_RDONLY), F_GETPIPE_SZ));
}
