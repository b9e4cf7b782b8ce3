/* Shows files, or why they cannot be read. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	char line[256];

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");

		if (!file)
			puts(strerror(errno));
		while (file && fgets(line, sizeof(line), file))
			fputs(line, stdout);
	}
	return 0;
}
