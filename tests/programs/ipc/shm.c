/* System V shared memory over fork, partial unmapping and removal. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *name(int error)
{
	return error ? strerrorname_np(error) : "none";
}

static void describe(const char *when, int id)
{
	struct shmid_ds ds;

	memset(&ds, 0x55, sizeof ds);
	if (shmctl(id, IPC_STAT, &ds) < 0) {
		printf("%s: %s\n", when, name(errno));
		return;
	}
	printf("%s: size %lu, attached %lu, mode %o, uid %d, creator is me %d, last is me %d\n", when,
	       (unsigned long)ds.shm_segsz, (unsigned long)ds.shm_nattch, ds.shm_perm.mode,
	       (int)ds.shm_perm.uid == (int)getuid(), ds.shm_cpid == getpid(), ds.shm_lpid == getpid());
	printf("%s: times %d %d %d\n", when, ds.shm_atime > 0, ds.shm_dtime > 0, ds.shm_ctime > 0);
}

int main(void)
{
	int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0640), status;
	char *memory, *other, *rest;
	pid_t child;
	struct shmid_ds ds;
	struct shminfo limits;

	setvbuf(stdout, NULL, _IONBF, 0);
	describe("new", id);
	memory = shmat(id, NULL, 0);
	strcpy(memory, "from the parent");
	describe("attached", id);
	child = fork();
	if (child == 0) {
		printf("child reads: %s\n", memory);
		describe("in the child", id);
		strcpy(memory + 8192, "from the child");
		_exit(0);
	}
	waitpid(child, &status, 0);
	printf("parent reads: %s\n", memory + 8192);
	describe("after the child", id);

	other = shmat(id, NULL, SHM_RDONLY);
	printf("attached twice, the same bytes: %d\n", memcmp(memory, other, 10000) == 0);
	printf("making it writable: %s\n", mprotect(other, 4096, PROT_WRITE) < 0 ? name(errno) : "ok");
	describe("twice", id);
	printf("attaching over it: %s\n", shmat(id, other, 0) == (void *)-1 ? name(errno) : "ok");
	printf("detaching: %d\n", shmdt(other));
	printf("again: %s\n", shmdt(other) < 0 ? name(errno) : "ok");

	shmctl(id, IPC_STAT, &ds);
	ds.shm_perm.mode = 0600;
	printf("set: %d\n", shmctl(id, IPC_SET, &ds));
	describe("set", id);
	printf("remove: %d\n", shmctl(id, IPC_RMID, NULL));
	describe("removed", id);
	printf("still there: %s\n", memory);
	rest = shmat(id, NULL, 0);
	printf("attaching a removed one: %s\n", rest == (void *)-1 ? name(errno) : "ok");
	shmdt(rest);
	munmap(memory, 4096);
	describe("in part", id);
	shmdt(memory);
	describe("gone", id);

	printf("no size: %s\n", shmget(IPC_PRIVATE, 0, 0600) < 0 ? name(errno) : "ok");
	printf("no key: %s\n", shmget(0x7e57ab1e, 1, 0) < 0 ? name(errno) : "ok");
	printf("detaching nothing: %s\n", shmdt((void *)0x1000) < 0 ? name(errno) : "ok");
	printf("unaligned: %s\n", shmdt((void *)1) < 0 ? name(errno) : "ok");
	id = shmctl(0, IPC_INFO, (struct shmid_ds *)&limits);
	printf("limits: %d %lu %lu\n", id >= 0, (unsigned long)limits.shmmni,
	       (unsigned long)limits.shmmin);
	return 0;
}
