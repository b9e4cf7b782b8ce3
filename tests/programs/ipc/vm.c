/* process_vm_readv and process_vm_writev between parent and child. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[8192] __attribute__((aligned(4096)));

static const char *name(int error)
{
	return error ? strerrorname_np(error) : "none";
}

static void say(const char *what, long result)
{
	if (result < 0)
		printf("%s: %s\n", what, name(errno));
	else
		printf("%s: %ld\n", what, result);
}

int main(void)
{
	int ready[2], go[2], status;
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char mine[64] = "", byte;
	struct iovec local[2] = { { mine, 5 }, { mine + 10, 20 } };
	struct iovec remote[2] = { { text + 4090, 10 }, { text, 4 } };
	struct iovec edge = { pages + 4000, 200 }, large = { text, 200 }, nowhere = { (void *)16, 4 };
	pid_t child;

	setvbuf(stdout, NULL, _IONBF, 0);
	pipe(ready);
	pipe(go);
	child = fork();
	if (child == 0) {
		memcpy(text + 4090, "0123456789", 10);
		memcpy(text, "head", 4);
		munmap(pages + 4096, 4096);
		write(ready[1], "r", 1);
		read(go[0], &byte, 1);
		printf("child: %.6s %.4s\n", text + 4093, text);
		_exit(0);
	}
	read(ready[0], &byte, 1);
	say("read", process_vm_readv(child, local, 2, remote, 2, 0));
	printf("%s|%.9s\n", mine, mine + 10);
	strcpy(mine, "ABCDE");
	local[1].iov_len = 3;
	strcpy(mine + 10, "FGH");
	remote[0] = (struct iovec){ text + 4093, 6 };
	say("write", process_vm_writev(child, local, 2, remote, 2, 0));
	say("to an edge", process_vm_readv(child, &large, 1, &edge, 1, 0));
	say("nowhere", process_vm_readv(child, local, 1, &nowhere, 1, 0));
	say("flags", process_vm_readv(child, local, 1, remote, 1, 1));
	say("nobody", process_vm_readv(0x3ffffff0, local, 1, remote, 1, 0));
	say("nothing", process_vm_readv(0x3ffffff0, local, 0, remote, 1, 0));
	write(go[1], "g", 1);
	waitpid(child, &status, 0);
	say("ended", process_vm_readv(child, local, 1, remote, 1, 0));
	return 0;
}
