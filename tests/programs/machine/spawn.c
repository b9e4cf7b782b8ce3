/* spawn COUNT [PROGRAM ARGUMENT...]: make children one after the other; print the sum of their
   statuses. Without a program a child ends with 3. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int sum = 0, status;

	for (int left = atoi(argv[1]); left > 0; left--) {
		pid_t child = fork();
		if (child == 0) {
			if (argc > 2)
				execv(argv[2], argv + 2);
			_exit(argc > 2 ? 99 : 3);
		}
		waitpid(child, &status, 0);
		sum += WEXITSTATUS(status);
	}
	printf("%d\n", sum);
	return 0;
}
