/* The process benchmarks: one program, chosen by argv[1], how often by argv[2]. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LARGE = 50 << 20, PAGE = 4096 };

/* Fork a process that has touched 50 MB, and wait for the child. */
static int fork_large(int rounds)
{
	char *memory = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status, failed = 0;

	for (int at = 0; at < LARGE; at += PAGE)
		memory[at] = 1;
	for (; rounds > 0; rounds--) {
		pid_t child = fork();
		if (child == 0)
			_exit(0);
		waitpid(child, &status, 0);
		failed |= status;
	}
	return failed;
}

/* A byte to and fro between two processes. */
static int ping_pong(int rounds)
{
	int to[2], from[2];
	char byte = 0;

	if (pipe(to) || pipe(from))
		return 1;
	if (fork() == 0) {
		close(to[1]);
		while (read(to[0], &byte, 1) == 1)
			write(from[1], &byte, 1);
		_exit(0);
	}
	for (; rounds > 0; rounds--)
		if (write(to[1], &byte, 1) != 1 || read(from[0], &byte, 1) != 1)
			return 1;
	close(to[1]);
	wait(NULL);
	return 0;
}

/* Two processes that give way to each other. */
static int give_way(int rounds)
{
	pid_t child = fork();

	for (; rounds > 0; rounds--)
		sched_yield();
	if (child == 0)
		_exit(0);
	wait(NULL);
	return 0;
}

/* Children asleep in a pipe until its end, which is answered, is closed. */
static int put_to_sleep(int children)
{
	int ends[2];
	char byte;

	if (pipe(ends))
		exit(1);
	for (; children > 0; children--)
		if (fork() == 0) {
			close(ends[1]);
			_exit(read(ends[0], &byte, 1));
		}
	return ends[1];
}

/* Wait for all of them: 0 if there were so many. */
static int wake(int end, int children)
{
	close(end);
	while (wait(NULL) > 0)
		children--;
	return children;
}

/* So many children at once. */
static int crowd(int children)
{
	return wake(put_to_sleep(children), children);
}

/* Work beside so many sleepers. */
static int sleepers(int children)
{
	int end = put_to_sleep(children);

	for (int calls = 0; calls < 200000; calls++)
		getppid();
	for (volatile long count = 0; count < 20000000; count++)
		;
	return wake(end, children);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	int count = argc > 2 ? atoi(argv[2]) : 1;

	if (!strcmp(name, "fork-50M"))
		return fork_large(count);
	if (!strcmp(name, "ping-pong"))
		return ping_pong(count);
	if (!strcmp(name, "yield"))
		return give_way(count);
	if (!strcmp(name, "crowd"))
		return crowd(count);
	if (!strcmp(name, "sleepers"))
		return sleepers(count);
	return 2;
}
