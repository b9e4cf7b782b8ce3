/* Signals, long jumps, child processes and pipes. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static sigjmp_buf back;
static volatile sig_atomic_t caught, code;

static void remember(int number, siginfo_t *information, void *context)
{
	(void)context;
	caught = number;
	code = information->si_code;
}

static void jump(int number)
{
	siglongjmp(back, number);
}

static void signals(void)
{
	struct sigaction action = { .sa_sigaction = remember, .sa_flags = SA_SIGINFO };
	struct sigaction jumping = { .sa_handler = jump };
	sigset_t set, pending;

	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	printf("caught SIGUSR1: %d, from a thread: %d\n", caught == SIGUSR1, code == SI_TKILL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	caught = 0;
	raise(SIGUSR1);
	sigpending(&pending);
	printf("blocked: caught %d, pending %d\n", caught, sigismember(&pending, SIGUSR1));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	printf("unblocked: caught %d\n", caught == SIGUSR1);

	sigaction(SIGSEGV, &jumping, NULL);
	if (sigsetjmp(back, 1) == 0)
		*(volatile int *)8 = 1;
	else
		puts("came back from SIGSEGV");
	sigprocmask(SIG_BLOCK, NULL, &set);
	printf("SIGSEGV is blocked: %d\n", sigismember(&set, SIGSEGV));
}

static void children(void)
{
	int ends[2], status;
	char text[64] = "";
	pid_t child;

	pipe(ends);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		dprintf(ends[1], "a word from the child");
		_exit(23);
	}
	close(ends[1]);
	for (size_t length = 0;;) {
		ssize_t count = read(ends[0], text + length, sizeof text - length);

		if (count <= 0)
			break;
		length += (size_t)count;
	}
	printf("read: %s\n", text);
	printf("waited for it: %d\n", waitpid(child, &status, 0) == child);
	printf("status %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);

	child = fork();
	if (child == 0) {
		raise(SIGTERM);
		_exit(0);
	}
	waitpid(child, &status, 0);
	printf("ended by SIGTERM: %d\n", WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	printf("no more children: %d\n", wait(NULL) < 0 && errno == ECHILD);
	printf("write to the reading end: %d\n", write(ends[0], "x", 1) < 0 && errno == EBADF);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signals();
	children();
	abort();
}
