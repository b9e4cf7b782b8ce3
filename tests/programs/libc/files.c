/* Streams, directories, 64-bit sizes and error texts. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void list(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		printf("entry %s\n", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

static void streams(void)
{
	char line[64];
	FILE *file = fopen("lines", "w+");

	for (int i = 0; i < 1000; i++)
		fprintf(file, "line %d\n", i);
	printf("written %ld bytes\n", ftell(file));
	fseek(file, -9, SEEK_END);
	printf("last: %s", fgets(line, sizeof line, file));
	rewind(file);
	for (int number; fscanf(file, "line %d\n", &number) == 1;)
		if (number % 333 == 0)
			printf("read %d\n", number);
	printf("at its end: %d\n", feof(file) != 0);
	fclose(file);
}

static void sizes(void)
{
	struct stat status;
	int file = open("sparse", O_RDWR | O_CREAT | O_EXCL, 0640);

	printf("pwrite %zd\n", pwrite(file, "end", 3, (off_t)5 << 30));
	fstat(file, &status);
	printf("size %lld, mode %o, links %d\n", (long long)status.st_size, (unsigned)status.st_mode,
	       (int)status.st_nlink);
	printf("lseek %lld\n", (long long)lseek(file, -3, SEEK_END));
	printf("ftruncate %d\n", ftruncate(file, 0));
	close(file);
}

static void failures(void)
{
	printf("open: %s\n", open("absent", O_RDONLY) < 0 ? strerror(errno) : "opened");
	printf("mkdir: %s\n", mkdir("lines", 0700) < 0 ? strerror(errno) : "made");
	printf("rmdir: %s\n", rmdir(".") < 0 ? strerror(errno) : "removed");
	printf("opendir: %s\n", opendir("lines") == NULL ? strerror(errno) : "opened");
	printf("close: %s\n", close(-1) < 0 ? strerror(errno) : "closed");
}

int main(void)
{
	char folder[] = "/tmp/emu-libc-XXXXXX", here[64];

	if (!mkdtemp(folder) || chdir(folder) < 0) {
		perror(folder);
		return 1;
	}
	umask(022);
	printf("in the folder: %d\n", strcmp(getcwd(here, sizeof here), folder) == 0);
	streams();
	sizes();
	failures();
	symlink("lines", "link");
	mkdir("folder", 0755);
	rename("sparse", "folder/moved");
	printf("readlink %zd\n", readlink("link", here, sizeof here));
	list(".");
	list("folder");
	unlink("lines");
	unlink("link");
	unlink("folder/moved");
	rmdir("folder");
	printf("removed: %d\n", rmdir(folder));
	return 0;
}
