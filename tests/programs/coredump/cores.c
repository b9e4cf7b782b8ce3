/* Dies in a child, with one thread more, and says how: the core file is looked at from outside.
 *
 *   cores LIMIT DUMPABLE [FILTER [FUNCTION]]
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

char landmark[64] = "unwritten";
static volatile int waits;

static void *sleep_for_ever(void *nothing)
{
	waits = 1;
	for (;;)
		pause();
	return nothing;
}

__attribute__((noinline)) void culprit(void)
{
	*(volatile char *)16 = 1;
}

static void write_file(const char *name, const char *text)
{
	int file = open(name, O_WRONLY);

	if (file < 0 || write(file, text, strlen(text)) < 0)
		perror(name);
	close(file);
}

int main(int argc, char **argv)
{
	rlim_t limit = strtoul(argv[1], NULL, 0);
	struct rlimit core = { limit, RLIM_INFINITY };
	char *shared;
	pid_t child;
	int status;

	setrlimit(RLIMIT_CORE, &core);
	if (argc > 3)
		write_file("/proc/self/coredump_filter", argv[3]);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	strcpy(shared, "shared by two");
	child = fork();
	if (child == 0) {
		pthread_t thread;

		prctl(PR_SET_DUMPABLE, atoi(argv[2]), 0, 0, 0);
		strcpy(landmark, "written");
		pthread_create(&thread, NULL, sleep_for_ever, NULL);
		while (!waits)
			usleep(1000);
		if (argc > 4)
			abort();
		culprit();
	}
	waitpid(child, &status, 0);
	printf("%d %s %d %lx %lx %lx\n", WTERMSIG(status), WCOREDUMP(status) ? "core" : "none", child,
	       (unsigned long)culprit, (unsigned long)landmark, (unsigned long)shared);
	return 0;
}
