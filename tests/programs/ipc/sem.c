/* System V semaphores between processes. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *__buf;
};

static int id;

static const char *name(int error)
{
	return error ? strerrorname_np(error) : "none";
}

static const char *operate(int number, int change, int flags)
{
	struct sembuf op = { number, change, flags };

	return semop(id, &op, 1) < 0 ? name(errno) : "ok";
}

static void values(const char *when)
{
	unsigned short all[3];

	semctl(id, 0, GETALL, (union semun){ .array = all });
	printf("%s: %d %d %d\n", when, all[0], all[1], all[2]);
}

static void end(pid_t child)
{
	int status;

	waitpid(child, &status, 0);
	printf("child: %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

static void *take(void *unused)
{
	printf("a thread takes: %s\n", operate(1, 2, SEM_UNDO));
	return NULL;
}

static void nothing(int signal)
{
	(void)signal;
}

int main(void)
{
	struct sembuf both[] = { { 0, -1, 0 }, { 1, -1, 0 } };
	struct sembuf wait_zero[] = { { 2, 0, 0 }, { 2, 1, SEM_UNDO } };
	struct timespec soon = { 0, 20000000 };
	struct semid_ds ds;
	struct seminfo limits;
	unsigned short set[] = { 3, 1, 4 };
	pid_t child;

	setvbuf(stdout, NULL, _IONBF, 0);
	id = semget(IPC_PRIVATE, 3, IPC_CREAT | 0600);
	values("new");
	semctl(id, 0, SETALL, (union semun){ .array = set });
	values("set");
	semctl(id, 1, SETVAL, (union semun){ .val = 5 });
	printf("value %d, pid is mine %d\n", semctl(id, 1, GETVAL), semctl(id, 1, GETPID) == getpid());
	printf("down: %s\n", operate(0, -3, 0));
	printf("too far: %s\n", operate(0, -1, IPC_NOWAIT));
	printf("above: %s\n", operate(1, 32767, 0));
	printf("no such: %s\n", operate(3, 1, 0));
	values("now");

	semctl(id, 1, SETVAL, (union semun){ .val = 0 });
	child = fork();
	if (child == 0) {
		int result = semop(id, both, 2);

		_exit(result == 0 ? 7 : errno);
	}
	while (semctl(id, 0, GETNCNT) != 1)
		usleep(1000);
	operate(0, 1, 0);
	while (semctl(id, 1, GETNCNT) != 1)
		usleep(1000);
	values("half");
	operate(1, 1, 0);
	end(child);
	values("both");

	child = fork();
	if (child == 0) {
		int result = semop(id, wait_zero, 2);

		_exit(result == 0 ? 8 : errno);
	}
	while (semctl(id, 2, GETZCNT) != 1)
		usleep(1000);
	printf("to zero: %s\n", operate(2, -4, 0));
	end(child);
	values("undone");

	child = fork();
	if (child == 0) {
		printf("child takes: %s\n", operate(0, 2, SEM_UNDO));
		values("in the child");
		kill(getpid(), SIGKILL);
	}
	end(child);
	values("given back");

	child = fork();
	if (child == 0) {
		pthread_t thread;

		pthread_create(&thread, NULL, take, NULL);
		pthread_join(thread, NULL);
		values("after its thread");
		_exit(4);
	}
	end(child);
	values("after its process");

	printf("timed: %s\n", semtimedop(id, both, 2, &soon) < 0 ? name(errno) : "ok");
	signal(SIGALRM, nothing);
	struct sigaction restarting = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	sigaction(SIGALRM, &restarting, NULL);
	alarm(1);
	printf("interrupted: %s\n", operate(0, -1, 0));

	memset(&ds, 0x55, sizeof ds);
	semctl(id, 0, IPC_STAT, (union semun){ .buf = &ds });
	printf("stat: %lu %o %d %d\n", (unsigned long)ds.sem_nsems, ds.sem_perm.mode, ds.sem_otime > 0,
	       ds.sem_ctime > 0);
	semctl(0, 0, IPC_INFO, (union semun){ .__buf = &limits });
	printf("info: %d %d\n", limits.semvmx, limits.semopm);

	child = fork();
	if (child == 0)
		_exit(semop(id, both, 2) < 0 && errno == EIDRM ? 9 : 0);
	while (semctl(id, 0, GETNCNT) != 1)
		usleep(1000);
	printf("remove: %d\n", semctl(id, 0, IPC_RMID));
	end(child);
	printf("gone: %s\n", operate(0, 1, 0));
	return 0;
}
