#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int ends[2];
	char byte;

	pipe(ends);
	if (fork() == 0)
		_exit(read(ends[0], &byte, 1));
	wait(NULL);
	return 0;
}
