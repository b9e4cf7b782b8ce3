// A child that stops itself and is continued.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int status, child = fork();

	if (!child) {
		raise(SIGSTOP);
		_exit(4);
	}
	waitpid(child, &status, WUNTRACED);
	kill(child, SIGCONT);
	waitpid(child, &status, 0);
	return WEXITSTATUS(status);
}
