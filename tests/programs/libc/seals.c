// Files in memory, and what each seal forbids.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#define MFD_EXEC 0x10U
#endif

static char data[20000];

static void say(const char *what, long result)
{
	if (result < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %ld\n", what, result);
}

static int sealed(int seals)
{
	int fd = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_EXEC);
	ftruncate(fd, 8192);
	printf("-- seals %x\n", seals);
	say("add", fcntl(fd, F_ADD_SEALS, seals));
	say("get", fcntl(fd, F_GET_SEALS));
	return fd;
}

static void map(const char *what, int fd, int prot, int flags)
{
	void *place = mmap(NULL, 4096, prot, flags, fd, 0);
	say(what, place == MAP_FAILED ? -1 : 0);
	if (place != MAP_FAILED) {
		say("mprotect", mprotect(place, 4096, PROT_READ | PROT_WRITE));
		munmap(place, 4096);
	}
}

static void everything(int seals)
{
	int fd = sealed(seals);
	say("write", pwrite(fd, data, 100, 0));
	say("write beyond", pwrite(fd, data, 100, 8192));
	say("write at the edge", pwrite(fd, data, 100, 8150));
	say("grow", ftruncate(fd, 20000));
	say("shrink", ftruncate(fd, 4096));
	say("allocate", fallocate(fd, 0, 0, 4096));
	say("allocate more", fallocate(fd, 0, 0, 30000));
	say("punch", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
	map("shared", fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	map("shared to read", fd, PROT_READ, MAP_SHARED);
	map("private", fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	say("chmod", fchmod(fd, 0600));
	say("chmod", fchmod(fd, 0700));
	struct stat st;
	fstat(fd, &st);
	printf("size %ld mode %o\n", (long)st.st_size, st.st_mode);
	say("seal the seals", fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	say("one more", fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	close(fd);
}

int main(void)
{
	char name[40];
	everything(0);
	everything(F_SEAL_SHRINK);
	everything(F_SEAL_GROW);
	everything(F_SEAL_WRITE);
	everything(F_SEAL_FUTURE_WRITE);
	everything(F_SEAL_EXEC);

	int fd = memfd_create("plain", MFD_CLOEXEC);
	say("plain", fcntl(fd, F_GET_SEALS));
	say("add", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	say("on exec", fcntl(fd, F_GETFD));
	close(fd);
	fd = memfd_create("noexec", MFD_NOEXEC_SEAL);
	say("noexec", fcntl(fd, F_GET_SEALS));
	say("chmod", fchmod(fd, 0777));
	say("unknown", fcntl(fd, F_ADD_SEALS, 0x8000));
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	int again = open(name, O_RDONLY);
	say("again", again >= 0);
	say("to read only", fcntl(again, F_ADD_SEALS, F_SEAL_WRITE));
	close(fd);
	say("both", memfd_create("x", MFD_NOEXEC_SEAL | MFD_EXEC));

	fd = memfd_create("mapped", MFD_ALLOW_SEALING);
	ftruncate(fd, 4096);
	char *place = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	say("write, while mapped", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	say("future write", fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	strcpy(place, "still there");
	say("write", write(fd, "x", 1));
	pread(fd, data, 20, 0);
	puts(data);
	munmap(place, 4096);
	say("write, unmapped", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	say("get", fcntl(fd, F_GET_SEALS));
	say("pipe", fcntl(1, F_ADD_SEALS, 0));
	fflush(stdout);
	return 0;
}
