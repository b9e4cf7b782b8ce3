/* The pseudo-file benchmark: `pseudo FILE WHAT COUNT`, WHAT is getppid, read or write. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char text[64];
	int fd, failed = 0, count = argc > 3 ? atoi(argv[3]) : 0;

	if (argc != 4 || (fd = open(argv[1], O_RDWR)) < 0)
		return 2;
	if (!strcmp(argv[2], "getppid"))
		for (int i = 0; i < count; i++)
			failed |= syscall(SYS_getppid) < 0;
	else if (!strcmp(argv[2], "read"))
		for (int i = 0; i < count; i++)
			failed |= pread(fd, text, sizeof text, 0) <= 0;
	else
		for (int i = 0; i < count; i++)
			failed |= pwrite(fd, "7\n", 2, 0) != 2;
	return failed;
}
