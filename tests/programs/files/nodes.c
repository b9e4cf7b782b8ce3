/* mknod(2), mkfifo(3), devices, sockets' names. */
#include <sys/sysmacros.h>

#include "files.h"

FILE_CASE(mknod_makes_every_kind)
{
	struct stat status;

	umask(022);
	say_result("fifo", mknod("fifo", S_IFIFO | 0666, 0));
	say_mode("mode", "fifo");
	say_result("regular", mknod("regular", S_IFREG | 0666, 0));
	say_mode("mode", "regular");
	say_result("no kind", mknod("plain", 0600, 0));
	say_mode("mode", "plain");
	say_result("socket", mknod("socket", S_IFSOCK | 0666, 0));
	say_mode("mode", "socket");
	say_result("character device", mknod("null", S_IFCHR | 0666, makedev(1, 3)));
	stat("null", &status);
	say("number", "%u:%u", major(status.st_rdev), minor(status.st_rdev));
	say_result("block device", mknod("block", S_IFBLK | 0600, makedev(7, 300)));
	stat("block", &status);
	say("number", "%u:%u", major(status.st_rdev), minor(status.st_rdev));
	say_result("directory", mknod("directory", S_IFDIR | 0755, 0));
	say_result("link", mknod("link", S_IFLNK | 0777, 0));
	say_result("unknown kind", mknod("x", 0030644, 0));
	say_result("taken", mknod("fifo", S_IFIFO | 0666, 0));
	say_result("a slash at the end", mknod("y/", S_IFIFO | 0666, 0));
	say_open("the socket", open("socket", O_RDONLY));
}

FILE_CASE(a_device_made_here_works)
{
	char bytes[4] = "abc";

	mknod("zero", S_IFCHR | 0666, makedev(1, 5));
	mknod("nobody", S_IFCHR | 0666, makedev(300, 5));
	int zero = opened("zero", O_RDWR);
	say_result("read", read(zero, bytes, 4));
	say_number("zeroes", bytes[0] + bytes[1] + bytes[2] + bytes[3]);
	say_result("write", write(zero, bytes, 4));
	say_open("without a driver", open("nobody", O_RDWR));
}

static void mknod_as_user(void)
{
	say_result("device", mknod("null", S_IFCHR | 0666, makedev(1, 3)));
	say_result("whiteout", mknod("white", S_IFCHR | 0666, 0));
	say_result("fifo", mknod("fifo", S_IFIFO | 0666, 0));
	say_result("block", mknod("block", S_IFBLK | 0666, makedev(7, 0)));
}

FILE_CASE(devices_need_a_capability)
{
	as_user(SOMEBODY, SOMEBODY, mknod_as_user);
}

FILE_CASE(opening_a_fifo)
{
	mkfifo("fifo", 0644);
	say_open("to write without a reader", open("fifo", O_WRONLY | O_NONBLOCK));
	int reader = opened("fifo", O_RDONLY | O_NONBLOCK);
	char byte;
	say_result("read without a writer", read(reader, &byte, 1));
	int writer = opened("fifo", O_WRONLY | O_NONBLOCK);
	say_result("read of nothing", read(reader, &byte, 1));
	say_result("write", write(writer, "x", 1));
	say_result("read", read(reader, &byte, 1));
	close(writer);
	say_result("read at the end", read(reader, &byte, 1));
	say_result("lseek", lseek(reader, 0, SEEK_SET));
	say_open("both ways", open("fifo", O_RDWR));
}

FILE_CASE(a_fifo_waits_for_the_other_side)
{
	char text[8] = "";

	mkfifo("fifo", 0644);
	pid_t child = fork();
	if (child == 0) {
		write(open("fifo", O_WRONLY), "hello", 5);
		_exit(0);
	}
	int reader = opened("fifo", O_RDONLY);
	say_result("read", read(reader, text, sizeof text));
	say("text", "%s", text);
	say_end("writer", child);
}
